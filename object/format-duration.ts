/** Nanoseconds of a unit, and the words for it; the last word may go on (`seconds`). */
const units: readonly (readonly [nanoseconds: bigint, word: RegExp])[] = [
  [1n, /^(ns|nano.*)$/],
  [1_000n, /^(us|µs|micro.*)$/],
  [1_000_000n, /^(ms|milli.*)$/],
  [1_000_000_000n, /^(s|sec.*)$/],
  [60_000_000_000n, /^(m|min.*)$/],
  [3_600_000_000_000n, /^(h|hr|hour.*)$/],
  [86_400_000_000_000n, /^(d|day.*)$/],
  [604_800_000_000_000n, /^(w|wk|week.*)$/],
];

/**
 * `3 days`, `1 hour 2 minutes` in nanoseconds: what the format `duration` takes beside Go's durations
 * (kube-openapi strfmt). One unit that it knows, anywhere, is enough; undefined without one.
 */
export function durationOfWords(text: string): bigint | undefined {
  let total: bigint | undefined;
  for (const [, count = '', word = ''] of text.matchAll(/(\d+)\s*([A-Za-zµ]+)/g)) {
    if (BigInt(count) >= 2n ** 63n) return undefined;
    const unit = units.find(([, words]) => words.test(word.toLowerCase()));
    if (unit !== undefined) total = BigInt.asIntN(64, (total ?? 0n) + BigInt(count) * unit[0]);
  }
  return total;
}
