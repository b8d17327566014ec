import { readFileSync } from 'node:fs';
import type { GroupVersionKind } from '../object/object.ts';
import type { ProtoField, Schema } from './schema.ts';

/**
 * The schemas of the built-in types (Kubernetes v1.36) by OpenAPI definition name, from the
 * artefact that `generate.ts` makes. That is read at the first use, once; a schema is made when it is asked
 * for, once. All nodes are shared.
 */

/** Name, index of the type, protobuf numbers, flags (see generate.ts), what not every field has. */
export type FieldRow = [
  name: string,
  type: number,
  numbers: number[],
  flags: number,
  extras: {
    go?: number;
    list?: string;
    keys?: string[];
    map?: string;
    patch?: string;
    merge?: string;
    default?: unknown;
  },
];

export interface Artefact {
  types: string[];
  goTypes: string[];
  /** By index into goTypes. */
  enums: Record<number, string[]>;
  definitions: Record<
    string,
    {
      gvk?: string[];
      required?: string[];
      map?: string;
      special?: string;
      unions?: unknown;
      fields: FieldRow[];
    }
  >;
}

/** No longer published, and still read where clients send them. */
const olderKinds = { 'policy/v1beta1/Eviction': 'io.k8s.api.policy.v1.Eviction' };

interface BuiltIn {
  artefact: Artefact;
  /** Those asked for so far, and those that they hold. */
  schemas: Map<string, Schema>;
  definitions: Map<string, string>;
}

const artefactFile = new URL('./generated/built-in.json', import.meta.url);
let loaded: BuiltIn | undefined;

/** The schema of `io.k8s.api.core.v1.Pod`; throws when Kubernetes v1.36 has no such definition. */
export function builtInSchema(definition: string): Schema {
  const { artefact, schemas } = load();
  const known = schemas.get(definition);
  if (known !== undefined) return known;
  if (!Object.hasOwn(artefact.definitions, definition))
    throw new Error(`no built-in type has the definition ${definition}`);
  return makeSchema(definition, artefact, schemas);
}

export function hasBuiltIn(definition: string): boolean {
  return Object.hasOwn(load().artefact.definitions, definition);
}

/** Definition of a group, version and kind, list kinds and options (DeleteOptions …) included. */
export function definitionFor({ group, version, kind }: GroupVersionKind): string | undefined {
  return load().definitions.get(`${group}/${version}/${kind}`);
}

/** Schema of a built-in kind; undefined when it is none. */
export function schemaFor(kind: GroupVersionKind): Schema | undefined {
  const definition = definitionFor(kind);
  return definition === undefined ? undefined : builtInSchema(definition);
}

/** Changes when the artefact was made from other inputs. */
export function artefactStamp(): string {
  return readFileSync(new URL('./generated/inputs.sha256', import.meta.url), 'utf8');
}

/** All definition names. */
export function builtInDefinitions(): string[] {
  return Object.keys(load().artefact.definitions);
}

/** `group/version/kind` of a definition; several for DeleteOptions and WatchEvent, mostly none. */
export function kindsOf(definition: string): readonly string[] {
  return load().artefact.definitions[definition]?.gvk ?? [];
}

/** x-kubernetes-unions of a definition, as published. */
export function unionsOf(definition: string): unknown {
  return load().artefact.definitions[definition]?.unions;
}

function readArtefact(): Artefact {
  try {
    return JSON.parse(readFileSync(artefactFile, 'utf8')) as Artefact;
  } catch (cause) {
    throw new Error(
      'the schemas of the built-in types are not there or not readable; make them with: node schema/generate.ts',
      { cause },
    );
  }
}

function load(): BuiltIn {
  if (loaded !== undefined) return loaded;
  const artefact = readArtefact();
  const definitions = new Map<string, string>();
  for (const [name, d] of Object.entries(artefact.definitions))
    for (const kind of d.gvk ?? []) definitions.set(kind, name);
  for (const [kind, name] of Object.entries(olderKinds)) definitions.set(kind, name);
  loaded = { artefact, schemas: new Map(), definitions };
  return loaded;
}

/**
 * With all types that it holds, and they hold: a start needs those of a few kinds, and to make all was a tenth of
 * its work in JavaScript.
 */
function makeSchema(definition: string, artefact: Artefact, schemas: Map<string, Schema>): Schema {
  const empty: string[] = [];
  // Types may hold each other: a field's node shares the objects of its type, which are filled afterwards.
  const ofType = (name: string): Schema | undefined => {
    const known = schemas.get(name);
    if (known !== undefined || !Object.hasOwn(artefact.definitions, name)) return known;
    const schema = emptySchema(name, artefact);
    schemas.set(name, schema);
    empty.push(name);
    return schema;
  };
  const schema = ofType(definition) as Schema;
  for (const name of empty) {
    const owner = schemas.get(name) as Schema;
    for (const row of artefact.definitions[name]?.fields ?? [])
      fillField(owner, row, artefact, ofType);
  }
  return schema;
}

/** All but the fields. */
function emptySchema(name: string, { definitions }: Artefact): Schema {
  const { special: kind, required, map } = definitions[name] as Artefact['definitions'][string];
  const schema: Schema = kind === undefined ? { type: 'object', name } : special(kind, name);
  if (required !== undefined) schema.required = required;
  if (map !== undefined) schema.mapType = map as 'atomic' | 'granular';
  if (kind === undefined) {
    // No prototype: a field named `constructor` in a body must stay unknown.
    schema.properties = Object.create(null) as Record<string, Schema>;
    schema.proto = Object.create(null) as Record<string, ProtoField>;
  }
  return schema;
}

