import { setOwn } from '../object/copy.ts';
import { builtInSchema } from './built-in.ts';
import { goStructName } from './go-type.ts';
import { mapValue, schemaPropsOf } from './protobuf-encode.ts';
import { ProtobufError, type ProtobufReader } from './protobuf-reader.ts';
import { type Decode, decodeSpecial } from './protobuf-special.ts';
import type { ProtoField, Schema } from './schema.ts';

/**
 * Decoders of the built-in types, compiled once a type from its schema. A field that is no pointer
 * and holds its zero value is left out, as a client that sends JSON would leave it out; fields that
 * the type does not have are skipped.
 */

type JsonRecord = Record<string, unknown>;
type DecodeField = (reader: ProtobufReader, object: JsonRecord, wire: number) => void;
/** Reads one value of a field; undefined stands for a zero value that is left out. */
type DecodeValue = (reader: ProtobufReader) => unknown;

/** Reads the bytes of free JSON; protobuf.ts gives it, which knows the envelope. */
export type DecodeRaw = (bytes: Buffer) => unknown;

const decoders = new WeakMap<object, Decode>();
const varint = 0;
const fixed64 = 1;
const delimited = 2;
const endOfGroup = 4;

export function messageDecoder(schema: Schema, raw: DecodeRaw): Decode {
  if (schema.proto === undefined) {
    throw new Error(`${schema.name ?? 'a type without name'} has no protobuf form`);
  }
  const known = decoders.get(schema.proto);
  if (known !== undefined) return known;
  let fields: DecodeField[] | undefined;
  const name = goStructName(schema);
  const decode: Decode = (reader, end) => {
    fields ??= compileFields(schema, [], raw);
    const object: JsonRecord = {};
    readFields(reader, end, fields, object, name);
    return object;
  };
  decoders.set(schema.proto, decode);
  return decode;
}

function readFields(
  reader: ProtobufReader,
  end: number,
  fields: DecodeField[],
  object: JsonRecord,
  name: string,
): void {
  reader.enter();
  while (reader.at < end) {
    const tag = reader.varint();
    const field = fields[tag >>> 3];
    if (field === undefined) skipUnknown(reader, tag, name);
    else field(reader, object, tag & 7);
  }
  reader.finish(end);
  reader.depth--;
}

/** What no message could have is refused. */
function skipUnknown(reader: ProtobufReader, tag: number, name: string): void {
  const wire = tag & 7;
  if (wire === endOfGroup) throw new ProtobufError(`${name}: wiretype end group for non-group`);
  if (tag >>> 3 === 0) throw new ProtobufError(`${name}: illegal tag 0 (wire type ${wire})`);
  reader.skip(wire);
}

function compileFields(schema: Schema, path: readonly number[], raw: DecodeRaw): DecodeField[] {
  const fields: DecodeField[] = [];
  for (const [name, proto] of Object.entries(schema.proto ?? {})) {
    const outer = proto.path ?? [];
    if (!path.every((number, i) => outer[i] === number)) continue;
    const inline = outer[path.length];
    const field = schema.properties?.[name];
    if (field === undefined) continue;
    if (inline === undefined) fields[proto.number] = compileField(name, field, proto, raw);
    else if (fields[inline] === undefined) {
      fields[inline] = inlineMessage(schema, [...path, inline], raw);
    }
  }
  return fields;
}

/** A message that JSON has inline: its fields become the same object's. */
function inlineMessage(schema: Schema, path: number[], raw: DecodeRaw): DecodeField {
  const fields = compileFields(schema, path, raw);
  return (reader, object, wire) => {
    expect(wire, delimited);
    readFields(reader, reader.end(), fields, object, goStructName(schema));
  };
}

function expect(wire: number, wanted: number): void {
  if (wire !== wanted) throw new ProtobufError(`wrong wireType = ${wire}`);
}

const wireOf = (kind: ProtoField['kind']): number =>
  kind === 'bool' || kind === 'int32' || kind === 'int64'
    ? varint
    : kind === 'double'
      ? fixed64
      : delimited;

