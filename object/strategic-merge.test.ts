import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Schema } from '../schema/schema.ts';
import { deepCopy } from './copy.ts';
import { applyStrategicMergePatch, strategicPatchLeft } from './strategic-merge.ts';

const text: Schema = { type: 'string' };
const environment: Schema = {
  type: 'array',
  patchStrategy: 'merge',
  patchMergeKey: 'name',
  items: { type: 'object', name: 'x.EnvVar', properties: { name: text, value: text } },
};
const container: Schema = {
  type: 'object',
  name: 'x.Container',
  properties: {
    name: text,
    image: text,
    args: { type: 'array', items: text },
    env: environment,
  },
};
const schema: Schema = {
  type: 'object',
  name: 'x.Pod',
  properties: {
    labels: { type: 'object', additional: text },
    finalizers: { type: 'array', patchStrategy: 'merge', items: text },
    containers: {
      type: 'array',
      patchStrategy: 'merge',
      patchMergeKey: 'name',
      items: container,
    },
    strategy: {
      type: 'object',
      patchStrategy: 'retainKeys',
      properties: { type: text, rollingUpdate: { type: 'object', additional: text } },
    },
    whole: { type: 'object', patchStrategy: 'replace', additional: text },
  },
};

const pod = {
  labels: { a: '1', b: '2' },
  finalizers: ['x', 'y'],
  containers: [
    { name: 'a', image: 'one', args: ['1'], env: [{ name: 'K', value: 'v' }] },
    { name: 'b', image: 'two' },
  ],
  strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: '1' } },
  whole: { k: 'v' },
};

test('merging, directives and order', () => {
  const cases: [string, object, object][] = [
    ['maps merge, null deletes', { labels: { a: null, c: '3' } }, { labels: { b: '2', c: '3' } }],
    [
      'elements merge by key',
      { containers: [{ name: 'b', image: 'new' }] },
      {
        containers: [pod.containers[0], { name: 'b', image: 'new' }],
      },
    ],
    [
      'new elements come first',
      { containers: [{ name: 'c' }] },
      {
        containers: [{ name: 'c' }, ...pod.containers],
      },
    ],
    [
      'delete by key',
      { containers: [{ name: 'a', $patch: 'delete' }] },
      {
        containers: [pod.containers[1]],
      },
    ],
    [
      'replace the list',
      { containers: [{ $patch: 'replace' }, { name: 'z' }] },
      {
        containers: [{ name: 'z' }],
      },
    ],
    [
      'lists without strategy are replaced',
      { containers: [{ name: 'a', args: ['2'] }] },
      {
        containers: [{ ...pod.containers[0], args: ['2'] }, pod.containers[1]],
      },
    ],
    ['sets of scalars grow', { finalizers: ['y', 'z'] }, { finalizers: ['x', 'y', 'z'] }],
    [
      'sets of scalars shrink',
      { '$deleteFromPrimitiveList/finalizers': ['x'] },
      {
        finalizers: ['y'],
      },
    ],
    [
      'the order asked for',
      {
        '$setElementOrder/containers': [{ name: 'b' }, { name: 'a' }],
        containers: [{ name: 'a', image: 'new' }],
      },
      { containers: [pod.containers[1], { ...pod.containers[0], image: 'new' }] },
    ],
    [
      'the order of scalars',
      { '$setElementOrder/finalizers': ['z', 'y'], finalizers: ['z'] },
      {
        finalizers: ['z', 'x', 'y'],
      },
    ],
    [
      'retained keys',
      { strategy: { $retainKeys: ['type'], type: 'Recreate' } },
      {
        strategy: { type: 'Recreate' },
      },
    ],
    ['$patch replace of a map', { labels: { $patch: 'replace', z: '1' } }, { labels: { z: '1' } }],
    ['$patch delete of a map', { labels: { $patch: 'delete' } }, { labels: {} }],
    ['replace strategy', { whole: { n: '1' } }, { whole: { n: '1' } }],
    [
      'nested lists',
      { containers: [{ name: 'a', env: [{ name: 'L', value: 'w' }] }] },
      {
        containers: [
          {
            ...pod.containers[0],
            env: [
              { name: 'L', value: 'w' },
              { name: 'K', value: 'v' },
            ],
          },
          pod.containers[1],
        ],
      },
    ],
    [
      'an ordered list that is new loses directives, and what the order does not name is turned round',
      {
        containers: [
          {
            name: 'b',
            '$setElementOrder/env': [],
            env: [{ name: 'K' }, { name: 'L' }, { name: 'M', $patch: 'merge' }],
          },
        ],
      },
      {
        containers: [
          pod.containers[0],
          { ...pod.containers[1], env: [{ name: 'L' }, { name: 'K' }] },
        ],
      },
    ],
    [
      'what meets nothing loses nulls and directives',
      { extra: [{ a: null, b: 1 }, { $patch: 'delete' }] },
      {
        extra: [{ b: 1 }],
      },
    ],
  ];
  for (const [why, patch, change] of cases) {
    const before = deepCopy([pod, patch]);
    assert.deepEqual(applyStrategicMergePatch(pod, patch, schema), { ...pod, ...change }, why);
    assert.deepEqual([pod, patch], before, `${why}: arguments changed`);
  }
});

