import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { KubeObject } from '../../object/object.ts';
import { decodeStored, encodeStored, servedBytes, spliceServed, splicePoint } from './codec.ts';

const text = fc.string({ unit: 'binary', maxLength: 12 });
const metadata = fc.record(
  {
    labels: fc.dictionary(text, text, { maxKeys: 3 }),
    uid: text,
    name: text,
    generateName: text,
    resourceVersion: text,
    namespace: text,
    generation: fc.nat(),
    creationTimestamp: fc.constantFrom(null, '2026-01-01T00:00:00Z'),
  },
  { requiredKeys: [] },
);
const kubeObject = fc
  .record(
    { metadata, kind: text, spec: fc.jsonValue(), apiVersion: text, status: fc.jsonValue() },
    { requiredKeys: ['metadata', 'kind', 'apiVersion'] },
  )
  .map((value) => value as unknown as KubeObject);

describe('codec', () => {
  it('splices the revision into what it encoded, and only that', () => {
    fc.assert(
      fc.property(kubeObject, fc.nat(), (object, revision) => {
        // what JSON itself changes (-0, __proto__) is not the codec's
        const plain = JSON.parse(JSON.stringify(object)) as KubeObject;
        const stored = encodeStored(plain);
        assert.equal(JSON.parse(stored.toString()).metadata.resourceVersion, undefined);
        const served = JSON.parse(servedBytes(stored, revision).toString());
        assert.deepEqual(served, {
          ...plain,
          metadata: { ...plain.metadata, resourceVersion: String(revision) },
        });
      }),
    );
  });

  it('places resourceVersion where upstream has it', () => {
    const stored = encodeStored({
      metadata: { labels: { a: 'b' }, uid: 'u', namespace: 'n', name: 'x', resourceVersion: '3' },
      apiVersion: 'v1',
      kind: 'ConfigMap',
      data: {},
    });
    assert.equal(
      servedBytes(stored, 42).toString(),
      '{"kind":"ConfigMap","apiVersion":"v1","metadata":{"name":"x","namespace":"n","uid":"u","resourceVersion":"42","labels":{"a":"b"}},"data":{}}',
    );
  });

  it('says where the digits are, between prefix and suffix', () => {
    const stored = encodeStored({ apiVersion: 'v1', kind: 'Pod', metadata: {} });
    const made = spliceServed(stored, 1234, Buffer.from('<<'), Buffer.from('>>\n'));
    assert.equal(made.frame.toString('utf8', made.digits, made.digits + made.digitCount), '1234');
    assert.equal(
      made.frame.toString(),
      '<<{"kind":"Pod","apiVersion":"v1","metadata":{"resourceVersion":"1234"}}>>\n',
    );
    assert.equal(made.frame.buffer.byteLength, made.frame.length, 'no pool behind it');
  });

  it('keeps canonical bytes and normalises others', () => {
    const canonical = Buffer.from('{"kind":"A","apiVersion":"v1","metadata":{"name":"x"}}');
    assert.equal(decodeStored(canonical).stored, canonical);
    for (const other of [
      '{"apiVersion":"v1","kind":"A","metadata":{"name":"x"}}',
      '{"kind":"A","apiVersion":"v1","metadata":{"name":"x"}}\n',
      ' {"kind":"A","apiVersion":"v1","metadata":{"name":"x"}}',
      '{"kind":"A","apiVersion":"v1","metadata":{"resourceVersion":"7","name":"x"}}',
      '{"kind":"A","apiVersion":"v1","metadata":{"name":"x","labels":{},"resourceVersion":"7"}}',
    ]) {
      const { stored } = decodeStored(Buffer.from(other));
      assert.notEqual(splicePoint(stored), undefined, other);
      assert.equal(JSON.parse(stored.toString()).metadata.resourceVersion, undefined, other);
      assert.equal(JSON.parse(stored.toString()).metadata.name, 'x', other);
    }
  });

  it('hands protobuf to its decoder and refuses it without one', () => {
    const bytes = Buffer.from('k8s\0rest', 'latin1');
    assert.throws(() => decodeStored(bytes), /no decoder/);
    const object = { kind: 'A', apiVersion: 'v1', metadata: { name: 'p' } };
    assert.equal(decodeStored(bytes, () => object).object, object);
  });
});
