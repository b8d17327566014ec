import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { KubeObject } from '../../object/object.ts';
import type { BootstrapPort } from '../bootstrap/reconcile.ts';
import { MemoryLister } from '../watch/memory-lister.ts';
import { registerCustom } from './register-custom.ts';

function definition(name: string, group: string, versions: Record<string, boolean>): KubeObject {
  return {
    apiVersion: 'apiextensions.k8s.io/v1beta1',
    kind: 'CustomResourceDefinition',
    metadata: { name },
    spec: {
      group,
      versions: Object.entries(versions).map(([version, served]) => ({ name: version, served })),
    },
  };
}

/** The names that were asked for, in order, while APIServices come and go in a lister. */
function watched() {
  const definitions = new MemoryLister();
  const services = new MemoryLister();
  const asked: string[] = [];
  const port: BootstrapPort = {
    async get({ name }) {
      asked.push(name);
      return services.get('', name);
    },
    async create(_ref, object) {
      services.put(object);
    },
    async update(_ref, object) {
      services.put(object);
    },
    async delete({ name }) {
      services.remove('', name);
    },
  };
  const names = () => services.list('').map(({ metadata }) => metadata.name);
  return { definitions, services, asked, port, names };
}

const settled = () => new Promise((resolve) => setImmediate(resolve));
const log = { warn: assert.fail } as never;

test('APIServices follow definitions, and a change costs what it changes', async () => {
  const { definitions, services, asked, port, names } = watched();
  for (let i = 0; i < 50; i++) definitions.put(definition(`t.g${i}.x`, `g${i}.x`, { v1: true }));
  services.put({
    apiVersion: 'apiregistration.k8s.io/v1',
    kind: 'APIService',
    metadata: {
      name: 'v1.gone.x',
      labels: { 'kube-aggregator.kubernetes.io/automanaged': 'true' },
    },
    spec: { group: 'gone.x', version: 'v1' },
  });
  const stop = registerCustom(port, definitions, services, log);
  await settled();
  assert.equal(names().length, 50);
  assert.ok(!names().includes('v1.gone.x'));
  asked.length = 0;
  definitions.put(definition('t.g7.x', 'g7.x', { v1: true, v2: true }));
  await settled();
  assert.ok(names().includes('v2.g7.x'));
  assert.deepEqual(new Set(asked), new Set(['v1.g7.x', 'v2.g7.x']));
  asked.length = 0;
  definitions.put({ ...definition('t.g7.x', 'g7.x', { v1: true, v2: true }), status: {} });
  await settled();
  assert.deepEqual(asked, []);
  // two definitions of one group version
  definitions.put(definition('u.g7.x', 'g7.x', { v2: true }));
  definitions.put(definition('t.g7.x', 'g7.x', { v1: true, v2: false }));
  await settled();
  assert.ok(names().includes('v2.g7.x'));
  definitions.remove('', 'u.g7.x');
  await settled();
  assert.ok(!names().includes('v2.g7.x'));
  services.remove('', 'v1.g7.x');
  await settled();
  assert.ok(names().includes('v1.g7.x'));
  stop();
});
