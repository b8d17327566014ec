import { textProblem } from './asn1-text.ts';

/**
 * Whether DER has the shape that is expected, in the words of Go's encoding/asn1: a client that sends
 * a request which cannot be read is told where it ends to be one.
 */

export type Shape =
  | { kind: 'sequence'; name: string; fields: readonly Shape[] }
  | { kind: 'list'; name: string; tag: number; of: Shape }
  /** Context-specific, of anything. */
  | { kind: 'tagged'; number: number }
  | { kind: 'integer' | 'identifier' | 'bits' | 'octets' }
  | { kind: 'boolean'; optional?: boolean }
  /** Of whatever type, as long as it is one of that type. */
  | { kind: 'value' }
  | { kind: 'any'; optional?: boolean };

/** Thrown inside, with the words. */
class Mistake extends Error {}

function syntax(text: string): never {
  throw new Mistake(`asn1: syntax error: ${text}`);
}

function structure(text: string): never {
  throw new Mistake(`asn1: structure error: ${text}`);
}

/** What is wrong with bytes that should be one value of a shape, and nothing after it. */
export function shapeProblem(bytes: Buffer, shape: Shape): string | undefined {
  try {
    if (field(bytes, 0, shape) < bytes.length) syntax('trailing data');
    return undefined;
  } catch (error) {
    if (error instanceof Mistake) return error.message;
    throw error;
  }
}

interface Header {
  class: number;
  tag: number;
  length: number;
  isCompound: boolean;
}

/** Where the value that begins at `at` ends. */
function field(bytes: Buffer, at: number, shape: Shape): number {
  if (at === bytes.length) {
    if (isOptional(shape)) return at;
    syntax('sequence truncated');
  }
  const [header, start] = headerAt(bytes, at);
  const expected = tagOf(shape);
  if (
    expected !== undefined &&
    (header.class !== expected.class ||
      header.tag !== expected.tag ||
      header.isCompound !== expected.isCompound)
  ) {
    if (isOptional(shape)) return at;
    structure(
      `tags don't match (${expected.tag} vs ${goFields(header)}) ${parametersOf(shape)} ${expected.name} @${start}`,
    );
  }
  const stop = start + header.length;
  if (stop > bytes.length) syntax('data truncated');
  const content = bytes.subarray(start, stop);
  if (shape.kind === 'value') checkValue(header, content);
  else inner(content, shape);
  return stop;
}

function isOptional(shape: Shape): boolean {
  return 'optional' in shape && shape.optional === true;
}

/** What Go reads into a variable of any type: times are taken as they are. */
function checkValue({ class: kind, tag, isCompound }: Header, content: Buffer): void {
  if (kind !== 0 || isCompound) return;
  const known = (['boolean', 'integer', 'bits', 'identifier'] as const).find(
    (name) => tagOf({ kind: name })?.tag === tag,
  );
  if (known !== undefined) inner(content, { kind: known });
  const problem = textProblem(tag, content);
  if (problem !== undefined) throw new Mistake(problem);
}

function inner(bytes: Buffer, shape: Shape): void {
  switch (shape.kind) {
    case 'sequence': {
      // More than is asked for may follow: versions to come.
      let at = 0;
      for (const part of shape.fields) at = field(bytes, at, part);
      return;
    }
    case 'list':
      listed(bytes, shape.of);
      return;
    case 'tagged':
      listed(bytes, { kind: 'any' });
      return;
    case 'integer':
      integer(bytes);
      return;
    case 'identifier':
      identifier(bytes);
      return;
    case 'bits':
      bits(bytes);
      return;
    case 'boolean':
      if (bytes.length !== 1 || (bytes[0] !== 0 && bytes[0] !== 0xff)) syntax('invalid boolean');
      return;
    case 'octets':
    case 'value':
    case 'any':
  }
}

/** All tags and lengths are looked at before the first value. */
function listed(bytes: Buffer, shape: Shape): void {
  const expected = tagOf(shape);
  for (let at = 0; at < bytes.length; ) {
    const [header, start] = headerAt(bytes, at);
    const other =
      expected !== undefined &&
      (header.class !== 0 || header.tag !== expected.tag || !header.isCompound);
    if (other) structure('sequence tag mismatch');
    if (start + header.length > bytes.length) syntax('truncated sequence');
    at = start + header.length;
  }
  for (let at = 0; at < bytes.length; ) at = field(bytes, at, shape);
}

