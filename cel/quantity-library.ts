import type { Functions } from './run/functions.ts';
import {
  addQuantities,
  compareQuantities,
  parseQuantity,
  type Quantity,
  quantityMilliValue,
  quantityOf,
  quantityValue,
  subtractQuantities,
} from '../object/quantity.ts';

/** resource.Quantity in expressions (k8s.io/apiserver cel/library quantity.go). */
class CelQuantity {
  readonly celType = 'kubernetes.Quantity';
  readonly value: Quantity;
  constructor(value: Quantity) {
    this.value = value;
  }

  equals(other: CelQuantity): boolean {
    return compareQuantities(this.value, other.value) === 0;
  }
}

export function registerQuantityFunctions(functions: Functions): void {
  const compared = (a: CelQuantity, b: CelQuantity): -1 | 0 | 1 =>
    compareQuantities(a.value, b.value);
  functions
    .add('isQuantity(string)', (text: string) => parses(text))
    .add('quantity(string)', (text: string) => new CelQuantity(parseQuantity(text)))
    .add(
      '.isGreaterThan(kubernetes.Quantity, kubernetes.Quantity)',
      (a: CelQuantity, b: CelQuantity) => compared(a, b) > 0,
    )
    .add(
      '.isLessThan(kubernetes.Quantity, kubernetes.Quantity)',
      (a: CelQuantity, b: CelQuantity) => compared(a, b) < 0,
    )
    .add('.compareTo(kubernetes.Quantity, kubernetes.Quantity)', (a: CelQuantity, b: CelQuantity) =>
      BigInt(compared(a, b)),
    )
    .add(
      '.add(kubernetes.Quantity, kubernetes.Quantity)',
      (a: CelQuantity, b: CelQuantity) => new CelQuantity(addQuantities(a.value, b.value)),
    )
    .add(
      '.add(kubernetes.Quantity, int)',
      (a: CelQuantity, b: bigint) => new CelQuantity(addQuantities(a.value, quantityOf(b))),
    )
    .add(
      '.sub(kubernetes.Quantity, int)',
      (a: CelQuantity, b: bigint) => new CelQuantity(subtractQuantities(a.value, quantityOf(b))),
    )
    .add(
      '.sub(kubernetes.Quantity, kubernetes.Quantity)',
      (a: CelQuantity, b: CelQuantity) => new CelQuantity(subtractQuantities(a.value, b.value)),
    )
    .add('sign(kubernetes.Quantity)', (a: CelQuantity) =>
      BigInt(compareQuantities(a.value, quantityOf(0))),
    )
    .add('.isInteger(kubernetes.Quantity)', isWhole)
    .add('.asInteger(kubernetes.Quantity)', (a: CelQuantity) => {
      if (!isWhole(a)) throw new Error('cannot convert value to integer');
      return BigInt(quantityValue(a.value));
    })
    .add(
      '.asApproximateFloat(kubernetes.Quantity)',
      (a: CelQuantity) => quantityMilliValue(a.value) / 1000,
    );
}

function isWhole({ value }: CelQuantity): boolean {
  return compareQuantities(value, quantityOf(quantityValue(value))) === 0;
}

function parses(text: string): boolean {
  try {
    parseQuantity(text);
    return true;
  } catch {
    return false;
  }
}
