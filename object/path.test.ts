import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deepCopy } from './copy.ts';
import { deepEqual, semanticEqual } from './equal.ts';
import { compileJsonPath, getPath, setPath, simplePath } from './path.ts';

const object = {
  metadata: { labels: { 'app.kubernetes.io/name': 'web' } },
  spec: { ports: [{ port: 80 }, { port: 443 }] },
  status: {
    conditions: [
      { type: 'Ready', status: 'True', weight: 2 },
      { type: 'Synced', status: 'False', weight: 1 },
    ],
  },
};

test('JSONPath of printer columns', () => {
  const cases: [string, unknown[]][] = [
    ['.status.conditions[?(@.type=="Ready")].status', ['True']],
    ["{.status.conditions[?(@.type=='Synced')].status}", ['False']],
    ['.status.conditions[?(@.weight>1)].type', ['Ready']],
    ['.spec.ports[*].port', [80, 443]],
    ['.spec.ports[0].port', [80]],
    ['.spec.ports[-1].port', [443]],
    ['.metadata.labels.app\\.kubernetes\\.io/name', ['web']],
    [".metadata.labels['app\\.kubernetes\\.io/name']", ['web']],
    ['.spec.absent.deeper', []],
    ['.metadata.constructor', []],
  ];
  for (const [path, found] of cases) assert.deepEqual(compileJsonPath(path)(object), found, path);
  assert.throws(() => compileJsonPath('..name'), /recursive descent/);
  assert.throws(() => compileJsonPath('.a[(@.length)]'), /unrecognized/);
  assert.deepEqual(simplePath('.spec.host'), ['spec', 'host']);
  assert.equal(simplePath('.spec.ports[0]'), undefined);
});

test('dotted paths read and write', () => {
  const target: Record<string, unknown> = {};
  setPath(target, '.spec.replicas', 3);
  assert.deepEqual(target, { spec: { replicas: 3 } });
  assert.equal(getPath(target, 'spec.replicas'), 3);
  assert.equal(getPath(target, '.spec.none.deep'), undefined);
  assert.throws(() => setPath(target, '.spec.replicas.x', 1), /replicas is not an object/);
});

test('equality: exact, and with empty the same as absent', () => {
  const a = { x: [1, { y: 2 }], labels: {} };
  assert.equal(deepEqual(a, deepCopy(a)), true);
  assert.equal(deepEqual(a, { x: [1, { y: 2 }] }), false);
  assert.equal(semanticEqual(a, { x: [1, { y: 2 }], z: null }), true);
  assert.equal(semanticEqual(a, { x: [1, { y: 3 }] }), false);
  assert.equal(semanticEqual([1], { 0: 1 }), false);
  assert.equal(semanticEqual(0, undefined), false);
});
