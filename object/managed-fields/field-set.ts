import { compareElements, sortElements } from './element-order.ts';

/**
 * Sets of field paths in the very form of `fieldsV1`: a trie of path elements. `{}` is a leaf that
 * is a member, `.` marks a node that is a member and has children too. At the root, `{}` is the
 * empty set. Keeping this form means nothing is decoded or encoded between the store and the answer.
 *
 * Elements: `f:name` a field, `k:{"name":"web"}` an element of a keyed list, `v:"x"` an element of
 * a set, `i:0` an index. Sets are never changed once built: an operation that changes nothing
 * returns its first argument, so identity tells whether anything changed.
 * Source: sigs.k8s.io/structured-merge-diff fieldpath.
 */
export interface FieldSet {
  readonly [element: string]: FieldSet;
}

type Building = Record<string, FieldSet>;

/** A member without children, and the empty set. */
export const leaf: FieldSet = Object.freeze({});

const elementsOf = new Map<string, string>();
/** Names beyond are made anew each time: labels and keys of data have no end. */
const elementsKept = 4096;

/** `f:name`. The names of fields come again and again: one string each, whose hash is known. */
export function fieldElement(name: string): string {
  const known = elementsOf.get(name);
  if (known !== undefined) return known;
  const element = `f:${name}`;
  if (elementsOf.size < elementsKept) elementsOf.set(name, element);
  return element;
}

export function isEmpty(set: FieldSet): boolean {
  for (const _ in set) return false;
  return true;
}

function isMember(node: FieldSet): boolean {
  return node['.'] !== undefined || isEmpty(node);
}

/** Add a path while a set is being built by its only owner. */
export function insert(set: FieldSet, path: readonly string[]): void {
  insertNode(set, path, leaf);
}

/** As {@link insert}, with everything below the path; the node must be a member. */
export function insertNode(set: FieldSet, path: readonly string[], below: FieldSet): void {
  if (path.length === 0) return;
  let at = set as Building;
  for (let i = 0; i < path.length - 1; i++) {
    const element = path[i] as string;
    const next = at[element];
    if (next === undefined) at = at[element] = {};
    else if (isEmpty(next)) at = at[element] = { '.': leaf };
    else at = next as Building;
  }
  const last = path[path.length - 1] as string;
  const node = at[last];
  at[last] = node === undefined ? below : unionNodes(node, below);
}

export function fieldSetOf(...paths: readonly (readonly string[])[]): FieldSet {
  const set: FieldSet = {};
  for (const path of paths) insert(set, path.map(fieldElement));
  return sortSet(set);
}

export function has(set: FieldSet, path: readonly string[]): boolean {
  let at: FieldSet = set;
  for (const element of path) {
    const next = at[element];
    if (next === undefined) return false;
    at = next;
  }
  return path.length > 0 && isMember(at);
}

/** In both or either; keeps the order of elements. */
export function union(a: FieldSet, b: FieldSet): FieldSet {
  if (a === b || isEmpty(b)) return a;
  if (isEmpty(a)) return b;
  return unionChildren(a, b, false);
}

function unionChildren(a: FieldSet, b: FieldSet, member: boolean): FieldSet {
  let out: Building | undefined;
  let added = false;
  if (member && a['.'] === undefined) {
    out = { '.': leaf, ...a };
  }
  for (const element of Object.keys(b)) {
    if (element === '.') continue;
    const mine = a[element];
    const theirs = b[element] as FieldSet;
    const node = mine === undefined ? theirs : unionNodes(mine, theirs);
    if (node === mine) continue;
    out ??= { ...a };
    out[element] = node;
    added ||= mine === undefined;
  }
  if (out === undefined) return a;
  return added ? ordered(out) : out;
}

function unionNodes(a: FieldSet, b: FieldSet): FieldSet {
  if (a === b) return a;
  if (isEmpty(a)) return isEmpty(b) ? a : withMember(b);
  if (isEmpty(b)) return withMember(a);
  return unionChildren(a, b, b['.'] !== undefined);
}

