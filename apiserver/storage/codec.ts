import { parseJson } from '../../object/json.ts';
import { jsonByName } from '../../object/json-by-name.ts';
import { jsonText } from '../../object/json-text.ts';
import type { KubeObject, ObjectMeta } from '../../object/object.ts';

/**
 * The stored form of an object and the served form made from it without parsing.
 *
 * Stored: JSON that upstream reads, `kind`, `apiVersion`, `metadata` first and in this order, in
 * metadata first name, generateName, namespace, selfLink, uid, and no resourceVersion. Served: the
 * same bytes with `"resourceVersion":"N"` spliced in behind those, where upstream's encoder has it.
 */

/**
 * Encryption at rest and other stored forms (upstream's value.Transformer). The first two throw on
 * data not theirs.
 */
export interface Transformer {
  toStorage(bytes: Buffer, key: string): Buffer;
  fromStorage(bytes: Buffer, key: string): Buffer;
  /** `fromStorage` gives what it gets: lists and watches need not look. */
  readonly readsAsIs?: boolean;
  /** Whether stored bytes have another form than they would be given now: they want rewriting. */
  stale?(bytes: Buffer, key: string): boolean;
}

/** Decodes upstream's `k8s\0` protobuf envelope; injected from schema/protobuf.ts. */
export type ProtobufDecoder = (bytes: Buffer) => KubeObject;

/** Metadata fields in front of resourceVersion, in upstream's order. All are strings. */
const leadingFields = ['name', 'generateName', 'namespace', 'selfLink', 'uid'] as const;
const leading: ReadonlySet<string> = new Set(leadingFields);

const protobufMagic = Buffer.from('k8s\0', 'latin1');
const quote = 0x22;
const backslash = 0x5c;
const comma = 0x2c;
const colon = 0x3a;
const openBrace = 0x7b;
const closeBrace = 0x7d;
const openBracket = 0x5b;
const closeBracket = 0x5d;
const kindStart = Buffer.from('{"kind":"');
const apiVersionStart = Buffer.from(',"apiVersion":"');
const leadingNames = leadingFields.map((field) => Buffer.from(`"${field}"`));
const resourceVersionName = Buffer.from('"resourceVersion"');
const metadataName = Buffer.from('"metadata"');
const metadataStart = Buffer.from(',"metadata":{');

function orderedMetadata(metadata: ObjectMeta): ObjectMeta {
  const ordered: Record<string, unknown> = {};
  for (const field of leadingFields) {
    if (metadata[field] !== undefined) ordered[field] = metadata[field];
  }
  for (const field in metadata) {
    if (field !== 'resourceVersion' && !leading.has(field)) {
      ordered[field] = metadata[field as keyof ObjectMeta];
    }
  }
  return ordered;
}

/**
 * The stored bytes of an object, of exactly its size (no shared pool behind it).
 * @param byName a custom object
 */
export function encodeStored(object: KubeObject, byName = false): Buffer {
  const text = byName ? textByName(object) : textInFieldOrder(object);
  const bytes = Buffer.allocUnsafeSlow(Buffer.byteLength(text));
  bytes.write(text, 'utf8');
  return bytes;
}

function textInFieldOrder({ kind, apiVersion, metadata, ...rest }: KubeObject): string {
  return jsonText({ kind, apiVersion, metadata: orderedMetadata(metadata), ...rest });
}

function textByName(object: KubeObject): string {
  const { resourceVersion, ...metadata } = object.metadata;
  return jsonByName(resourceVersion === undefined ? object : { ...object, metadata });
}

/** Index behind the closing quote of the string that starts at `at` (its opening quote), or -1. */
function afterString(bytes: Buffer, at: number): number {
  if (bytes[at] !== quote) return -1;
  const { length } = bytes;
  for (let i = at + 1; i < length; i++) {
    const byte = bytes[i];
    if (byte === quote) return i + 1;
    if (byte === backslash) i++;
  }
  return -1;
}

