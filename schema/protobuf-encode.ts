import { builtInSchema } from './built-in.ts';
import type { ProtobufWriter } from './protobuf-writer.ts';
import { encodeSpecial } from './protobuf-special.ts';
import type { ProtoField, Schema } from './schema.ts';

/**
 * Encoders of the built-in types, compiled once a type from its schema. They write what upstream's
 * generated code writes: fields by number, a non-pointer field even when it is empty, map entries
 * by key. As the writer goes backwards, so do all loops here.
 */

/** Writes a value without tag and length. */
export type Encode = (writer: ProtobufWriter, value: unknown) => void;
/** Writes a field of an object with its tag, or nothing when it is absent and may be. */
type EncodeField = (writer: ProtobufWriter, object: Record<string, unknown>) => void;

/** By an object's `proto` table, which all nodes of one type share. */
const encoders = new WeakMap<object, Encode>();

/** The encoder of a named type. Throws for a schema without protobuf numbers. */
export function messageEncoder(schema: Schema): Encode {
  if (schema.proto === undefined) {
    throw new Error(`${schema.name ?? 'a type without name'} has no protobuf form`);
  }
  const known = encoders.get(schema.proto);
  if (known !== undefined) return known;
  let fields: EncodeField[] | undefined;
  const encode: Encode = (writer, value) => {
    // Compiled at the first use: types may hold themselves.
    fields ??= compileFields(schema, []);
    const object = (value ?? {}) as Record<string, unknown>;
    for (const field of fields) field(writer, object);
  };
  encoders.set(schema.proto, encode);
  return encode;
}

/** The fields that lie under `path`, highest number first. */
function compileFields(schema: Schema, path: readonly number[]): EncodeField[] {
  const byNumber = new Map<number, EncodeField>();
  for (const [name, proto] of Object.entries(schema.proto ?? {})) {
    const outer = proto.path ?? [];
    if (!path.every((number, i) => outer[i] === number)) continue;
    const inline = outer[path.length];
    const field = schema.properties?.[name];
    if (field === undefined) continue;
    if (inline === undefined) byNumber.set(proto.number, compileField(name, field, proto));
    else if (!byNumber.has(inline)) byNumber.set(inline, inlineMessage(schema, [...path, inline]));
  }
  return [...byNumber].sort(([a], [b]) => b - a).map(([, encode]) => encode);
}

/** A message that JSON has inline: always there, read from the same object. */
function inlineMessage(schema: Schema, path: number[]): EncodeField {
  const fields = compileFields(schema, path);
  const tag = ((path.at(-1) ?? 0) << 3) | 2;
  return (writer, object) => {
    const before = writer.length;
    for (const field of fields) field(writer, object);
    writer.close(before, tag);
  };
}

function compileField(name: string, field: Schema, proto: ProtoField): EncodeField {
  if (proto.kind === 'map') return mapField(name, field, proto);
  if (proto.repeated === true) {
    const encode = tagged(proto, field.items ?? field);
    return (writer, object) => {
      const list = object[name];
      if (!Array.isArray(list)) return;
      for (let i = list.length - 1; i >= 0; i--) encode(writer, list[i]);
    };
  }
  const encode = tagged(proto, field);
  const optional = proto.pointer === true || proto.kind === 'bytes';
  return (writer, object) => {
    const value = object[name];
    if (optional && (value === undefined || value === null)) return;
    encode(writer, value);
  };
}

