import { parseJson } from '../json.ts';

/** Upstream's order of path elements (sigs.k8s.io/structured-merge-diff fieldpath). */

/** Nodes have a handful of elements, mostly in order: for those this beats sort, and makes no garbage. */
export function sortElements(elements: string[]): string[] {
  if (elements.length > 32) return elements.sort(compareElements);
  for (let i = 1; i < elements.length; i++) {
    const element = elements[i] as string;
    let at = i;
    while (at > 0 && compareElements(elements[at - 1] as string, element) > 0) {
      elements[at] = elements[--at] as string;
    }
    elements[at] = element;
  }
  return elements;
}

const ranks: Record<string, number> = { '.': 0, f: 1, k: 2, v: 3, i: 4 };

/** Fields by name, then keyed elements by their keys, set elements by value, indices. */
export function compareElements(a: string, b: string): number {
  if (a === b) return 0;
  const kind = a.charAt(0);
  if (kind !== b.charAt(0)) return (ranks[kind] ?? 5) - (ranks[b.charAt(0)] ?? 5);
  if (kind === 'f' || kind === '.') return a < b ? -1 : 1;
  const plain = compareInsideText(a, b);
  if (plain !== 0) return plain;
  const left = parseJson(a.slice(2));
  const right = parseJson(b.slice(2));
  return kind === 'k' ? compareKeys(left, right) : compareScalars(left, right);
}

const quote = 0x22;
const backslash = 0x5c;

/**
 * Two elements whose first difference lies inside one and the same JSON string compare as those
 * strings do, without parsing. 0: cannot tell.
 */
function compareInsideText(a: string, b: string): number {
  let inside = false;
  for (let i = 0; i < a.length && i < b.length; i++) {
    const left = a.charCodeAt(i);
    const right = b.charCodeAt(i);
    if (left === backslash || right === backslash) return 0;
    if (left !== right) {
      if (!inside) return 0;
      if (left === quote) return -1;
      return right === quote || left > right ? 1 : -1;
    }
    if (left === quote) inside = !inside;
  }
  return 0;
}

function compareKeys(a: unknown, b: unknown): number {
  const left = Object.entries(a as object);
  const right = Object.entries(b as object);
  for (let i = 0; i < left.length && i < right.length; i++) {
    const [name, value] = left[i] as [string, unknown];
    const [otherName, otherValue] = right[i] as [string, unknown];
    if (name !== otherName) return name < otherName ? -1 : 1;
    const byValue = compareScalars(value, otherValue);
    if (byValue !== 0) return byValue;
  }
  return left.length - right.length;
}

const scalarRanks: Record<string, number> = {
  number: 0,
  bigint: 0,
  string: 1,
  boolean: 2,
  object: 3,
};

function compareScalars(a: unknown, b: unknown): number {
  const byType = (scalarRanks[typeof a] ?? 4) - (scalarRanks[typeof b] ?? 4);
  if (byType !== 0) return byType;
  return (a as number) < (b as number) ? -1 : (a as number) > (b as number) ? 1 : 0;
}