function withMember(node: FieldSet): FieldSet {
  return node['.'] === undefined ? { '.': leaf, ...node } : node;
}

/** Members of `a` that are no members of `b`; children of a removed member stay. */
export function difference(a: FieldSet, b: FieldSet): FieldSet {
  return isEmpty(b) ? a : differenceChildren(a, b, false, false);
}

/** As {@link difference}, but a member of `b` takes everything below it along. */
export function recursiveDifference(a: FieldSet, b: FieldSet): FieldSet {
  return isEmpty(b) ? a : differenceChildren(a, b, true, false);
}

function differenceChildren(
  a: FieldSet,
  b: FieldSet,
  recursive: boolean,
  dropMember: boolean,
): FieldSet {
  let out: Building | undefined;
  if (dropMember && a['.'] !== undefined) {
    out = { ...a };
    delete out['.'];
  }
  for (const element in a) {
    const theirs = b[element];
    if (element === '.' || theirs === undefined) continue;
    const mine = a[element] as FieldSet;
    const node = differenceNodes(mine, theirs, recursive);
    if (node === mine) continue;
    out ??= { ...a };
    if (node === undefined) delete out[element];
    else out[element] = node;
  }
  return out ?? a;
}

function differenceNodes(a: FieldSet, b: FieldSet, recursive: boolean): FieldSet | undefined {
  const covered = isMember(b);
  if (covered && recursive) return undefined;
  if (isEmpty(a)) return covered ? undefined : a;
  const node = differenceChildren(a, b, recursive, covered);
  // Left with nothing but the mark: a plain leaf. Left with nothing at all: gone.
  if (isEmpty(node)) return undefined;
  return onlyMember(node) ? leaf : node;
}

function onlyMember(node: FieldSet): boolean {
  for (const element in node) if (element !== '.') return false;
  return true;
}

/** Members of both. */
export function intersection(a: FieldSet, b: FieldSet): FieldSet {
  const out: Building = {};
  for (const element in a) {
    const theirs = b[element];
    if (element === '.' || theirs === undefined) continue;
    const mine = a[element] as FieldSet;
    const member = isMember(mine) && isMember(theirs);
    const children = intersection(mine, theirs);
    if (isEmpty(children)) {
      if (member) out[element] = leaf;
    } else {
      out[element] = member ? { '.': leaf, ...children } : children;
    }
  }
  return out;
}

export function setsEqual(a: FieldSet, b: FieldSet): boolean {
  if (a === b) return true;
  let count = 0;
  for (const element in a) {
    const theirs = b[element];
    if (theirs === undefined || !setsEqual(a[element] as FieldSet, theirs)) return false;
    count++;
  }
  for (const _ in b) count--;
  return count === 0;
}

/** Every member, parents first. The path handed over is reused: copy it to keep it. */
export function forEachMember(
  set: FieldSet,
  visit: (path: readonly string[]) => void,
  path: string[] = [],
): void {
  const nodes = Object.keys(set).filter((element) => element !== '.');
  for (const element of nodes) {
    if (!isMember(set[element] as FieldSet)) continue;
    path.push(element);
    visit(path);
    path.pop();
  }
  for (const element of nodes) {
    path.push(element);
    forEachMember(set[element] as FieldSet, visit, path);
    path.pop();
  }
}

/** The whole trie in upstream's order of elements; itself where it is in order already. */
export function sortSet(set: FieldSet): FieldSet {
  let out: Building | undefined;
  let before: string | undefined;
  let inOrder = true;
  for (const element in set) {
    const node = set[element] as FieldSet;
    const sorted = sortSet(node);
    if (sorted !== node) {
      out ??= { ...set };
      out[element] = sorted;
    }
    inOrder &&= before === undefined || compareElements(before, element) < 0;
    before = element;
  }
  return inOrder ? (out ?? set) : ordered(out ?? set);
}

/** The same node with its elements in upstream's order. */
export function ordered(set: FieldSet): FieldSet {
  const out: Building = {};
  for (const element of sortElements(Object.keys(set))) out[element] = set[element] as FieldSet;
  return out;
}
