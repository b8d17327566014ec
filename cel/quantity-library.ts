import type { Environment } from '@marcbachmann/cel-js';
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
  readonly value: Quantity;
  constructor(value: Quantity) {
    this.value = value;
  }
}

export function registerQuantityFunctions(environment: Environment): void {
  const compared = (a: CelQuantity, b: CelQuantity): -1 | 0 | 1 =>
    compareQuantities(a.value, b.value);
  environment
    .registerType('kubernetes.Quantity', CelQuantity)
    .registerFunction('isQuantity(string): bool', (text: string) => parses(text))
    .registerFunction(
      'quantity(string): kubernetes.Quantity',
      (text: string) => new CelQuantity(parseQuantity(text)),
    )
    .registerFunction(
      'kubernetes.Quantity.isGreaterThan(kubernetes.Quantity): bool',
      (a: CelQuantity, b: CelQuantity) => compared(a, b) > 0,
    )
    .registerFunction(
      'kubernetes.Quantity.isLessThan(kubernetes.Quantity): bool',
      (a: CelQuantity, b: CelQuantity) => compared(a, b) < 0,
    )
    .registerFunction(
      'kubernetes.Quantity.compareTo(kubernetes.Quantity): int',
      (a: CelQuantity, b: CelQuantity) => BigInt(compared(a, b)),
    )
    .registerFunction(
      'kubernetes.Quantity.add(kubernetes.Quantity): kubernetes.Quantity',
      (a: CelQuantity, b: CelQuantity) => new CelQuantity(addQuantities(a.value, b.value)),
    )
    .registerFunction(
      'kubernetes.Quantity.add(int): kubernetes.Quantity',
      (a: CelQuantity, b: bigint) => new CelQuantity(addQuantities(a.value, quantityOf(b))),
    )
    .registerFunction(
      'kubernetes.Quantity.sub(int): kubernetes.Quantity',
      (a: CelQuantity, b: bigint) => new CelQuantity(subtractQuantities(a.value, quantityOf(b))),
    )
    .registerFunction(
      'kubernetes.Quantity.sub(kubernetes.Quantity): kubernetes.Quantity',
      (a: CelQuantity, b: CelQuantity) => new CelQuantity(subtractQuantities(a.value, b.value)),
    )
    .registerFunction('kubernetes.Quantity.sign(): int', (a: CelQuantity) =>
      BigInt(compareQuantities(a.value, quantityOf(0))),
    )
    .registerFunction('kubernetes.Quantity.isInteger(): bool', isWhole)
    .registerFunction('kubernetes.Quantity.asInteger(): int', (a: CelQuantity) => {
      if (!isWhole(a)) throw new Error('cannot convert value to integer');
      return BigInt(quantityValue(a.value));
    })
    .registerFunction(
      'kubernetes.Quantity.asApproximateFloat(): double',
      (a: CelQuantity) => quantityMilliValue(a.value) / 1000,
    )
    .registerOperator(
      'kubernetes.Quantity == kubernetes.Quantity',
      (a: CelQuantity, b: CelQuantity) => compared(a, b) === 0,
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