interface Expected extends Omit<Header, 'length'> {
  /** Of Go's type. */
  name: string;
}

function tagOf(shape: Shape): Expected | undefined {
  switch (shape.kind) {
    case 'sequence':
      return { class: 0, tag: 16, isCompound: true, name: shape.name };
    case 'list':
      return { class: 0, tag: shape.tag, isCompound: true, name: shape.name };
    case 'tagged':
      return { class: 2, tag: shape.number, isCompound: true, name: '' };
    case 'integer':
      return { class: 0, tag: 2, isCompound: false, name: 'int' };
    case 'identifier':
      return { class: 0, tag: 6, isCompound: false, name: 'ObjectIdentifier' };
    case 'bits':
      return { class: 0, tag: 3, isCompound: false, name: 'BitString' };
    case 'boolean':
      return { class: 0, tag: 1, isCompound: false, name: 'bool' };
    case 'octets':
      return { class: 0, tag: 4, isCompound: false, name: '' };
    case 'value':
    case 'any':
      return undefined;
  }
}

function goFields({ class: kind, tag, length, isCompound }: Header): string {
  return `{class:${kind} tag:${tag} length:${length} isCompound:${isCompound}}`;
}

/** Go prints what its tag says of the field, and of a number where it is in memory. */
function parametersOf(shape: Shape): string {
  const tag = shape.kind === 'tagged' ? '0xc000000000' : '<nil>';
  return `{optional:false explicit:false application:false private:false defaultValue:<nil> tag:${tag} stringType:0 timeType:0 set:false omitEmpty:false}`;
}

const lengthMax = 1 << 23;

function headerAt(bytes: Buffer, at: number): [Header, number] {
  const first = bytes[at] ?? 0;
  const header = {
    class: first >> 6,
    tag: first & 0x1f,
    length: 0,
    isCompound: (first & 0x20) > 0,
  };
  let next = at + 1;
  if (header.tag === 0x1f) {
    [header.tag, next] = base128(bytes, next);
    if (header.tag < 0x1f) syntax('non-minimal tag');
  }
  const size = bytes[next++];
  if (size === undefined) return syntax('truncated tag or length');
  header.length = size;
  if (size < 0x80) return [header, next];
  if (size === 0x80) syntax('indefinite length found (not DER)');
  header.length = 0;
  for (let i = 0; i < (size & 0x7f); i++) {
    const byte = bytes[next++];
    if (byte === undefined) return syntax('truncated tag or length');
    if (header.length >= lengthMax) structure('length too large');
    header.length = header.length * 256 + byte;
    if (header.length === 0) structure('superfluous leading zeros in length');
  }
  if (header.length < 0x80) structure('non-minimal length');
  return [header, next];
}

/** Digits of a tag or an identifier: five at most, and no more than 31 bits. */
function base128(bytes: Buffer, at: number): [number, number] {
  let value = 0;
  for (let i = at; i < bytes.length; i++) {
    if (i - at === 5) structure('base 128 integer too large');
    const byte = bytes[i] ?? 0;
    if (i === at && byte === 0x80) syntax('integer is not minimally encoded');
    value = value * 128 + (byte & 0x7f);
    if (byte >= 0x80) continue;
    if (value > 0x7fffffff) structure('base 128 integer too large');
    return [value, i + 1];
  }
  return syntax('truncated base 128 integer');
}

/** Of at most 64 bits. */
function integer(bytes: Buffer): void {
  const [first = 0, second = 0] = bytes;
  if (bytes.length === 0) structure('empty integer');
  const spare = (first === 0 && second < 0x80) || (first === 0xff && second >= 0x80);
  if (bytes.length > 1 && spare) structure('integer not minimally-encoded');
  if (bytes.length > 8) structure('integer too large');
}

function identifier(bytes: Buffer): void {
  if (bytes.length === 0) syntax('zero length OBJECT IDENTIFIER');
  for (let at = 0; at < bytes.length; ) [, at] = base128(bytes, at);
}

function bits(bytes: Buffer): void {
  const unused = bytes[0];
  if (unused === undefined) return syntax('zero length BIT STRING');
  const last = bytes.at(-1) ?? 0;
  if (unused > 7 || (bytes.length === 1 && unused > 0) || (last & ((1 << unused) - 1)) !== 0) {
    syntax('invalid padding bits in BIT STRING');
  }
}
