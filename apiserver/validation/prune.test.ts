import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { deepCopy } from '../../object/copy.ts';
import { structuralSchema } from './definition.ts';
import { fillDefaults } from './prune.ts';
import { compileStructural } from './structural.ts';

type Fields = Record<string, unknown>;

function compiled(properties: Fields) {
  const spec = { type: 'object', properties };
  return compileStructural(structuralSchema({ type: 'object', properties: { spec } }));
}

const integer = { type: 'integer' };
const text = { type: 'string' };

test('a null is no metadata of an object inside another where its schema knows the field', () => {
  const embedded = { type: 'object', 'x-kubernetes-embedded-resource': true };
  const structural = compiled({
    known: { ...embedded, properties: { metadata: { type: 'object' } } },
    open: { ...embedded, 'x-kubernetes-preserve-unknown-fields': true },
  });
  const object: Fields = { spec: { known: { metadata: null }, open: { metadata: null } } };
  structural.coerceEmbedded(object);
  assert.deepEqual(object.spec, { known: {}, open: { metadata: {} } });
});

test('unknown fields go, what is preserved or given stays', () => {
  const structural = compiled({
    known: { type: 'object', properties: { a: text } },
    open: {
      type: 'object',
      'x-kubernetes-preserve-unknown-fields': true,
      properties: { k: { type: 'object' } },
    },
    map: { type: 'object', additionalProperties: { type: 'object', properties: { a: text } } },
    pod: {
      type: 'object',
      'x-kubernetes-embedded-resource': true,
      properties: { spec: { type: 'object' } },
    },
    list: { type: 'array', items: { type: 'object', properties: { a: text } } },
  });
  const object: Fields = {
    apiVersion: 'v1',
    kind: 'X',
    metadata: { name: 'x', anything: 1 },
    other: 1,
    spec: {
      known: { a: '1', b: '2' },
      open: { z: { y: 1 }, k: { gone: 1 } },
      map: { any: { a: '1', b: '2' } },
      pod: { apiVersion: 'v1', kind: 'Pod', metadata: {}, spec: {}, status: {} },
      list: [{ a: '1' }, { b: 1 }],
    },
  };
  assert.deepEqual(structural.prune(object), [
    'other',
    'spec.known.b',
    'spec.list[1].b',
    'spec.map.any.b',
    'spec.open.k.gone',
    'spec.pod.status',
  ]);
  assert.deepEqual(object.metadata, { name: 'x', anything: 1 });
  assert.deepEqual(object.spec, {
    known: { a: '1' },
    open: { z: { y: 1 }, k: {} },
    map: { any: { a: '1' } },
    pod: { apiVersion: 'v1', kind: 'Pod', metadata: {}, spec: {} },
    list: [{ a: '1' }, {}],
  });
});

test('defaults fill what is absent, and nulls that mean nothing', () => {
  const structural = compiled({
    size: { ...integer, default: 3 },
    mode: { ...text, nullable: true, default: 'a' },
    drop: text,
    deep: { type: 'object', default: {}, properties: { on: { type: 'boolean', default: true } } },
    list: {
      type: 'array',
      items: { type: 'object', properties: { n: { ...integer, default: 1 } } },
    },
  });
  const object = { spec: { size: null, mode: null, drop: null, list: [{}, { n: 2 }] } };
  structural.applyDefaults(object);
  assert.deepEqual(object, {
    spec: { size: 3, mode: null, list: [{ n: 1 }, { n: 2 }], deep: { on: true } },
  });
});

test('pruning and defaulting are idempotent, and what they give is what they leave', () => {
  const structural = compiled({
    a: { ...integer, default: 1 },
    b: { type: 'object', properties: { c: { ...text, default: 'x' } } },
  });
  const spec = fc.dictionary(fc.constantFrom('a', 'b', 'c', 'd'), fc.jsonValue({ maxDepth: 2 }), {
    noNullPrototype: true,
  });
  fc.assert(
    fc.property(spec, (value) => {
      const object: Fields = { spec: value };
      structural.prune(object);
      structural.applyDefaults(object);
      const once = deepCopy(object);
      assert.deepEqual(structural.prune(object), []);
      structural.applyDefaults(object);
      assert.deepEqual(object, once);
    }),
  );
});

test('null stays where a map may hold anything', () => {
  const any = { type: 'object', additionalProperties: true };
  const strings = { type: 'object', additionalProperties: { type: 'string' } };
  const schema = structuralSchema({ type: 'object', properties: { any, strings } });
  const object = { any: { a: null }, strings: { a: null } };
  fillDefaults(object, schema);
  assert.deepEqual(object, { any: { a: null }, strings: {} });
});
