import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { KubeObject } from '../../object/object.ts';
import {
  decodeStored,
  encodeStored,
  servedBytes,
  servedLength,
  spliceServed,
  splicePoint,
} from './codec.ts';

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
      fc.property(kubeObject, fc.nat(), fc.boolean(), (object, revision, byName) => {
        // what JSON itself changes (-0, __proto__) is not the codec's
        const plain = JSON.parse(JSON.stringify(object)) as KubeObject;
        const stored = encodeStored(plain, byName);
        assert.equal(decodeStored(stored, undefined, byName).stored, stored);
        assert.equal(servedBytes(stored, revision).length, servedLength(stored, revision));
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

  it('has the fields of a custom object by name, resourceVersion too', () => {
    const object = {
      spec: { b: '"}', a: { '10': 1, '9': [{}] } },
      kind: 'Widget',
      metadata: {
        resourceVersion: '3',
        uid: 'u',
        name: 'x',
        annotations: { note: '\\"resourceVersion":{', '{': '}' },
        finalizers: ['a', ']'],
      },
      data: { metadata: { uid: 'no' } },
      apiVersion: 'example.com/v1',
    };
    const served = (metadata: object): string => {
      const text = servedBytes(encodeStored({ ...object, metadata }, true), 42).toString();
      return text.slice(
        text.lastIndexOf('"metadata":{"') + '"metadata":'.length,
        text.indexOf(',"spec"'),
      );
    };
    assert.equal(
      servedBytes(encodeStored(object, true), 42).toString(),
      String.raw`{"apiVersion":"example.com/v1","data":{"metadata":{"uid":"no"}},"kind":"Widget","metadata":{"annotations":{"note":"\\\"resourceVersion\":{","{":"}"},"finalizers":["a","]"],"name":"x","resourceVersion":"42","uid":"u"},"spec":{"a":{"10":1,"9":[{}]},"b":"\"}"}}`,
    );
    assert.equal(
      served({ name: 'x', generation: 1 }),
      '{"generation":1,"name":"x","resourceVersion":"42"}',
    );
    assert.equal(served({ uid: 'u' }), '{"resourceVersion":"42","uid":"u"}');
    const bare = servedBytes(
      encodeStored({ kind: 'A', apiVersion: 'b/v1', metadata: {} }, true),
      4,
    );
    assert.equal(
      bare.toString(),
      '{"apiVersion":"b/v1","kind":"A","metadata":{"resourceVersion":"4"}}',
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

  it('takes custom objects as upstream stores them, and those of built-in form anew', () => {
    const canonical =
      '{"apiVersion":"b/v1","kind":"A","metadata":{"name":"x","uid":"u"},"spec":{}}';
    const stored = (text: string) =>
      decodeStored(Buffer.from(text), undefined, true).stored.toString();
    assert.equal(stored(canonical), canonical);
    for (const other of [
      `${canonical}\n`,
      '{"kind":"A","apiVersion":"b/v1","metadata":{"name":"x","uid":"u"},"spec":{}}',
      '{"apiVersion":"b/v1","kind":"A","metadata":{"name":"x","resourceVersion":"7","uid":"u"},"spec":{}}',
      '{"apiVersion": "b/v1", "kind": "A", "metadata": {"name": "x", "uid": "u"}, "spec": {}}',
    ]) {
      assert.equal(stored(other), canonical);
    }
  });

  it('hands protobuf to its decoder and refuses it without one', () => {
    const bytes = Buffer.from('k8s\0rest', 'latin1');
    assert.throws(() => decodeStored(bytes), /no decoder/);
    const object = { kind: 'A', apiVersion: 'v1', metadata: { name: 'p' } };
    assert.equal(decodeStored(bytes, () => object).object, object);
  });
});
