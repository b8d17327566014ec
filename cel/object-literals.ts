import type { Environment } from '@marcbachmann/cel-js';
import { library } from './library.ts';

/**
 * Literals of types, `Object.spec{replicas: 3}` and `JSONPatch{op: "add", …}`: the parser knows no such
 * thing, so they are rewritten into calls (k8s.io/apiserver cel/mutation).
 */

/** A value of `Object` or of a type below it. */
export class ObjectLiteral {
  readonly type: string;
  readonly fields: Readonly<Record<string, unknown>>;
  constructor(type: string, fields: Readonly<Record<string, unknown>>) {
    this.type = type;
    this.fields = fields;
  }
}

/** `Object` itself. */
export class RootLiteral extends ObjectLiteral {}

export class JsonPatchLiteral {
  readonly fields: Readonly<Record<string, unknown>>;
  constructor(fields: Readonly<Record<string, unknown>>) {
    this.fields = fields;
  }
}

const patchFields = ['op', 'path', 'from', 'value'];

export function registerObjectLiterals(environment: Environment): void {
  class JsonPatchNamespace {}
  environment
    .registerType('Object', RootLiteral)
    .registerType('Object.part', ObjectLiteral)
    .registerType('JSONPatch', JsonPatchLiteral)
    .registerType('JsonPatchNamespace', JsonPatchNamespace)
    .registerConstant('jsonpatch', 'JsonPatchNamespace', new JsonPatchNamespace())
    .registerFunction(
      'JsonPatchNamespace.escapeKey(string): string',
      (_: JsonPatchNamespace, key: string) => key.replaceAll('~', '~0').replaceAll('/', '~1'),
    )
    .registerFunction(
      '__root(map): Object',
      (fields: Record<string, unknown>) => new RootLiteral('Object', present(fields)),
    )
    .registerFunction(
      '__part(string, map): Object.part',
      (type: string, fields: Record<string, unknown>) => new ObjectLiteral(type, present(fields)),
    )
    .registerFunction('__patch(map): JSONPatch', (written: Record<string, unknown>) => {
      const fields = present(written);
      const unknown = Object.keys(fields).find((field) => !patchFields.includes(field));
      if (unknown !== undefined) throw new Error(`unexpected JSONPatchType field: ${unknown}`);
      for (const field of ['op', 'path', 'from']) {
        if (Object.hasOwn(fields, field) && typeof fields[field] !== 'string') {
          throw new Error(`unexpected type for JSONPatchType '${field}' field`);
        }
      }
      return new JsonPatchLiteral(fields);
    });
}

/** Stands before the name of a field that is only there when its optional value is. */
const optionalMark = '?';

function present(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const { Optional } = library();
  const there: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(fields)) {
    if (!name.startsWith(optionalMark)) there[name] = value;
    else if (!(value instanceof Optional)) {
      throw new Error(
        `cannot initialize optional entry '${name.slice(1)}' from a value that is not optional`,
      );
    } else if (value.hasValue()) there[name.slice(1)] = value.value();
  }
  return there;
}

/** Text for the parser, and where each of its parts came from. */
export interface Rewritten {
  text: string;
  /** The place in the expression as it was written. */
  written(at: number): number;
}

const string =
  /(?:[rR][bB]?|[bB][rR]?)?(?:"""[^]*?"""|'''[^]*?'''|"(?:\\[^]|[^"\\])*"|'(?:\\[^]|[^'\\])*')/y;
