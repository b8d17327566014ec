import type { Alias, Document, LineCounter, Node, Pair, Scalar, YAMLMap, YAMLSeq } from 'yaml';
import { setOwn } from './copy.ts';
import { goSyntax } from './go-format.ts';
import { notAlphabetic, yamlAt } from './yaml-errors.ts';
import { numberKey, plainScalar, taggedScalar } from './yaml-scalar.ts';

/**
 * A YAML document as the JSON that Kubernetes makes of it (sigs.k8s.io/yaml over goyaml v2): keys are
 * text and in order, the last of two same keys wins, `<<` merges where it stands.
 */
interface Decoding {
  document: Document.Parsed;
  lines: LineCounter;
  is: typeof import('yaml');
  /** Keys given twice, as goyaml's strict reading tells of them. */
  twice: string[];
  /** Anchors whose values are being read. */
  open: Set<Node>;
  depth: number;
  nodes: number;
  aliased: number;
}

const depthMax = 1000;
/** The type of keys before they are made JSON's. */
const untyped = 'interface {}';

export function yamlValue(
  document: Document.Parsed,
  lines: LineCounter,
  is: typeof import('yaml'),
): { value: unknown; twice: string[] } {
  const decoding: Decoding = {
    document,
    lines,
    is,
    twice: [],
    open: new Set(),
    depth: 0,
    nodes: 0,
    aliased: 0,
  };
  return { value: valueOf(decoding, document.contents, false), twice: decoding.twice };
}

/** Goyaml's bound on what aliases may make of a small document. */
function countNode(decoding: Decoding, aliased: boolean): void {
  decoding.nodes += 1;
  if (aliased) decoding.aliased += 1;
  const { nodes } = decoding;
  if (decoding.aliased <= 100 || nodes <= 1000) return;
  const share = Math.min(1, Math.max(0, (nodes - 400_000) / 3_600_000));
  if (decoding.aliased / nodes > 0.99 - 0.89 * share) {
    throw new Error('document contains excessive aliasing');
  }
}

function valueOf(decoding: Decoding, node: Node | null, aliased: boolean): unknown {
  countNode(decoding, aliased);
  if (node === null) return null;
  const { is } = decoding;
  if (is.isAlias(node)) return aliasValue(decoding, node);
  if (is.isScalar(node)) return scalarValue(node);
  if (++decoding.depth > depthMax) throw new Error(`exceeded max depth of ${depthMax}`);
  const value = is.isMap(node)
    ? mapValue(decoding, node, aliased)
    : (node as YAMLSeq<Node>).items.map((item) => valueOf(decoding, item, aliased));
  decoding.depth -= 1;
  return value;
}

function scalarValue(scalar: Scalar): unknown {
  const { value, tag, type } = scalar;
  if (typeof value !== 'string') return value;
  if (tag !== undefined && tag !== '!') return taggedScalar(value, tag);
  return type === 'PLAIN' && tag === undefined ? plainScalar(value) : value;
}

function anchored(decoding: Decoding, alias: Alias): Node {
  if (!/^[\w-]+$/.test(alias.source)) {
    const { line } = decoding.lines.linePos(alias.range?.[0] ?? 0);
    throw new Error(yamlAt(line === 1 ? 0 : line, notAlphabetic));
  }
  const node = alias.resolve(decoding.document) as Node | undefined;
  if (node === undefined) throw new Error(`unknown anchor '${alias.source}' referenced`);
  if (decoding.open.has(node)) throw new Error(`anchor '${alias.source}' value contains itself`);
  return node;
}

function aliasValue(decoding: Decoding, alias: Alias): unknown {
  const node = anchored(decoding, alias);
  decoding.open.add(node);
  const value = valueOf(decoding, node, true);
  decoding.open.delete(node);
  return value;
}

/** Values by key and the key's type: 1 and "1" are two keys to YAML. */
type Entries = Map<string, { key: string; value: unknown }>;

function mapValue(decoding: Decoding, map: YAMLMap, aliased: boolean): object {
  // an alias inside of what it names has no end
  const own = map.anchor !== undefined && !decoding.open.has(map);
  if (own) decoding.open.add(map);
  const entries: Entries = new Map();
  fill(decoding, entries, map, aliased);
  if (own) decoding.open.delete(map);
  const object = {};
  const sorted = [...entries.values()].toSorted((a, b) => (a.key < b.key ? -1 : 1));
  for (const { key, value } of sorted) setOwn(object, key, value);
  return object;
}

function fill(decoding: Decoding, entries: Entries, map: YAMLMap, aliased: boolean): void {
  for (const pair of map.items as Pair<Node, Node | null>[]) {
    if (isMerge(decoding, pair.key)) merge(decoding, entries, pair.value);
    else set(decoding, entries, pair, aliased);
  }
}

function isMerge({ is }: Decoding, key: Node | null): boolean {
  if (!is.isScalar(key) || key.value !== '<<') return false;
  return key.tag === 'tag:yaml.org,2002:merge' || (key.type === 'PLAIN' && key.tag === undefined);
}

function merge(decoding: Decoding, entries: Entries, value: Node | null): void {
  const { is } = decoding;
  // the first of several wins: it comes last
  const from = is.isSeq(value) ? (value.items as Node[]).toReversed() : [value];
  for (const one of from) {
    const map = is.isAlias(one) ? anchored(decoding, one) : one;
    if (!is.isMap(map)) {
      throw new Error('map merge requires map or sequence of maps as the value');
    }
    decoding.open.add(map);
    fill(decoding, entries, map, is.isAlias(one));
    decoding.open.delete(map);
  }
}

function set(
  decoding: Decoding,
  entries: Entries,
  pair: Pair<Node, Node | null>,
  aliased: boolean,
): void {
  const key = valueOf(decoding, pair.key, aliased);
  if (typeof key === 'object' && key !== null) {
    throw new Error(`invalid map key: ${goSyntax(key, untyped)}`);
  }
  const value = valueOf(decoding, pair.value, aliased);
  if (key === null) throw new JsonlessKey(value);
  const name = keyName(decoding, pair.key, key as string | number | bigint | boolean, value);
  const typed = `${typeof key}:${name}`;
  if (entries.has(typed)) {
    const at = decoding.lines.linePos((pair.value ?? pair.key).range?.[0] ?? 0).line;
    const shown = typeof key === 'string' ? JSON.stringify(key) : name;
    decoding.twice.push(`line ${at}: key ${shown} already set in map`);
  }
  entries.set(typed, { key: name, value });
}

function keyName(
  decoding: Decoding,
  node: Node,
  key: string | number | bigint | boolean,
  value: unknown,
): string {
  if (typeof key === 'string' || typeof key === 'boolean') return String(key);
  const { is } = decoding;
  const { value: text, tag } = (
    is.isAlias(node) ? anchored(decoding, node) : node
  ) as Scalar<string>;
  const name = numberKey(text, tag);
  if (typeof name === 'string') return name;
  throw new JsonlessKey(value, 'uint64', `0x${name.toString(16)}`);
}

/** YAML takes it, JSON has no way to say it. */
export class JsonlessKey extends Error {
  constructor(value: unknown, type = '%!s(<nil>)', key = '<nil>') {
    const shown = value === null ? '<nil>' : goSyntax(value, untyped);
    super(`unsupported map key of type: ${type}, key: ${key}, value: ${shown}`);
  }
}
