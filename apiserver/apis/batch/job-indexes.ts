/** Lists of indexes as Jobs have them, `0,3-5` (pkg/apis/batch/validation, validateIndexesFormat). */

class IndexError extends Error {}

/** How many indexes the text names; throws {@link IndexError}. */
function count(text: string, completions: number): number {
  let total = 0;
  let last: number | undefined;
  for (const part of text === '' ? [] : text.split(',')) {
    const [first, end] = interval(part, completions);
    if (last !== undefined && last >= first) throw outOfOrder(last, first);
    total += end - first + 1;
    last = end;
  }
  return total;
}

/** How many indexes the text names, or what is wrong with it. */
export function countIndexes(
  text: string,
  completions: number,
): { total: number; problem: string | undefined } {
  try {
    return { total: count(text, completions), problem: undefined };
  } catch (error) {
    if (error instanceof IndexError) return { total: 0, problem: error.message };
    throw error;
  }
}

function outOfOrder(previous: number, current: number): IndexError {
  return new IndexError(`non-increasing order, previous: ${previous}, current: ${current}`);
}

function interval(part: string, completions: number): [number, number] {
  const limits = part.split('-');
  if (limits.length > 2) {
    const why =
      "violates the requirement that an index interval can have at most two parts separated by '-'";
    throw new IndexError(`the fragment ${JSON.stringify(part)} ${why}`);
  }
  const first = index(limits[0] ?? '', completions);
  if (limits[1] === undefined) return [first, first];
  const last = index(limits[1], completions);
  if (first >= last) throw outOfOrder(first, last);
  return [first, last];
}

function index(text: string, completions: number): number {
  if (!/^[+-]?[0-9]+$/.test(text)) {
    const shown = JSON.stringify(text);
    throw new IndexError(`cannot convert string to integer for index: ${shown}`);
  }
  if (Number(text) >= completions) {
    throw new IndexError(`too large index: ${JSON.stringify(text)}`);
  }
  return Number(text);
}

/** The first index that both lists name; parts that do not parse are another rule's business. */
export function firstCommonIndex(a: string, b: string, completions: number): number | undefined {
  const [ours, theirs] = [a, b].map((text) => parsed(text, completions)) as [Pairs, Pairs];
  for (const [first, last] of ours) {
    for (const [start, end] of theirs) {
      if (first <= end && start <= last) return Math.max(first, start);
    }
  }
  return undefined;
}

type Pairs = [number, number][];

function parsed(text: string, completions: number): Pairs {
  return (text === '' ? [] : text.split(',')).flatMap((part): Pairs => {
    try {
      return [interval(part, completions)];
    } catch {
      return [];
    }
  });
}