const rawString = /(?:[rR][bB]?|[bB][rR])(?:"""[^]*?"""|'''[^]*?'''|"[^"]*"|'[^']*')/y;
const comment = /\/\/[^\n]*/y;
const fieldName = /(?:(\?)\s*)?(?:`([^`]+)`|([A-Za-z_]\w*))(?=\s*:)/y;
const names = /[A-Za-z_]\w*(?:\s*\.\s*[A-Za-z_]\w*)*/y;
const brace = /\s*\{/y;

export function rewriteObjectLiterals(expression: string): Rewritten {
  const out: string[] = [];
  const marks: [made: number, written: number][] = [];
  let length = 0;
  /** What is open: a literal of a type, or anything else. */
  const open: boolean[] = [];
  let at = 0;
  let wantsField = false;
  const emit = (text: string, taken: number): void => {
    marks.push([length, at]);
    out.push(text);
    length += text.length;
    at += taken;
  };
  const match = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = at;
    return pattern.exec(expression);
  };
  while (at < expression.length) {
    const plain = match(rawString) ?? match(string) ?? match(comment);
    if (plain !== null) {
      emit(plain[0], plain[0].length);
      continue;
    }
    const field = wantsField ? match(fieldName) : null;
    if (field !== null) {
      wantsField = false;
      const [whole, mark = '', quoted, bare] = field;
      emit(JSON.stringify(mark + (quoted ?? bare ?? '')), whole.length);
      continue;
    }
    const name = match(names);
    if (name !== null) {
      brace.lastIndex = at + name[0].length;
      const opening = brace.exec(expression);
      const call = opening === null ? undefined : callOf(name[0].replaceAll(/\s/g, ''));
      if (opening === null || call === undefined || /\.\s*$/.test(expression.slice(0, at))) {
        emit(name[0], name[0].length);
        continue;
      }
      emit(call, name[0].length + opening[0].length);
      open.push(true);
      wantsField = true;
      continue;
    }
    const character = expression[at] as string;
    if ('([{'.includes(character)) {
      open.push(false);
      wantsField = false;
      emit(character, 1);
    } else if (')]}'.includes(character)) {
      emit(open.pop() === true && character === '}' ? '})' : character, 1);
      wantsField = false;
    } else {
      if (character === ',') wantsField = open.at(-1) === true;
      emit(character, 1);
    }
  }
  return { text: out.join(''), written: (made) => writtenAt(marks, made) };
}

function callOf(name: string): string | undefined {
  if (name === 'Object') return '__root({';
  if (name === 'JSONPatch') return '__patch({';
  return name.startsWith('Object.') ? `__part(${JSON.stringify(name)}, {` : undefined;
}

function writtenAt(marks: readonly [made: number, written: number][], made: number): number {
  const mark = marks.findLast(([start]) => start <= made);
  return mark === undefined ? made : mark[1] + Math.min(made - mark[0], made);
}

/** JSON of a value; throws what cannot be said in JSON. */
export function jsonOf(value: unknown): unknown {
  if (value instanceof ObjectLiteral) return jsonOf(value.fields);
  if (typeof value === 'bigint') return Number(value);
  if (value instanceof Date) return value.toISOString().replace('.000Z', 'Z');
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64');
  if (Array.isArray(value)) return value.map(jsonOf);
  if (typeof value !== 'object' || value === null) return value;
  if (Object.getPrototypeOf(value) !== Object.prototype) {
    throw new Error('evaluated to a type that could not marshal to JSON');
  }
  return Object.fromEntries(Object.entries(value).map(([name, field]) => [name, jsonOf(field)]));
}

/** A literal below another is of the type that its field is called by; undefined: all are. */
export function typeMismatch(value: unknown, expected: string): string | undefined {
  if (Array.isArray(value)) return firstOf(value, (item) => typeMismatch(item, expected));
  if (value instanceof ObjectLiteral) {
    if (value.type !== expected) {
      return `unexpected type name ${JSON.stringify(value.type)}, expected ${JSON.stringify(expected)}, which matches field name path from root Object type`;
    }
    return firstOf(Object.entries(value.fields), ([name, field]) =>
      typeMismatch(field, `${expected}.${name}`),
    );
  }
  return undefined;
}

function firstOf<T>(list: readonly T[], find: (one: T) => string | undefined): string | undefined {
  for (const one of list) {
    const found = find(one);
    if (found !== undefined) return found;
  }
  return undefined;
}
