/**
 * Differences of two texts by lines, as github.com/pmezard/go-difflib writes them, which some of
 * upstream's refusals end with: Ratcliff and Obershelp's matching, the longest run first.
 */

interface Match {
  a: number;
  b: number;
  size: number;
}

/** `kept` or not: these lines of both texts. */
interface Change {
  kept: boolean;
  a: readonly [number, number];
  b: readonly [number, number];
}

const contextLines = 3;
/** From so many lines on, what more than one in a hundred is like is no anchor. */
const manyLines = 200;

export function unifiedDiff(a: string, b: string): string {
  const [before, after] = [linesOf(a), linesOf(b)];
  return hunks(changes(before, after))
    .map((hunk) => written(hunk, before, after))
    .join('');
}

function linesOf(text: string): string[] {
  return text.split('\n').map((line) => `${line}\n`);
}

function written(hunk: readonly Change[], before: string[], after: string[]): string {
  const [first, last] = [hunk[0] as Change, hunk.at(-1) as Change];
  const head = `@@ -${range(first.a[0], last.a[1])} +${range(first.b[0], last.b[1])} @@\n`;
  const lines = hunk.flatMap(({ kept, a, b }) => {
    const old = before.slice(...a);
    if (kept) return old.map((line) => ` ${line}`);
    return [...old.map((line) => `-${line}`), ...after.slice(...b).map((line) => `+${line}`)];
  });
  return head + lines.join('');
}

function range(start: number, stop: number): string {
  const length = stop - start;
  if (length === 1) return String(start + 1);
  return `${length === 0 ? start : start + 1},${length}`;
}

/** Changes with the lines around them; those that are near each other together. */
function hunks(all: readonly Change[]): Change[][] {
  const found: Change[][] = [];
  let hunk: Change[] = [];
  for (const [i, change] of all.entries()) {
    let { a, b } = change;
    if (change.kept && i === 0) [a, b] = [tail(a), tail(b)];
    if (change.kept && i === all.length - 1) [a, b] = [start(a), start(b)];
    else if (change.kept && a[1] - a[0] > 2 * contextLines) {
      hunk.push({ kept: true, a: start(a), b: start(b) });
      found.push(hunk);
      hunk = [];
      [a, b] = [tail(a), tail(b)];
    }
    hunk.push({ kept: change.kept, a, b });
  }
  if (hunk.some(({ kept }) => !kept)) found.push(hunk);
  return found.filter((one) => one.some(({ kept }) => !kept));
}

const start = ([from, to]: readonly [number, number]) =>
  [from, Math.min(to, from + contextLines)] as const;
const tail = ([from, to]: readonly [number, number]) =>
  [Math.max(from, to - contextLines), to] as const;

function changes(before: readonly string[], after: readonly string[]): Change[] {
  const found: Change[] = [];
  let [i, j] = [0, 0];
  for (const { a, b, size } of matches(before, after)) {
    if (i < a || j < b) found.push({ kept: false, a: [i, a], b: [j, b] });
    [i, j] = [a + size, b + size];
    if (size > 0) found.push({ kept: true, a: [a, i], b: [b, j] });
  }
  return found;
}

/** Runs of equal lines, in order, neighbours joined; the last is empty and at the end of both. */
function matches(before: readonly string[], after: readonly string[]): Match[] {
  const places = placesOf(after);
  const found: Match[] = [];
  const look = (alo: number, ahi: number, blo: number, bhi: number): void => {
    const match = longest(before, after, places, [alo, ahi, blo, bhi]);
    const { a, b, size } = match;
    if (size === 0) return;
    if (alo < a && blo < b) look(alo, a, blo, b);
    const last = found.at(-1);
    if (last !== undefined && last.a + last.size === a && last.b + last.size === b) {
      last.size += size;
    } else found.push(match);
    if (a + size < ahi && b + size < bhi) look(a + size, ahi, b + size, bhi);
  };
  look(0, before.length, 0, after.length);
  return [...found, { a: before.length, b: after.length, size: 0 }];
}

function placesOf(lines: readonly string[]): Map<string, number[]> {
  const places = new Map<string, number[]>();
  for (const [i, line] of lines.entries()) {
    const known = places.get(line);
    if (known === undefined) places.set(line, [i]);
    else known.push(i);
  }
  if (lines.length < manyLines) return places;
  const most = Math.floor(lines.length / 100) + 1;
  for (const [line, known] of places) if (known.length > most) places.delete(line);
  return places;
}

/** The first of the longest runs between the bounds, made longer by lines that are no anchors. */
function longest(
  before: readonly string[],
  after: readonly string[],
  places: ReadonlyMap<string, number[]>,
  [alo, ahi, blo, bhi]: readonly [number, number, number, number],
): Match {
  let best: Match = { a: alo, b: blo, size: 0 };
  let runs = new Map<number, number>();
  for (let i = alo; i < ahi; i++) {
    const next = new Map<number, number>();
    for (const j of places.get(before[i] as string) ?? []) {
      if (j < blo || j >= bhi) continue;
      const size = (runs.get(j - 1) ?? 0) + 1;
      next.set(j, size);
      if (size > best.size) best = { a: i - size + 1, b: j - size + 1, size };
    }
    runs = next;
  }
  while (best.a > alo && best.b > blo && before[best.a - 1] === after[best.b - 1]) {
    best = { a: best.a - 1, b: best.b - 1, size: best.size + 1 };
  }
  while (
    best.a + best.size < ahi &&
    best.b + best.size < bhi &&
    before[best.a + best.size] === after[best.b + best.size]
  ) {
    best.size += 1;
  }
  return best;
}
