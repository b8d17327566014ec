import { setOwn } from './copy.ts';

/**
 * Paths into objects: the dotted form of the scale subresource (`.spec.replicas`) and the part of
 * JSONPath that printer columns and selectable fields use.
 */

/** `.spec.replicas` or `spec.replicas`; undefined where anything is missing. */
export function getPath(object: unknown, path: string): unknown {
  let at = object;
  for (const name of segments(path)) {
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, name)) return undefined;
    at = (at as Record<string, unknown>)[name];
  }
  return at;
}

/** Set a field, making the objects on the way. @throws Error when a scalar or list is in the way */
export function setPath(object: object, path: string, value: unknown): void {
  const names = segments(path);
  let at = object as Record<string, unknown>;
  for (const name of names.slice(0, -1)) {
    let next: unknown = Object.hasOwn(at, name) ? at[name] : undefined;
    if (next === undefined || next === null) {
      next = {};
      setOwn(at, name, next);
    }
    if (typeof next !== 'object' || Array.isArray(next)) {
      throw new Error(`cannot set ${path}: ${name} is not an object`);
    }
    at = next as Record<string, unknown>;
  }
  setOwn(at, names[names.length - 1] as string, value);
}

function segments(path: string): string[] {
  return (path.startsWith('.') ? path.slice(1) : path).split('.');
}

type Step =
  | { kind: 'field'; name: string }
  | { kind: 'index'; at: number }
  | { kind: 'all' }
  | { kind: 'filter'; path: readonly Step[]; operator: string; value: unknown };

/** All values a path finds, in order. */
export type JsonPath = (object: unknown) => unknown[];

/**
 * Compile `.status.conditions[?(@.type=="Ready")].status`, `.spec.ports[*].port`, `.items[0]`,
 * `.metadata.labels['app']`, `.metadata.labels.app\.kubernetes\.io/name`, with or without braces.
 * @throws Error naming what is not understood
 */
export function compileJsonPath(text: string): JsonPath {
  let source = text.trim();
  if (source.startsWith('{') && source.endsWith('}')) source = source.slice(1, -1).trim();
  if (source.startsWith('$')) source = source.slice(1);
  const steps = parseSteps(source, text);
  return (object) => walk(steps, [object]);
}

/** A simple path (fields only) as its names; undefined when it selects among elements. */
export function simplePath(text: string): readonly string[] | undefined {
  const steps = parseSteps(text.startsWith('$') ? text.slice(1) : text, text);
  const names: string[] = [];
  for (const step of steps) {
    if (step.kind !== 'field') return undefined;
    names.push(step.name);
  }
  return names;
}

function walk(steps: readonly Step[], from: readonly unknown[]): unknown[] {
  let values = [...from];
  for (const step of steps) values = values.flatMap((value) => take(step, value));
  return values;
}

function take(step: Step, value: unknown): unknown[] {
  if (typeof value !== 'object' || value === null) return [];
  switch (step.kind) {
    case 'field':
      if (Array.isArray(value) || !Object.hasOwn(value, step.name)) return [];
      return [(value as Record<string, unknown>)[step.name]];
    case 'index': {
      if (!Array.isArray(value)) return [];
      const at = step.at < 0 ? value.length + step.at : step.at;
      return at >= 0 && at < value.length ? [value[at]] : [];
    }
    case 'all':
      return Array.isArray(value) ? value : Object.values(value);
    default:
      return Array.isArray(value) ? value.filter((element) => passes(step, element)) : [];
  }
}

function passes(filter: Step & { kind: 'filter' }, element: unknown): boolean {
  const found = walk(filter.path, [element]);
  if (filter.operator === '') return found.length > 0;
  if (found.length === 0) return false;
  const left = found[0] as string | number;
  const right = filter.value as string | number;
  switch (filter.operator) {
    case '==':
      return left === right;
    case '!=':
      return left !== right;
    case '<':
      return left < right;
    case '<=':
      return left <= right;
    case '>':
      return left > right;
    default:
      return left >= right;
  }
}

const field = /^\.?((?:\\.|[^.[\]\\'"\s])+)/;
const bracketed = /^\[(?:'((?:\\.|[^'])*)'|"((?:\\.|[^"])*)")\]/;
const numbered = /^\[(-?\d+)\]/;
const comparison = /^\[\?\(\s*@([^=!<>]*?)\s*(?:(==|!=|<=|>=|<|>)\s*(.+?)\s*)?\)\]/;

function parseSteps(source: string, whole: string): Step[] {
  const steps: Step[] = [];
  let rest = source;
  while (rest !== '' && rest !== '.') {
    const [step, length] = parseStep(rest, whole);
    steps.push(step);
    rest = rest.slice(length);
  }
  return steps;
}

function parseStep(rest: string, whole: string): [Step, number] {
  if (rest.startsWith('..')) throw new Error(`recursive descent is not supported in ${whole}`);
  if (rest.startsWith('[*]')) return [{ kind: 'all' }, 3];
  if (rest.startsWith('.*')) return [{ kind: 'all' }, 2];
  if (rest.startsWith('[')) {
    const index = numbered.exec(rest);
    if (index !== null) return [{ kind: 'index', at: Number(index[1]) }, index[0].length];
    const name = bracketed.exec(rest);
    if (name !== null) {
      return [{ kind: 'field', name: plain(name[1] ?? name[2] ?? '') }, name[0].length];
    }
    const filter = comparison.exec(rest);
    if (filter !== null) {
      const path = parseSteps(filter[1] ?? '', whole);
      const operator = filter[2] ?? '';
      const value = operator === '' ? undefined : literal(filter[3] ?? '', whole);
      return [{ kind: 'filter', path, operator, value }, filter[0].length];
    }
  }
  const name = field.exec(rest);
  if (name === null) throw new Error(`unrecognized character in JSONPath ${whole} at ${rest}`);
  return [{ kind: 'field', name: plain(name[1] as string) }, name[0].length];
}

function plain(text: string): string {
  return text.replace(/\\(.)/g, '$1');
}

function literal(text: string, whole: string): unknown {
  if (/^'.*'$|^".*"$/s.test(text)) return plain(text.slice(1, -1));
  if (/^-?\d+(\.\d+)?$/.test(text)) return Number(text);
  if (text === 'true' || text === 'false') return text === 'true';
  throw new Error(`unrecognized value ${text} in JSONPath ${whole}`);
}
