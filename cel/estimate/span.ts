/**
 * The least and the most that something costs or that it has in it. Sums and products that 64 bits
 * cannot hold are the largest number, as upstream has them (cel-go checker/cost.go).
 */
export interface Span {
  readonly min: bigint;
  readonly max: bigint;
}

export const largest: bigint = 2n ** 64n - 1n;
/** Nothing is known of a size. */
export const unknown: Span = { min: 0n, max: largest };

const capped = (value: bigint): bigint => (value > largest ? largest : value);

export const exactly = (value: bigint | number): Span => ({
  min: BigInt(value),
  max: BigInt(value),
});

export function sum(...spans: readonly Span[]): Span {
  return {
    min: spans.reduce((total, { min }) => capped(total + min), 0n),
    max: spans.reduce((total, { max }) => capped(total + max), 0n),
  };
}

export const product = (a: Span, b: Span): Span => ({
  min: capped(a.min * b.min),
  max: capped(a.max * b.max),
});

/** Times a fraction, rounded up. */
export const scaled = ({ min, max }: Span, factor: number): Span => ({
  min: scale(min, factor),
  max: scale(max, factor),
});

function scale(value: bigint, factor: number): bigint {
  const made = Math.ceil(Number(value) * factor);
  return made >= 2 ** 64 ? largest : BigInt(made);
}

/** All that either may be. */
export const union = (a: Span, b: Span): Span => ({
  min: a.min < b.min ? a.min : b.min,
  max: a.max > b.max ? a.max : b.max,
});
