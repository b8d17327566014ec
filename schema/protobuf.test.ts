import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { before, test } from 'node:test';
import fc from 'fast-check';
import type { KubeObject } from '../object/object.ts';
import { builtInSchema, schemaFor } from './built-in.ts';
import { normalise } from './decode.ts';
import { ensureGenerated } from './generate.ts';
import { decodeProtobufObject, decodeStoredProtobuf } from './protobuf.ts';
import { encodeProtobuf, encodeProtobufList, encodeWatchFrame } from './protobuf.ts';
import type { Schema } from './schema.ts';

before(() => {
  ensureGenerated();
});

const testdata = (name: string): Buffer =>
  readFileSync(new URL(`./testdata/${name}`, import.meta.url));

function schemaOf(object: KubeObject): Schema {
  const [version = '', group = ''] = object.apiVersion.split('/').reverse();
  const schema = schemaFor({ group, version, kind: object.kind });
  assert.ok(schema);
  return schema;
}

for (const name of ['pod', 'crd', 'lease', 'review']) {
  test(`${name}: JSON and protobuf are the same object`, () => {
    const json = JSON.parse(testdata(`${name}.json`).toString()) as KubeObject;
    const bytes = testdata(`${name}.pb`);
    assert.equal(encodeProtobuf(json, schemaOf(json)).toString('hex'), bytes.toString('hex'));
    const decoded = decodeProtobufObject(bytes);
    assert.equal(encodeProtobuf(decoded, schemaOf(json)).toString('hex'), bytes.toString('hex'));
    const [version = ''] = json.apiVersion.split('/').reverse();
    const cleaned = structuredClone(json);
    normalise(cleaned, schemaOf(json), { kind: json.kind, version });
    const { status: _a, ...rest } = decoded;
    const { status: _b, ...wanted } = cleaned;
    assert.deepEqual(JSON.parse(JSON.stringify(rest)), wanted);
  });
}

test('the bytes of a small object, by hand', () => {
  const map = { apiVersion: 'v1', kind: 'ConfigMap', metadata: {}, data: { b: '2', a: 'é' } };
  const bytes = encodeProtobuf(map, builtInSchema('io.k8s.api.core.v1.ConfigMap'));
  // ObjectMeta writes its strings, its generation and its creation time even when they are empty
  const meta = '0a10' + '0a00' + '1200' + '1a00' + '2200' + '2a00' + '3200' + '3800' + '4200';
  const entries = `1207${'0a0161'}${'1202c3a9'}${'1206'}${'0a0162'}${'120132'}`;
  const raw = meta + entries;
  const hex = `6b387300${'0a0f'}${'0a027631'}${'1209'}${Buffer.from('ConfigMap').toString('hex')}`;
  assert.equal(bytes.toString('hex'), `${hex}12${(raw.length / 2).toString(16)}${raw}1a002200`);
});

test('what storage holds comes back as upstream writes it', () => {
  const role = decodeStoredProtobuf(
    encodeProtobuf(
      { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'Role', metadata: { name: 'a' } },
      builtInSchema('io.k8s.api.rbac.v1.Role'),
    ),
  );
  assert.deepEqual(role, {
    kind: 'Role',
    apiVersion: 'rbac.authorization.k8s.io/v1',
    metadata: { name: 'a' },
    rules: null,
  });
});

test('lists and watch frames', () => {
  const schema = builtInSchema('io.k8s.api.core.v1.ConfigMap');
  const items = [{ metadata: { name: 'a' } }, { metadata: { name: 'b' } }];
  const list = encodeProtobufList(
    { apiVersion: 'v1', kind: 'ConfigMapList', metadata: { resourceVersion: '7' } },
    items,
    schema,
  );
  const whole = {
    apiVersion: 'v1',
    kind: 'ConfigMapList',
    metadata: { resourceVersion: '7' },
    items,
  };
  assert.deepEqual(decodeProtobufObject(list), whole);
  const listSchema = builtInSchema('io.k8s.api.core.v1.ConfigMapList');
  assert.equal(encodeProtobuf(whole, listSchema).toString('hex'), list.toString('hex'));
  const object = encodeProtobuf({ apiVersion: 'v1', kind: 'ConfigMap', ...items[0] }, schema);
  const frame = encodeWatchFrame('ADDED', object);
  assert.equal(frame.readUInt32BE(0), frame.length - 4);
  assert.equal(frame.subarray(4, 11).toString('latin1'), '\n\x05ADDED');
  assert.ok(frame.subarray(-object.length).equals(object));
});

test('numbers of every size keep their value', () => {
  fc.assert(
    fc.property(fc.maxSafeInteger(), fc.integer(), (seconds, priority) => {
      const pod = {
        apiVersion: 'v1',
        kind: 'Pod',
        spec: { activeDeadlineSeconds: seconds, priority },
      };
      const back = decodeProtobufObject(
        encodeProtobuf(pod, builtInSchema('io.k8s.api.core.v1.Pod')),
      );
      assert.equal(back['spec'].activeDeadlineSeconds, seconds);
      assert.equal(back['spec'].priority, priority);
    }),
  );
});

test('broken bytes are refused, never read past', () => {
  assert.throws(() => decodeProtobufObject(Buffer.from('{}')), /expected prefix \[107 56 115 0\]/);
  const bytes = testdata('pod.pb');
  for (let end = 4; end < bytes.length; end += 7) {
    try {
      decodeProtobufObject(bytes.subarray(0, end));
    } catch (error) {
      assert.match(
        (error as Error).message,
        /^proto: |^unexpected EOF$|^empty body$|is missing$|is no time/,
      );
    }
  }
  fc.assert(
    fc.property(fc.nat(bytes.length - 5), fc.nat(255), (at, value) => {
      const broken = Buffer.from(bytes);
      broken[at + 4] = value;
      try {
        decodeProtobufObject(broken);
      } catch (error) {
        assert.doesNotMatch((error as Error).message, /undefined|stack/);
      }
    }),
  );
});