/** Writes a value with its tag; an absent one as the zero of its kind. */
function tagged(proto: Pick<ProtoField, 'number' | 'kind' | 'special'>, schema: Schema): Encode {
  const { number } = proto;
  const scalarTag = number << 3;
  const tag = scalarTag | 2;
  switch (proto.kind) {
    case 'bool':
      return (writer, value) => {
        writer.byte(value === true ? 1 : 0);
        writer.varint(scalarTag);
      };
    case 'int32':
    case 'int64':
      return (writer, value) => {
        if (typeof value === 'bigint') writer.int64(value);
        else writer.varint(typeof value === 'number' ? value : 0);
        writer.varint(scalarTag);
      };
    case 'double':
      return (writer, value) => {
        writer.double(typeof value === 'number' ? value : 0);
        writer.varint(scalarTag | 1);
      };
    default: {
      const encode = contentEncoder(proto, schema);
      return (writer, value) => {
        const before = writer.length;
        encode(writer, value);
        writer.close(before, tag);
      };
    }
  }
}

function contentEncoder(proto: Pick<ProtoField, 'kind' | 'special'>, schema: Schema): Encode {
  if (proto.kind === 'string') {
    return (writer, value) => {
      if (typeof value === 'string') writer.text(value);
    };
  }
  if (proto.kind === 'bytes') {
    return (writer, value) => {
      if (typeof value === 'string') writer.bytes(Buffer.from(value, 'base64'));
    };
  }
  if (proto.special?.startsWith('JSONSchemaPropsOr') === true)
    return schemaOr(proto.special, schema);
  return proto.special === undefined ? messageEncoder(schema) : encodeSpecial(proto.special);
}

function mapField(name: string, field: Schema, proto: ProtoField): EncodeField {
  const value = field.additional ?? field;
  const encodeValue = tagged({ ...mapValue(value, proto), number: 2 }, value);
  const tag = (proto.number << 3) | 2;
  return (writer, object) => {
    const map = object[name];
    if (typeof map !== 'object' || map === null) return;
    const keys = Object.keys(map).sort();
    for (let i = keys.length - 1; i >= 0; i--) {
      const key = keys[i] ?? '';
      const before = writer.length;
      encodeValue(writer, (map as Record<string, unknown>)[key]);
      const beforeKey = writer.length;
      writer.text(key);
      writer.close(beforeKey, 0x0a);
      writer.close(before, tag);
    }
  };
}

/** How the values of a map lie in protobuf. */
export function mapValue(value: Schema, proto: ProtoField): Pick<ProtoField, 'kind' | 'special'> {
  if (proto.special !== undefined) return { kind: 'message', special: proto.special };
  if (value.name !== undefined) return { kind: 'message' };
  if (value.type === 'boolean') return { kind: 'bool' };
  if (value.type === 'integer') return { kind: value.format === 'int64' ? 'int64' : 'int32' };
  return { kind: value.format === 'byte' ? 'bytes' : 'string' };
}

/** apiextensions: a schema, or a list of schemas, a boolean, a list of strings. */
function schemaOr(special: string, schema: Schema): Encode {
  const props = messageEncoder(builtInSchema(schemaPropsOf(schema)));
  const one = (writer: ProtobufWriter, value: unknown, tag: number): void => {
    const before = writer.length;
    props(writer, value);
    writer.close(before, tag);
  };
  if (special === 'JSONSchemaPropsOrBool') {
    return (writer, value) => {
      if (typeof value === 'object' && value !== null) one(writer, value, 0x12);
      writer.byte(value === false || value === null || value === undefined ? 0 : 1);
      writer.byte(0x08);
    };
  }
  const strings = special === 'JSONSchemaPropsOrStringArray';
  return (writer, value) => {
    if (!Array.isArray(value)) {
      if (typeof value === 'object' && value !== null) one(writer, value, 0x0a);
      return;
    }
    for (let i = value.length - 1; i >= 0; i--) {
      if (!strings) {
        one(writer, value[i], 0x12);
        continue;
      }
      const before = writer.length;
      writer.text(String(value[i]));
      writer.close(before, 0x12);
    }
  };
}

/** JSONSchemaProps, of the version that the JSONSchemaPropsOr… belongs to. */
export function schemaPropsOf(schema: Schema): string {
  const name = schema.name ?? '';
  return `${name.slice(0, name.lastIndexOf('.'))}.JSONSchemaProps`;
}