/** Types whose JSON or protobuf is not that of their Go struct. */
function special(kind: string, name: string): Schema {
  switch (kind) {
    case 'Time':
      return { type: 'string', format: 'date-time', name, nullable: true };
    case 'MicroTime':
      return { type: 'string', format: 'micro-time', name, nullable: true };
    case 'Quantity':
      return { type: 'string', format: 'quantity', name };
    case 'IntOrString':
      return { type: 'any', format: 'int-or-string', name, intOrString: true };
    case 'RawExtension':
      return { type: 'object', name, embedded: true, preserveUnknown: true };
    case 'FieldsV1':
      return { type: 'object', name, preserveUnknown: true };
    default:
      return { type: 'any', name, preserveUnknown: true, nullable: true };
  }
}

/** The schema of a type by its name; undefined for JSON's own (`string`, `integer/int64`). */
type TypeLookup = (name: string) => Schema | undefined;

function fillField(owner: Schema, row: FieldRow, artefact: Artefact, ofType: TypeLookup): void {
  const [name, typeIndex, numbers, flags, extras] = row;
  const type = artefact.types[typeIndex] ?? '';
  const field = typeSchema(type, ofType);
  if (extras.go !== undefined) setGoType(field, artefact, extras.go, flags);
  if (extras.list !== undefined) field.listType = extras.list as 'atomic' | 'set' | 'map';
  if (extras.keys !== undefined) field.listMapKeys = extras.keys;
  if (extras.map !== undefined) field.mapType = extras.map as 'atomic' | 'granular';
  if (extras.patch !== undefined) field.patchStrategy = extras.patch;
  if (extras.merge !== undefined) field.patchMergeKey = extras.merge;
  setEmptiness(field, flags, extras.default);
  (owner.properties ?? {})[name] = field;
  if (numbers.length > 0) (owner.proto ?? {})[name] = protoField(field, numbers, flags);
}

/** A node of its own for a field: it shares the type's `properties`, and may say more. */
function typeSchema(type: string, ofType: TypeLookup): Schema {
  if (type.startsWith('array:')) return { type: 'array', items: typeSchema(type.slice(6), ofType) };
  if (type.startsWith('map:')) {
    return { type: 'object', additional: typeSchema(type.slice(4), ofType) };
  }
  const definition = ofType(type);
  if (definition !== undefined) return { ...definition };
  const [json = '', format] = type.split('/');
  const schema: Schema = { type: json as Schema['type'] };
  if (format !== undefined) schema.format = format;
  return schema;
}

function setGoType(field: Schema, artefact: Artefact, index: number, flags: number): void {
  const [kind = '', version = ''] = (artefact.goTypes[index] ?? '').split('.').reverse();
  const values = artefact.enums[index];
  const named = (flags & 16) !== 0 ? field : (field.items ?? field.additional ?? field);
  named.goType = `${version}.${kind}`;
  if (values !== undefined) named.enum = values;
}

const zeros: Partial<Record<string, unknown>> = {
  'date-time': null,
  'micro-time': null,
  quantity: '0',
  'int-or-string': 0,
};

/** Go's zero value as JSON, for a field that is no pointer. */
function zeroOf(field: Schema): unknown {
  if (field.name !== undefined) {
    const zero = zeros[field.format ?? ''];
    if (zero !== undefined) return zero;
    return field.preserveUnknown === true ? null : {};
  }
  if (field.type === 'string') return field.format === 'byte' ? null : '';
  if (field.type === 'boolean') return false;
  return field.type === 'integer' || field.type === 'number' ? 0 : null;
}

function setEmptiness(field: Schema, flags: number, given: unknown): void {
  const pointer = (flags & 1) !== 0;
  const keep = (flags & 2) !== 0;
  const omitZero = (flags & 4) !== 0;
  const struct = field.name !== undefined;
  if (!pointer && !omitZero && (keep || struct)) field.zero = zeroOf(field);
  if (!pointer && !keep && !struct) field.omitEmpty = true;
  if (given !== undefined) {
    // `null` in the facts: the rule below gives a default, upstream has none.
    if (given !== null) field.default = given;
    return;
  }
  const plain = field.name === undefined || field.properties !== undefined;
  if (field.zero !== undefined && field.zero !== null && plain) field.default = field.zero;
  else if (!pointer && omitZero && field.properties !== undefined) field.default = {};
}

function protoField(field: Schema, numbers: number[], flags: number): ProtoField {
  const repeated = field.type === 'array' && (flags & 8) === 0;
  const value = repeated ? (field.items ?? field) : field;
  const proto: ProtoField = { number: numbers.at(-1) ?? 0, kind: protoKind(value) };
  if (repeated) proto.repeated = true;
  if ((flags & 1) !== 0) proto.pointer = true;
  if (numbers.length > 1) proto.path = numbers.slice(0, -1);
  const special = (flags & 8) !== 0 ? 'Strings' : specialOf(value);
  if (special !== undefined) proto.special = special;
  return proto;
}

function specialOf(value: Schema): string | undefined {
  const named = value.type === 'object' && value.name === undefined ? value.additional : value;
  if (named?.name === undefined || named.properties !== undefined) return undefined;
  return named.name.slice(named.name.lastIndexOf('.') + 1);
}

function protoKind(value: Schema): ProtoField['kind'] {
  if (value.name !== undefined || value.type === 'array') return 'message';
  if (value.type === 'object') return 'map';
  if (value.type === 'boolean') return 'bool';
  if (value.type === 'number') return 'double';
  if (value.type === 'integer') return value.format === 'int64' ? 'int64' : 'int32';
  return value.format === 'byte' ? 'bytes' : 'string';
}
