import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import fc from 'fast-check';
import { type KubeObject, parseApiVersion } from '../object/object.ts';
import { schemaFor } from './built-in.ts';
import { normalise } from './decode.ts';
import { ensureGenerated } from './generate.ts';
import { goldenObjects } from './golden-objects.ts';
import { decodeProtobufObject, encodeProtobuf } from './protobuf.ts';
import type { Schema } from './schema.ts';

const golden = goldenObjects();

before(() => {
  ensureGenerated();
});

function schemaOf({ apiVersion, kind }: KubeObject): Schema {
  const version = parseApiVersion(apiVersion);
  const schema = version === undefined ? undefined : schemaFor({ ...version, kind });
  assert.ok(schema, `there is no schema of ${apiVersion} ${kind}`);
  return schema;
}

const fromJson = (text: string): KubeObject => JSON.parse(text) as KubeObject;
const protobufOf = (object: KubeObject): Buffer => encodeProtobuf(object, schemaOf(object));
const jsonOf = (bytes: Buffer): string => JSON.stringify(decodeProtobufObject(bytes));

/** As the decoder of request bodies leaves it. */
function cleaned(object: KubeObject): KubeObject {
  const copy = structuredClone(object);
  const version = parseApiVersion(object.apiVersion)?.version ?? '';
  normalise(copy, schemaOf(object), { kind: object.kind, version });
  return copy;
}

test('every golden kind is known', () => {
  assert.equal(golden.length, 88);
  for (const { json } of golden) assert.ok(schemaOf(json).proto, `${json.apiVersion} ${json.kind}`);
});

for (const { json, protobuf } of golden) {
  test(`${json.apiVersion} ${json.kind}: nothing is lost between JSON and protobuf`, () => {
    const bytes = Buffer.from(protobuf, 'latin1');
    assert.equal(protobufOf(json).toString('hex'), bytes.toString('hex'));
    assert.deepEqual(fromJson(jsonOf(bytes)), json);
    assert.equal(protobufOf(fromJson(jsonOf(bytes))).toString('hex'), bytes.toString('hex'));
    assert.deepEqual(cleaned(json), json);
  });
}

/** The same object without some of its fields; `drop` is asked once for each. */
function without(value: unknown, drop: () => boolean): unknown {
  if (Array.isArray(value)) return value.map((item) => without(item, drop));
  if (value === null || typeof value !== 'object') return value;
  const kept = Object.entries(value).filter(([key]) => keptAlways.has(key) || !drop());
  return Object.fromEntries(kept.map(([key, field]) => [key, without(field, drop)]));
}

const keptAlways = new Set(['apiVersion', 'kind']);

/** Go has no missing structs: one that is not there is an empty one in protobuf, a Quantity is 0. */
function withoutEmpty(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutEmpty);
  if (value === null || typeof value !== 'object') return value;
  const fields = Object.entries(value).map(([key, field]) => [key, withoutEmpty(field)] as const);
  return Object.fromEntries(fields.filter(([, field]) => !isEmpty(field)));
}

function isEmpty(value: unknown): boolean {
  if (value === '0') return true;
  return typeof value === 'object' && value !== null && Object.keys(value).length === 0;
}

test('nor when fields are missing', () => {
  const some = fc.record({
    index: fc.nat(golden.length - 1),
    dropped: fc.infiniteStream(fc.integer({ min: 0, max: 4 }).map((n) => n === 0)),
  });
  fc.assert(
    fc.property(some, ({ index, dropped }) => {
      const whole = golden[index]?.json;
      const object = without(whole, () => dropped.next().value === true) as KubeObject;
      const bytes = protobufOf(object);
      const back = fromJson(jsonOf(bytes));
      assert.deepEqual(withoutEmpty(cleaned(back)), withoutEmpty(cleaned(object)));
      assert.equal(protobufOf(back).toString('hex'), bytes.toString('hex'));
    }),
    { numRuns: 1000 },
  );
});