function startsAt(bytes: Buffer, at: number, expected: Buffer): boolean {
  if (at + expected.length > bytes.length) return false;
  for (let i = 0; i < expected.length; i++) if (bytes[at + i] !== expected[i]) return false;
  return true;
}

/** Whether the quoted string [at, end) is this quoted name. */
function isName(bytes: Buffer, at: number, end: number, name: Buffer): boolean {
  if (end - at !== name.length) return false;
  for (let i = 1; i < name.length - 1; i++) if (bytes[at + i] !== name[i]) return false;
  return true;
}

/** Where resourceVersion goes, and what has to stand around it there. */
interface SplicePoint {
  at: number;
  before: ',' | '';
  after: ',' | '';
}

/**
 * Finds the place by a scan of the first few fields. Undefined when the bytes are not canonical:
 * another order, white space, or a resourceVersion at the place already.
 */
export function splicePoint(bytes: Buffer): SplicePoint | undefined {
  // behind an apiVersion, by name, no object begins with its kind
  return startsAt(bytes, 0, kindStart) ? pointInFieldOrder(bytes) : pointByName(bytes);
}

function pointInFieldOrder(bytes: Buffer): SplicePoint | undefined {
  let at = afterString(bytes, kindStart.length - 1);
  if (at < 0 || !startsAt(bytes, at, apiVersionStart)) return undefined;
  at = afterString(bytes, at + apiVersionStart.length - 1);
  if (at < 0 || !startsAt(bytes, at, metadataStart)) return undefined;
  at += metadataStart.length;
  const first = at;
  for (;;) {
    // at the opening quote of a field name, or at the end of metadata
    if (bytes[at] === closeBrace) break;
    const nameEnd = afterString(bytes, at);
    if (nameEnd < 0 || bytes[nameEnd] !== colon) return undefined;
    if (isName(bytes, at, nameEnd, resourceVersionName)) return undefined;
    if (!leadingNames.some((name) => isName(bytes, at, nameEnd, name))) break;
    const valueEnd = afterString(bytes, nameEnd + 1);
    if (valueEnd < 0) return undefined;
    if (bytes[valueEnd] === closeBrace) return { at: valueEnd, before: ',', after: '' };
    if (bytes[valueEnd] !== comma) return undefined;
    at = valueEnd + 1;
  }
  if (bytes[at] === closeBrace) return at === first ? { at, before: '', after: '' } : undefined;
  return { at, before: '', after: ',' };
}

/** In front of the first field of metadata whose name is behind it. */
function pointByName(bytes: Buffer): SplicePoint | undefined {
  const metadata = valueOf(bytes, 1, metadataName);
  if (metadata < 0 || bytes[metadata] !== openBrace) return undefined;
  let at = metadata + 1;
  if (bytes[at] === closeBrace) return { at, before: '', after: '' };
  for (;;) {
    const nameEnd = afterString(bytes, at);
    if (nameEnd < 0 || bytes[nameEnd] !== colon) return undefined;
    const order = resourceVersionName.compare(bytes, at, nameEnd);
    if (order === 0) return undefined;
    if (order < 0) return { at, before: '', after: ',' };
    const end = afterValue(bytes, nameEnd + 1);
    if (bytes[end] === closeBrace) return { at: end, before: ',', after: '' };
    if (bytes[end] !== comma) return undefined;
    at = end + 1;
  }
}

/** Where the value of a field begins, in the object whose fields begin at `at`; or -1. */
function valueOf(bytes: Buffer, at: number, name: Buffer): number {
  for (;;) {
    const nameEnd = afterString(bytes, at);
    if (nameEnd < 0 || bytes[nameEnd] !== colon) return -1;
    if (isName(bytes, at, nameEnd, name)) return nameEnd + 1;
    const end = afterValue(bytes, nameEnd + 1);
    if (bytes[end] !== comma) return -1;
    at = end + 1;
  }
}

