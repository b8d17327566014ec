import type { Functions } from './run/functions.ts';
import {
  addQuantities,
  compareQuantities,
  parseQuantity,
  type Quantity,
  quantityOf,
  scaleOf,
  subtractQuantities,
} from '../object/quantity.ts';

/**
 * resource.Quantity in expressions (k8s.io/apiserver cel/library quantity.go). Only what upstream counts
 * in whole units, or in powers of ten of them, is an integer: neither `1.0` nor `1000m` is.
 */
class CelQuantity {
  readonly celType = 'kubernetes.Quantity';
  readonly value: Quantity;
  /** The power of ten that is counted in; undefined: a decimal. */
  readonly scale: number | undefined;

  constructor(value: Quantity, scale: number | undefined) {
    this.value = value;
    this.scale = scale;
  }

  static of(text: string): CelQuantity {
    return new CelQuantity(parseQuantity(text), scaleOf(text));
  }

  static ofInt(value: bigint): CelQuantity {
    return new CelQuantity(quantityOf(value), 0);
  }

  /** What comes of two, which count in the smaller of their units while that can be done. */
  with(other: CelQuantity, join: (a: Quantity, b: Quantity) => Quantity): CelQuantity {
    const value = join(this.value, other.value);
    const scale = this.#scaleWith(other);
    const fits = scale !== undefined && isInt64(unscaled(value, scale));
    return new CelQuantity(value, fits ? scale : undefined);
  }

  #scaleWith(other: CelQuantity): number | undefined {
    if (other.value.nano === 0n) return this.scale;
    if (this.value.nano === 0n) return other.scale;
    if (this.scale === undefined || other.scale === undefined) return undefined;
    const least = Math.min(this.scale, other.scale);
    const fits = [this, other].every(({ value }) => isInt64(unscaled(value, least)));
    return fits ? least : undefined;
  }

  integer(): bigint | undefined {
    if (this.scale === undefined || this.scale < 0) return undefined;
    const whole = unscaled(this.value, 0);
    return isInt64(whole) ? whole : undefined;
  }

  approximate(): number {
    const { scale, value } = this;
    return scale === undefined
      ? Number(value.nano) / 1e9
      : Number(unscaled(value, scale)) * 10 ** scale;
  }

  equals(other: CelQuantity): boolean {
    return compareQuantities(this.value, other.value) === 0;
  }
}

const unscaled = ({ nano }: Quantity, scale: number): bigint => nano / 10n ** BigInt(scale + 9);
const isInt64 = (value: bigint): boolean => value === BigInt.asIntN(64, value);

export function registerQuantityFunctions(functions: Functions): void {
  const compared = (a: CelQuantity, b: CelQuantity): -1 | 0 | 1 =>
    compareQuantities(a.value, b.value);
  functions
    .add('isQuantity(string)', (text: string) => parses(text))
    .add('quantity(string)', CelQuantity.of)
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
    .add('.add(kubernetes.Quantity, kubernetes.Quantity)', (a: CelQuantity, b: CelQuantity) =>
      a.with(b, addQuantities),
    )
    .add('.add(kubernetes.Quantity, int)', (a: CelQuantity, b: bigint) =>
      a.with(CelQuantity.ofInt(b), addQuantities),
    )
    .add('.sub(kubernetes.Quantity, int)', (a: CelQuantity, b: bigint) =>
      a.with(CelQuantity.ofInt(b), subtractQuantities),
    )
    .add('.sub(kubernetes.Quantity, kubernetes.Quantity)', (a: CelQuantity, b: CelQuantity) =>
      a.with(b, subtractQuantities),
    )
    .add('sign(kubernetes.Quantity)', (a: CelQuantity) =>
      BigInt(compareQuantities(a.value, quantityOf(0))),
    )
    .add('.isInteger(kubernetes.Quantity)', (a: CelQuantity) => a.integer() !== undefined)
    .add('.asInteger(kubernetes.Quantity)', (a: CelQuantity) => {
      const whole = a.integer();
      if (whole === undefined) throw new Error('cannot convert value to integer');
      return whole;
    })
    .add('.asApproximateFloat(kubernetes.Quantity)', (a: CelQuantity) => a.approximate());
}

function parses(text: string): boolean {
  try {
    parseQuantity(text);
    return true;
  } catch {
    return false;
  }
}
