import { functions, patchFunctions } from './functions.ts';
import * as types from './cel-type.ts';
import {
  type CelType,
  dyn,
  listOf,
  mapOf,
  none,
  optionalOf,
  parameter,
  struct,
  typeOf,
} from './cel-type.ts';

/** What an expression may name. */
export interface Declarations {
  /** A variable, or a type by its name. */
  variable(name: string): CelType | undefined;
  overloads(name: string): readonly Overload[] | undefined;
}

export interface Overload {
  /** Called on a value, which is the first that it takes. */
  member: boolean;
  takes: readonly CelType[];
  gives: CelType;
  /** Names of its type parameters. */
  parameters: readonly string[];
}

/** What a call may be a call of: more than one where types are not known. */
export interface Resolved {
  name: string;
  member: boolean;
  overloads: readonly Overload[];
}

export const optionalSelection: Resolved = {
  name: '_?._',
  member: false,
  overloads: [{ member: false, takes: [dyn, types.string], gives: dyn, parameters: [] }],
};

const simple: Readonly<Record<string, CelType>> = {
  any: types.any,
  bool: types.bool,
  bytes: types.bytes,
  double: types.double,
  duration: types.duration,
  dyn,
  int: types.int,
  string: types.string,
  timestamp: types.timestamp,
  uint: types.uint,
};

/** A type of values that have no fields. */
function opaque(name: string): CelType {
  return { kind: 'opaque', name, parameters: [] };
}

/** Types that are values under their names. */
const namedTypes = new Map<string, CelType>(
  [types.bool, types.bytes, types.double, dyn, types.duration, types.int]
    .concat([listOf(dyn), mapOf(dyn, dyn), types.nullType, types.string, types.timestamp])
    .concat([types.uint, opaque('net.IP'), opaque('net.CIDR'), optionalOf(dyn)])
    .concat([
      struct('kubernetes.URL'),
      struct('kubernetes.Quantity'),
      struct('kubernetes.NamedFormat'),
    ])
    .map((type) => [type.name, typeOf(type)]),
).set('type', typeOf({ kind: 'type', name: 'type', parameters: [] }));

export const isTypeName = (name: string): boolean => namedTypes.has(name);

const table = lazily(() => tableOf(functions));
const patchTable = lazily(() => tableOf(functions + patchFunctions));

function lazily<T>(make: () => T): () => T {
  let made: T | undefined;
  return () => (made ??= make());
}

/** @param literals of the types Object and JSONPatch may be written */
export function declare(
  variables: Readonly<Record<string, CelType>>,
  literals: boolean,
): Declarations {
  const overloads = literals ? patchTable() : table();
  return {
    variable(name) {
      if (Object.hasOwn(variables, name)) return variables[name];
      return namedTypes.get(name) ?? (literals ? patchType(name) : undefined);
    },
    overloads: (name) => overloads.get(name),
  };
}

const patchFields: Readonly<Record<string, CelType>> = {
  op: types.string,
  path: types.string,
  from: types.string,
  value: dyn,
};

/** Types of mutations: fields of Object are looked at when it runs (k8s.io/apiserver cel/mutation). */
function patchType(name: string): CelType | undefined {
  if (name === 'JSONPatch') return typeOf(struct(name, (field) => patchFields[field] ?? none));
  if (name === 'Object' || name.startsWith('Object.')) return typeOf(struct(name, () => dyn));
  return undefined;
}

function tableOf(lines: string): ReadonlyMap<string, Overload[]> {
  const overloads = new Map<string, Overload[]>();
  for (const line of lines.split('\n').slice(1)) {
    const at = line.lastIndexOf('): ');
    const open = line.indexOf('(');
    const name = line.slice(line.startsWith('.') ? 1 : 0, open);
    const words = new Words(line.slice(open + 1, at));
    const overload = {
      member: line.startsWith('.'),
      takes: words.types(),
      gives: new Words(line.slice(at + 3)).type(),
      parameters: [...new Set(line.slice(open).match(/\b[AB]\b/g))],
    };
    const list = overloads.get(name);
    if (list === undefined) overloads.set(name, [overload]);
    else list.push(overload);
  }
  return overloads;
}

/** `map<string, A>` as a type. */
class Words {
  readonly #words: string[];

  constructor(text: string) {
    this.#words = text.match(/[\w.]+|[<>,]/g) ?? [];
  }

  types(): CelType[] {
    const found: CelType[] = [];
    while (this.#words.length > 0 && this.#words[0] !== '>') {
      found.push(this.type());
      if (this.#words[0] === ',') this.#words.shift();
    }
    return found;
  }

  type(): CelType {
    const name = this.#words.shift() ?? '';
    if (this.#words[0] !== '<') return simple[name] ?? plain(name);
    this.#words.shift();
    const [first = dyn, second = dyn] = this.types();
    this.#words.shift();
    if (name === 'list') return listOf(first);
    if (name === 'map') return mapOf(first, second);
    return name === 'optional' ? optionalOf(first) : typeOf(first);
  }
}

function plain(name: string): CelType {
  if (/^[AB]$/.test(name)) return parameter(name);
  return name.startsWith('net.') ? opaque(name) : struct(name);
}
