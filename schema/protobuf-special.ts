import type { Encode } from './protobuf-encode.ts';
import type { ProtobufWriter } from './protobuf-writer.ts';
import { ProtobufError, type ProtobufReader } from './protobuf-reader.ts';

/**
 * Messages whose JSON is not an object of their fields (k8s.io/apimachinery meta/v1, api/resource,
 * util/intstr, runtime generated.proto): times are seconds and nanoseconds, a quantity is its text,
 * free JSON is its bytes.
 */

/** Reads a message up to `end`. */
export type Decode = (reader: ProtobufReader, end: number) => unknown;

const encoders: Record<string, Encode> = {
  Time: (writer, value) => timestamp(writer, value, false),
  MicroTime: (writer, value) => timestamp(writer, value, true),
  Quantity: (writer, value) => text(writer, typeof value === 'string' ? value : '0', 0x0a),
  IntOrString: (writer, value) => {
    const isText = typeof value === 'string';
    text(writer, isText ? value : '', 0x1a);
    writer.varint(typeof value === 'number' ? value : 0);
    writer.byte(0x10);
    writer.byte(isText ? 1 : 0);
    writer.byte(0x08);
  },
  RawExtension: rawJson,
  FieldsV1: rawJson,
  JSON: rawJson,
  Strings: (writer, value) => {
    if (!Array.isArray(value)) return;
    for (let i = value.length - 1; i >= 0; i--) text(writer, String(value[i]), 0x0a);
  },
};

export function encodeSpecial(special: string): Encode {
  const encode = encoders[special];
  if (encode === undefined) throw new Error(`protobuf: no coding for ${special}`);
  return encode;
}

function text(writer: ProtobufWriter, value: string, tag: number): void {
  const before = writer.length;
  writer.text(value);
  writer.close(before, tag);
}

/** A time that is unset is an empty message. Time has no fraction, MicroTime six digits. */
function timestamp(writer: ProtobufWriter, value: unknown, micro: boolean): void {
  if (typeof value !== 'string') return;
  const seconds = Math.floor(Date.parse(`${value.slice(0, 19)}Z`) / 1000);
  const fraction = micro ? (/\.(\d{1,6})/.exec(value)?.[1] ?? '') : '';
  writer.varint(Number(fraction.padEnd(6, '0')) * 1000);
  writer.byte(0x10);
  writer.varint(seconds);
  writer.byte(0x08);
}

function rawJson(writer: ProtobufWriter, value: unknown): void {
  if (value === undefined || value === null) return;
  text(writer, JSON.stringify(value), 0x0a);
}

const decoders: Record<string, Decode> = {
  Time: (reader, end) => {
    if (reader.at >= end) return null;
    const [seconds] = timeFields(reader, end);
    return `${instant(seconds)}Z`;
  },
  MicroTime: (reader, end) => {
    if (reader.at >= end) return null;
    const [seconds, nanos] = timeFields(reader, end);
    const micros = Math.floor(nanos / 1000);
    return `${instant(seconds)}.${String(micros).padStart(6, '0')}Z`;
  },
  Quantity: (reader, end) => {
    let value = '0';
    reader.fields(end, (number) => {
      if (number !== 1) return false;
      value = reader.text();
      return true;
    });
    return value;
  },
  IntOrString: (reader, end) => {
    let type = 0;
    let int = 0;
    let string = '';
    reader.fields(end, (number) => {
      if (number === 1) type = reader.varint();
      else if (number === 2) int = reader.varint();
      else if (number === 3) string = reader.text();
      else return false;
      return true;
    });
    return type === 1 ? string : int;
  },
  Strings: (reader, end) => {
    const items: string[] = [];
    reader.fields(end, (number) => {
      if (number !== 1) return false;
      items.push(reader.text());
      return true;
    });
    return items;
  },
};

/** `raw` reads the bytes of free JSON, which for a RawExtension may be an object in protobuf. */
export function decodeSpecial(special: string, raw: (bytes: Buffer) => unknown): Decode {
  if (special === 'RawExtension' || special === 'FieldsV1' || special === 'JSON') {
    return (reader, end) => {
      let value: unknown = null;
      reader.fields(end, (number) => {
        if (number !== 1) return false;
        const bytes = reader.bytes();
        if (bytes.length > 0) value = raw(bytes);
        return true;
      });
      return value;
    };
  }
  const decode = decoders[special];
  if (decode === undefined) throw new Error(`protobuf: no coding for ${special}`);
  return decode;
}

function timeFields(reader: ProtobufReader, end: number): [seconds: number, nanos: number] {
  let seconds = 0;
  let nanos = 0;
  reader.fields(end, (number) => {
    if (number === 1) seconds = reader.varint();
    else if (number === 2) nanos = reader.varint();
    else return false;
    return true;
  });
  return [seconds, nanos];
}

function instant(seconds: number): string {
  const date = new Date(seconds * 1000);
  if (Number.isNaN(date.getTime())) throw new ProtobufError(`${seconds} is no time`);
  return date.toISOString().slice(0, 19);
}