function compileField(name: string, field: Schema, proto: ProtoField, raw: DecodeRaw): DecodeField {
  if (proto.kind === 'map') return mapField(name, field, proto, raw);
  const wanted = wireOf(proto.kind);
  if (proto.repeated === true) return listField(name, field, proto, raw);
  const read = valueReader(proto, field, raw);
  const keepZero = proto.pointer === true || proto.kind === 'bytes';
  return (reader, object, wire) => {
    expect(wire, wanted);
    const value = read(reader);
    const zero = value === '' || value === 0 || value === false || value === null;
    if (keepZero || !zero) object[name] = value;
    else delete object[name];
  };
}

function listField(name: string, field: Schema, proto: ProtoField, raw: DecodeRaw): DecodeField {
  const wanted = wireOf(proto.kind);
  const read = valueReader(proto, field.items ?? field, raw);
  return (reader, object, wire) => {
    const list = (object[name] ??= []) as unknown[];
    if (wire === delimited && wanted !== delimited) {
      const end = reader.end();
      while (reader.at < end) list.push(read(reader));
      return;
    }
    expect(wire, wanted);
    list.push(read(reader));
  };
}

function mapField(name: string, field: Schema, proto: ProtoField, raw: DecodeRaw): DecodeField {
  const value = field.additional ?? field;
  const coding = mapValue(value, proto);
  const wanted = wireOf(coding.kind);
  const read = valueReader(coding, value, raw);
  return (reader, object, wire) => {
    expect(wire, delimited);
    const map = (object[name] ??= {}) as JsonRecord;
    let key = '';
    let entry: unknown;
    reader.fields(reader.end(), (number, inner) => {
      if (number === 1) {
        expect(inner, delimited);
        key = reader.text();
      } else if (number === 2) {
        expect(inner, wanted);
        entry = read(reader);
      } else return false;
      return true;
    });
    setOwn(map, key, entry ?? zeroOf(coding, value));
  };
}

function zeroOf(coding: Pick<ProtoField, 'kind' | 'special'>, value: Schema): unknown {
  if (coding.kind === 'bool') return false;
  if (coding.kind === 'string' || coding.kind === 'bytes') return '';
  if (coding.kind !== 'message') return 0;
  if (coding.special === 'Quantity') return '0';
  if (coding.special !== undefined) return null;
  return value.type === 'array' ? [] : {};
}

function valueReader(
  proto: Pick<ProtoField, 'kind' | 'special'>,
  schema: Schema,
  raw: DecodeRaw,
): DecodeValue {
  switch (proto.kind) {
    case 'bool':
      return (reader) => reader.varint() !== 0;
    case 'int32':
      return (reader) => reader.varint() | 0;
    case 'int64':
      return (reader) => reader.whole();
    case 'double':
      return (reader) => reader.double();
    case 'string':
      return (reader) => reader.text();
    case 'bytes':
      return (reader) => reader.bytes().toString('base64');
    default: {
      const decode = contentDecoder(proto, schema, raw);
      return (reader) => decode(reader, reader.end());
    }
  }
}

function contentDecoder(
  proto: Pick<ProtoField, 'special'>,
  schema: Schema,
  raw: DecodeRaw,
): Decode {
  if (proto.special === undefined) return messageDecoder(schema, raw);
  if (!proto.special.startsWith('JSONSchemaPropsOr')) return decodeSpecial(proto.special, raw);
  return schemaOr(proto.special, messageDecoder(builtInSchema(schemaPropsOf(schema)), raw));
}

/** apiextensions: a schema, or a list of schemas, a boolean, a list of strings. */
function schemaOr(special: string, props: Decode): Decode {
  const strings = special === 'JSONSchemaPropsOrStringArray';
  return (reader, end) => {
    let schema: unknown;
    let allows = false;
    const list: unknown[] = [];
    reader.fields(end, (number) => {
      if (special === 'JSONSchemaPropsOrBool') {
        if (number === 1) allows = reader.varint() !== 0;
        else if (number === 2) schema = props(reader, reader.end());
        else return false;
      } else if (number === 1) schema = props(reader, reader.end());
      else if (number === 2) list.push(strings ? reader.text() : props(reader, reader.end()));
      else return false;
      return true;
    });
    if (special === 'JSONSchemaPropsOrBool') return schema ?? allows;
    return list.length > 0 ? list : (schema ?? null);
  };
}
