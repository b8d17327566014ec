import {
  type Action,
  type Filter,
  type Node,
  parseTemplate,
  type Slice,
} from './json-path-syntax.ts';
import { isNumber, isWhole } from './json.ts';

/**
 * The JSONPath of printer columns and selectable fields, as upstream's client library reads it. It is a
 * template of actions in braces; a column takes what the first action finds.
 */

/** All values that the first action finds, in order. @throws Error where the object is not as the path wants */
export type JsonPath = (object: unknown) => unknown[];

/**
 * Compile `.status.conditions[?(@.type=="Ready")].status`, `.spec.ports[*].port`, `.items[-1]`,
 * `.items[0:2]`, `..name`, `.metadata.labels.app\.kubernetes\.io/name`.
 * @throws Error naming what is not understood
 */
export function compileJsonPath(text: string): JsonPath {
  const actions = parseTemplate(`{${text}}`);
  return (object) => {
    // one that fails fails them all
    const found = actions.map((action) => walk(action, [object]));
    return found[0] ?? [];
  };
}

function walk(action: Action, from: readonly unknown[]): unknown[] {
  return action.reduce<unknown[]>((values, node) => take(node, values), [...from]);
}

function take(node: Node, values: readonly unknown[]): unknown[] {
  switch (node.kind) {
    case 'text':
      return [node.text];
    case 'literal':
      return values.map(() => node.value);
    case 'field':
      return values.flatMap((value) => fieldOf(node.name, value));
    case 'slice':
      return sliced(node, values);
    case 'all':
      return values.flatMap(within);
    case 'recursive':
      return values.flatMap(andBelow);
    case 'union':
      return node.of.flatMap((action) => walk(action, values));
    case 'filter':
      return values.flatMap((value) => filtered(node, value));
    default:
      throw new Error(`unrecognized identifier ${node.name}`);
  }
}

function fieldOf(name: string, value: unknown): unknown[] {
  if (typeof value !== 'object' || value === null) return [];
  if (Array.isArray(value) || !Object.hasOwn(value, name)) return [];
  return [(value as Record<string, unknown>)[name]];
}

/** Of a text its bytes. */
function within(value: unknown): unknown[] {
  if (typeof value === 'string') return [...Buffer.from(value)].map(String);
  if (typeof value !== 'object' || value === null) return [];
  return Array.isArray(value) ? value : Object.values(value);
}

/** What holds something, before what it holds. */
function andBelow(value: unknown): unknown[] {
  const inner = within(value);
  if (inner.length === 0) return [];
  return typeof value === 'string' ? [value] : [value, ...inner.flatMap(andBelow)];
}

/** An empty range ends the search: lists that would come after it are not looked at. */
function sliced(slice: Slice, values: readonly unknown[]): unknown[] {
  const found: unknown[] = [];
  for (const value of values) {
    if (value === null || value === undefined) continue;
    if (!Array.isArray(value)) throw new Error('not a list');
    const { length } = value;
    const from = counted(slice.from ?? 0, length);
    const to = endOf(slice, from, length);
    if (from === to) return found;
    if (from < 0 || from >= length || to < 0 || to > length || from > to) {
      throw new Error(`array index out of bounds: index ${from}, length ${length}`);
    }
    const { step = 1 } = slice;
    if (step <= 0) throw new Error('step must be > 0');
    for (let at = from; at < to; at += step) found.push(value[at]);
  }
  return found;
}

/** Without an end a single element is meant. */
function endOf({ from = 0, to, single }: Slice, start: number, length: number): number {
  if (single) return from < 0 ? start + 1 : from + 1;
  return to === undefined ? length : counted(to, length);
}

function counted(at: number, length: number): number {
  return at < 0 ? at + length : at;
}

function filtered(filter: Filter, value: unknown): unknown[] {
  if (!Array.isArray(value)) throw new Error('not a list, cannot be filtered');
  return value.filter((element) => passes(filter, element));
}

function passes({ left, operator, right }: Filter, element: unknown): boolean {
  if (operator === 'exists') return exists(left, element);
  const a = walk(left, [element]);
  if (a.length === 0) return false;
  const b = walk(right, [element]);
  if (a.length > 1 || b.length > 1) throw new Error('can only compare one element at a time');
  return b.length === 1 && compared(operator, a[0], b[0]);
}

function exists(path: Action, element: unknown): boolean {
  try {
    return walk(path, [element]).length > 0;
  } catch {
    // what fails half-way hands back what it was given
    return true;
  }
}

function compared(operator: string, left: unknown, right: unknown): boolean {
  const kind = kindOf(left);
  if (kind === undefined || kind !== kindOf(right)) {
    throw new Error('incompatible types for comparison');
  }
  const [a, b] = [bare(left), bare(right)] as [number, number];
  if (operator === '==') return a === b;
  if (operator === '!=') return a !== b;
  if (kind === 'boolean') throw new Error('invalid type for comparison');
  switch (operator) {
    case '<':
      return a < b;
    case '<=':
      return a <= b;
    case '>':
      return a > b;
    case '>=':
      return a >= b;
    default:
      throw new Error(`unrecognized filter operator ${operator}`);
  }
}

/** A whole number of the path that is written as a float (`1.0`) is none. */
function kindOf(value: unknown): string | undefined {
  if (value instanceof Number) return 'float';
  if (isNumber(value)) return isWhole(value) ? 'integer' : 'float';
  return typeof value === 'string' || typeof value === 'boolean' ? typeof value : undefined;
}

function bare(value: unknown): unknown {
  const number = value instanceof Number ? value.valueOf() : value;
  return typeof number === 'bigint' && Number.isSafeInteger(Number(number))
    ? Number(number)
    : number;
}