/** Index behind the value that starts at `at`, or that of where the bytes end too early. */
function afterValue(bytes: Buffer, at: number): number {
  const { length } = bytes;
  let depth = 0;
  for (let i = at; i < length; i++) {
    const byte = bytes[i];
    if (byte === quote) {
      i = afterString(bytes, i) - 1;
      if (i < 0) return length;
      if (depth === 0) return i + 1;
    } else if (byte === openBrace || byte === openBracket) {
      depth++;
    } else if (byte === closeBrace || byte === closeBracket) {
      if (depth === 0) return i;
      depth--;
      if (depth === 0) return i + 1;
    } else if (byte === comma && depth === 0) return i;
  }
  return length;
}

/** Room a served form needs beside the stored bytes. */
export interface Served {
  /** `prefix`, the served JSON, `suffix`, in one Buffer of exactly this size. */
  frame: Buffer;
  /** The served JSON is frame[start, end). */
  start: number;
  end: number;
  /** The digits of resourceVersion are frame[digits, digits + digitCount). */
  digits: number;
  digitCount: number;
}

const noBytes = Buffer.alloc(0);

/**
 * Stored bytes with the resourceVersion spliced in, between a prefix and a suffix (a watch frame's).
 * Throws when the bytes are not canonical: normalise first ({@link decodeStored}).
 */
export function spliceServed(
  stored: Buffer,
  revision: number,
  prefix: Buffer = noBytes,
  suffix: Buffer = noBytes,
  allocate: (size: number) => Buffer = Buffer.allocUnsafeSlow,
): Served {
  const point = splicePoint(stored);
  if (point === undefined) throw new Error('stored bytes are not in canonical form');
  const number = String(revision);
  const field = `${point.before}"resourceVersion":"${number}"${point.after}`;
  const size = prefix.length + stored.length + field.length + suffix.length;
  const frame = allocate(size);
  prefix.copy(frame, 0);
  let at = prefix.length;
  stored.copy(frame, at, 0, point.at);
  at += point.at;
  frame.write(field, at, 'latin1');
  const digits = at + point.before.length + '"resourceVersion":"'.length;
  at += field.length;
  stored.copy(frame, at, point.at);
  suffix.copy(frame, size - suffix.length);
  return {
    frame,
    start: prefix.length,
    end: size - suffix.length,
    digits,
    digitCount: number.length,
  };
}

/** Served bytes alone, for an answer: small ones share Node's pool, so they are not for keeping. */
export function servedBytes(stored: Buffer, revision: number): Buffer {
  return spliceServed(stored, revision, noBytes, noBytes, Buffer.allocUnsafe).frame;
}

/** How long they are, of an object that has any metadata. */
export function servedLength(stored: Buffer, revision: number): number {
  return stored.length + ',"resourceVersion":""'.length + String(revision).length;
}

export interface Decoded {
  object: KubeObject;
  /** Canonical stored bytes: the given ones when they were canonical. */
  stored: Buffer;
}

/**
 * Parses what storage holds (after the transformer) and gives its canonical form.
 * @param byName a custom object
 */
export function decodeStored(bytes: Buffer, protobuf?: ProtobufDecoder, byName = false): Decoded {
  if (startsAt(bytes, 0, protobufMagic)) {
    if (protobuf === undefined) {
      throw new Error('the stored object is protobuf and this server has no decoder for it');
    }
    const object = protobuf(bytes);
    return { object, stored: encodeStored(object) };
  }
  const object = parseJson(bytes.toString('utf8')) as KubeObject;
  if (typeof object !== 'object' || object === null || Array.isArray(object)) {
    throw new Error('the stored value is not a JSON object');
  }
  // oxlint-disable-next-line no-unnecessary-condition -- what others wrote may lack metadata
  object.metadata ??= {};
  const canonical =
    object.metadata.resourceVersion === undefined &&
    bytes[bytes.length - 1] === closeBrace &&
    startsAt(bytes, 0, kindStart) !== byName &&
    splicePoint(bytes) !== undefined;
  return { object, stored: canonical ? bytes : encodeStored(object, byName) };
}