test('directives and ordered lists are gone from what a merge leaves of its patch', () => {
  const patch = {
    '$setElementOrder/containers': [{ name: 'a' }],
    containers: [{ name: 'a', image: 'three' }],
    '$deleteFromPrimitiveList/finalizers': ['x'],
    strategy: { $retainKeys: ['type'], type: 'Recreate' },
    labels: { a: null, c: '3' },
  };
  const before = deepCopy([pod, patch]);
  assert.deepEqual(strategicPatchLeft(pod, patch, schema), {
    '$deleteFromPrimitiveList/finalizers': ['x'],
    strategy: { type: 'Recreate' },
    labels: { a: null, c: '3' },
  });
  assert.deepEqual([pod, patch], before);
});

test('patches that are refused', () => {
  const cases: [unknown, number, string][] = [
    [[], 400, 'invalid JSON document'],
    [
      { containers: [{ image: 'x' }] },
      500,
      'map: map[image:x] does not contain declared merge key: name',
    ],
    [
      { containers: [{ name: 'a', $patch: 'swap' }] },
      500,
      'unknown patch type: swap in map: map[$patch:swap name:a]',
    ],
    [{ labels: { $patch: 'swap' } }, 500, 'unknown patch type: swap in map: map[$patch:swap]'],
    [{ strategy: { $retainKeys: 'type' } }, 400, 'invalid patch format of retainKeys'],
    [{ strategy: { $retainKeys: [], type: 'x' } }, 400, 'invalid patch format of retainKeys'],
    [{ $deleteFromPrimitiveList: ['x'] }, 400, 'invalid patch format of primitive list'],
    [
      { containers: ['x'] },
      500,
      'list element types are not identical: [[map[args:[1] env:[map[name:K value:v]] image:one name:a] map[image:two name:b]] [x]]',
    ],
    [
      { '$setElementOrder/containers': [{ name: 'b' }], containers: [{ name: 'a' }] },
      500,
      "The order in patch list:\n[map[name:a]]\n doesn't match $setElementOrder list:\n[map[name:b]]\n",
    ],
    [
      {
        '$setElementOrder/containers': [{ name: 'a' }],
        containers: [{ name: 'a' }, { $patch: 'swap' }],
      },
      500,
      "The order in patch list:\n[map[name:a] map[$patch:swap]]\n doesn't match $setElementOrder list:\n[map[name:a]]\n",
    ],
  ];
  for (const [patch, code, message] of cases) {
    assert.throws(() => applyStrategicMergePatch(pod, patch, schema), { code, message });
  }
});

const letters = fc.uniqueArray(fc.constantFrom('a', 'b', 'c', 'd', 'e'), { maxLength: 5 });

test('the order directive gives exactly that order when it names every element', () => {
  fc.assert(
    fc.property(letters, letters, (have, want) => {
      fc.pre(have.length + want.length > 0);
      const original = { containers: have.map((name) => ({ name })) };
      const patch = {
        '$setElementOrder/containers': want.map((name) => ({ name })),
        containers: [
          ...want.map((name) => ({ name, image: 'i' })),
          ...have.filter((n) => !want.includes(n)).map((name) => ({ name, $patch: 'delete' })),
        ],
      };
      const { containers } = applyStrategicMergePatch(original, patch, schema);
      assert.deepEqual(
        containers.map((c) => c.name),
        want,
      );
    }),
  );
});

test('elements without directives merge by name, and patching again changes nothing', () => {
  const image = fc.constantFrom('one', 'two', 'three');
  const list = fc.uniqueArray(
    fc.record(
      { name: fc.constantFrom('a', 'b', 'c', 'd'), image, port: fc.nat(3) },
      { requiredKeys: ['name'], noNullPrototype: true },
    ),
    { selector: ({ name }) => name, maxLength: 4 },
  );
  fc.assert(
    fc.property(list, list, (have, want) => {
      const patch = { containers: want };
      const once = applyStrategicMergePatch({ containers: have }, patch, schema);
      const merged = new Map(have.map((container) => [container.name, container]));
      for (const one of want) merged.set(one.name, { ...merged.get(one.name), ...one });
      assert.deepEqual(new Map(once.containers.map((c) => [c.name, c])), merged);
      assert.deepEqual(applyStrategicMergePatch(once, patch, schema), once);
    }),
  );
});
