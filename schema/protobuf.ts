import { parseJson } from '../object/json.ts';
import { apiVersionOf, type GroupVersionKind, type KubeObject } from '../object/object.ts';
import { parseApiVersion } from '../object/object.ts';
import { builtInSchema, schemaFor } from './built-in.ts';
import { fillZeros } from './defaults.ts';
import { messageDecoder } from './protobuf-decode.ts';
import { messageEncoder } from './protobuf-encode.ts';
import { ProtobufError, ProtobufReader } from './protobuf-reader.ts';
import { ProtobufWriter } from './protobuf-writer.ts';
import type { Schema } from './schema.ts';

/**
 * application/vnd.kubernetes.protobuf: four bytes of magic, then runtime.Unknown, which holds the
 * object's apiVersion, kind and protobuf (k8s.io/apimachinery runtime/serializer/protobuf).
 */

const magic = Buffer.from('k8s\0', 'latin1');
const listMeta = 'io.k8s.apimachinery.pkg.apis.meta.v1.ListMeta';
const writer = new ProtobufWriter();

interface Envelope {
  apiVersion: string;
  kind: string;
  raw: Buffer;
}

/** Whether bytes start as the envelope does. */
export function isProtobuf(bytes: Uint8Array): boolean {
  return magic.every((byte, i) => bytes[i] === byte);
}

/**
 * The object in an envelope, in the form that decoding and cleaning JSON gives: zero values of
 * non-pointer fields are absent. `expected` stands in for a missing kind and version. Throws an
 * Error in upstream's words for bytes that are no envelope, and a {@link MessageError} for no message
 * of a known kind.
 */
export function decodeProtobufObject(bytes: Buffer, expected?: GroupVersionKind): KubeObject {
  const { apiVersion, kind, raw } = envelope(bytes, expected);
  try {
    const schema = schemaOf(apiVersion, kind);
    const reader = new ProtobufReader(raw);
    const fields = messageDecoder(schema, freeJson)(reader, raw.length) as object;
    return { kind, apiVersion, ...fields } as KubeObject;
  } catch (error) {
    throw new MessageError({ apiVersion, kind }, error as Error);
  }
}

/** What an envelope holds cannot be read as what it says it is. */
export class MessageError extends Error {
  readonly sent: { apiVersion: string; kind: string };

  constructor(sent: { apiVersion: string; kind: string }, cause: Error) {
    super(cause.message, { cause });
    this.sent = sent;
  }
}

/** As {@link decodeProtobufObject}, for what storage holds: complete, as upstream writes it in JSON. */
export function decodeStoredProtobuf(bytes: Buffer): KubeObject {
  const object = decodeProtobufObject(bytes);
  fillZeros(object, schemaOf(object.apiVersion, object.kind));
  return object;
}

function schemaOf(apiVersion: string, kind: string): Schema {
  const gv = parseApiVersion(apiVersion);
  // options are the same type in every group, served or not
  const schema =
    gv === undefined
      ? undefined
      : (schemaFor({ ...gv, kind }) ??
        (kind.endsWith('Options') ? schemaFor({ group: '', version: 'v1', kind }) : undefined));
  if (schema?.proto === undefined) {
    throw new Error(`no kind "${kind}" is registered for version "${apiVersion}" in scheme`);
  }
  return schema;
}

function envelope(bytes: Buffer, expected: GroupVersionKind | undefined): Envelope {
  if (bytes.length === 0) throw new Error('empty data');
  if (!isProtobuf(bytes)) {
    throw new Error(
      `provided data does not appear to be a protobuf message, expected prefix [${magic.join(' ')}]`,
    );
  }
  if (bytes.length === magic.length) throw new Error('empty body');
  const found: Envelope = { apiVersion: '', kind: '', raw: bytes.subarray(bytes.length) };
  const reader = new ProtobufReader(bytes, magic.length);
  reader.fields(bytes.length, (number, wire) => {
    if (number === 1 && wire === 2) typeMeta(reader, found);
    else if (number === 2 && wire === 2) found.raw = reader.bytes();
    else return false;
    return true;
  });
  if (expected !== undefined) {
    if (found.kind === '') found.kind = expected.kind;
    // of more than two parts it says nothing
    const said = found.apiVersion !== '' && parseApiVersion(found.apiVersion) !== undefined;
    if (!said) found.apiVersion = apiVersionOf(expected);
  }
  if (found.kind === '') throw new Error("Object 'Kind' is missing");
  if (found.apiVersion === '') throw new Error("Object 'apiVersion' is missing");
  return found;
}

function typeMeta(reader: ProtobufReader, found: Envelope): void {
  reader.fields(reader.end(), (number, wire) => {
    if (number === 1 && wire === 2) found.apiVersion = reader.text();
    else if (number === 2 && wire === 2) found.kind = reader.text();
    else return false;
    return true;
  });
}

/** What a RawExtension, FieldsV1 or JSON holds: JSON, or an object in an envelope of its own. */
function freeJson(bytes: Buffer): unknown {
  if (isProtobuf(bytes)) return decodeProtobufObject(bytes);
  try {
    return parseJson(bytes.toString('utf8'));
  } catch (error) {
    throw new ProtobufError(`free JSON in a message: ${(error as Error).message}`);
  }
}

/**
 * An object in its envelope. `schema` must be a built-in type's; apiVersion and kind may be absent,
 * as upstream allows for a WatchEvent.
 */
export function encodeProtobuf(object: object, schema: Schema): Buffer {
  const encode = messageEncoder(schema);
  return enveloped(object, () => encode(writer, object));
}

/** A list of objects of one type, all fields of the items given. */
export function encodeProtobufList(
  list: { apiVersion: string; kind: string; metadata: object },
  items: readonly object[],
  itemSchema: Schema,
): Buffer {
  const encode = messageEncoder(itemSchema);
  const encodeMeta = messageEncoder(builtInSchema(listMeta));
  return enveloped(list, () => {
    for (let i = items.length - 1; i >= 0; i--) {
      const before = writer.length;
      encode(writer, items[i]);
      writer.close(before, 0x12);
    }
    const before = writer.length;
    encodeMeta(writer, list.metadata);
    writer.close(before, 0x0a);
  });
}

/**
 * One event of a watch stream: four bytes of length (big endian), then a bare WatchEvent that holds
 * the object with its envelope. `object` is what {@link encodeProtobuf} gave.
 */
export function encodeWatchFrame(type: string, object: Buffer): Buffer {
  writer.reset();
  writer.bytes(object);
  writer.close(0, 0x0a);
  writer.close(0, 0x12);
  const before = writer.length;
  writer.text(type);
  writer.close(before, 0x0a);
  const size = Buffer.alloc(4);
  size.writeUInt32BE(writer.length);
  writer.bytes(size);
  return writer.take();
}

function enveloped(type: { apiVersion?: string; kind?: string }, content: () => void): Buffer {
  writer.reset();
  // contentEncoding and contentType, both empty
  writer.bytes(emptyTail);
  const before = writer.length;
  content();
  writer.close(before, 0x12);
  const beforeType = writer.length;
  writeText(type.kind ?? '', 0x12);
  writeText(type.apiVersion ?? '', 0x0a);
  writer.close(beforeType, 0x0a);
  writer.bytes(magic);
  return writer.take();
}

const emptyTail = Buffer.from([0x1a, 0, 0x22, 0]);

function writeText(text: string, tag: number): void {
  const before = writer.length;
  writer.text(text);
  writer.close(before, tag);
}
