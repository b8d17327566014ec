import { ProtobufWriter } from '../../schema/protobuf-writer.ts';

/**
 * From an OpenAPI document's tree to gnostic's protobuf: a message is a table of its fields, each
 * with its number and how it is written. As proto3 has it, empty values are not written.
 */

type Json = Record<string, unknown>;
/** Writes a value without tag and length. */
export type Write = (writer: ProtobufWriter, value: unknown) => void;
/** Writes a field with its tag, if the value is there. */
type Field = { key: string; number: number; write: FieldWrite };
type FieldWrite = (writer: ProtobufWriter, value: unknown, number: number) => void;

const delimited = 2;

function tagged(writer: ProtobufWriter, number: number, write: () => void): void {
  const before = writer.length;
  write();
  writer.close(before, (number << 3) | delimited);
}

export const string: FieldWrite = (writer, value, number) => {
  if (typeof value !== 'string' || value === '') return;
  tagged(writer, number, () => writer.text(value));
};

export const bool: FieldWrite = (writer, value, number) => {
  if (value !== true) return;
  writer.byte(1);
  writer.varint(number << 3);
};

export const integer: FieldWrite = (writer, value, number) => {
  if (typeof value !== 'number' || value === 0) return;
  writer.varint(value);
  writer.varint(number << 3);
};

export const double: FieldWrite = (writer, value, number) => {
  if (typeof value !== 'number' || value === 0) return;
  writer.double(value);
  writer.varint((number << 3) | 1);
};

/** A message; written even when it is empty, as its presence says something. */
export const message =
  (write: Write): FieldWrite =>
  (writer, value, number) => {
    if (value !== undefined) tagged(writer, number, () => write(writer, value));
  };

export const list =
  (item: FieldWrite): FieldWrite =>
  (writer, value, number) => {
    if (!Array.isArray(value)) return;
    for (let i = value.length - 1; i >= 0; i--) item(writer, value[i], number);
  };

/** Any JSON, which gnostic keeps as YAML text. */
export const any = message((writer, value) => {
  tagged(writer, 2, () => writer.text(`${JSON.stringify(value)}\n`));
});

/** A map as repeated messages of name and value, in the order of the tree. */
export const named =
  (value: FieldWrite, keys: (key: string) => boolean = () => true): FieldWrite =>
  (writer, map, number) => {
    if (typeof map !== 'object' || map === null) return;
    for (const [key, entry] of Object.entries(map).reverse()) {
      if (!keys(key)) continue;
      tagged(writer, number, () => {
        value(writer, entry, 2);
        tagged(writer, 1, () => writer.text(key));
      });
    }
  };

/** What begins with `x-`; the field's value is the object itself. */
export const extensions = named(any, (key) => key.startsWith('x-'));

/** A message that holds only one field: gnostic's wrappers. */
export const inside = (number: number, write: FieldWrite): Write => {
  return (writer, value) => write(writer, value, number);
};

/**
 * Fields as `key: [number, how]`. The key `*` hands the whole object on (extensions). `later` is
 * called at the first use, so that messages may hold each other.
 */
export function fields(later: () => Record<string, [number: number, write: FieldWrite]>): Write {
  let table: Field[] | undefined;
  return (writer, value) => {
    table ??= Object.entries(later())
      .map(([key, [number, write]]) => ({ key, number, write }))
      .sort((a, b) => b.number - a.number);
    const object = value as Json;
    for (const { key, number, write } of table) {
      write(writer, key === '*' ? object : object[key], number);
    }
  };
}

const writer = new ProtobufWriter();

export function encodeTree(write: Write, tree: object): Buffer {
  writer.reset();
  write(writer, tree);
  return writer.take();
}
