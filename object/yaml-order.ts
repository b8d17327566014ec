/** Keys as goyaml v2 orders them (sorter.go): letters behind all else, numbers by what they are. */
export function naturally(a: string, b: string): number {
  if (a === b) return 0;
  const x = [...a];
  const y = [...b];
  const common = Math.min(x.length, y.length);
  for (let at = 0; at < common; at++) {
    if (x[at] !== y[at]) return differing(x, y, at);
  }
  return x.length - y.length;
}

const letter = /\p{L}/u;
const digit = /\p{Nd}/u;

function differing(x: readonly string[], y: readonly string[], at: number): number {
  const p = x[at] as string;
  const q = y[at] as string;
  const byCode = (p.codePointAt(0) as number) - (q.codePointAt(0) as number);
  if (letter.test(p) && letter.test(q)) return byCode;
  if (letter.test(p)) return 1;
  if (letter.test(q)) return -1;
  const start = p === '0' || q === '0' ? startOf(x, at) : 0;
  const m = numberAt(x, at, start);
  const n = numberAt(y, at, start);
  if (m.value !== n.value) return m.value < n.value ? -1 : 1;
  if (m.length !== n.length) return m.length - n.length;
  return byCode;
}

/** 1 where digits that are not all zero stand before: then a zero counts. */
function startOf(chars: readonly string[], at: number): number {
  for (let before = at - 1; before >= 0 && digit.test(chars[before] as string); before--) {
    if (chars[before] !== '0') return 1;
  }
  return 0;
}

/** Within 64 bits, as Go counts. */
function numberAt(
  chars: readonly string[],
  at: number,
  start: number,
): { value: bigint; length: number } {
  let value = BigInt(start);
  let end = at;
  while (end < chars.length && digit.test(chars[end] as string)) {
    value = BigInt.asIntN(
      64,
      value * 10n + BigInt((chars[end] as string).codePointAt(0) as number) - 48n,
    );
    end++;
  }
  return { value, length: end - at };
}
