import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { KubeObject } from '../../object/object.ts';
import { conditionOf } from '../pod.ts';
import { configMaps, namespaces, pods } from '../resources.ts';
import { discoveryOf, startScenario } from '../scenario.ts';
import { namespaceController } from './namespace.ts';

test('what pods rely on stays until the last of them is gone', async () => {
  const scenario = await startScenario((context) => {
    context.cluster.raw = async (path) => discoveryOf(path, [configMaps, pods]);
    return namespaceController(context);
  });
  const { cluster, until, find, edit } = scenario;
  try {
    const metadata = { name: 'n', finalizers: ['example.com/kept-for-the-test'] };
    const spec = { finalizers: ['kubernetes'] };
    await cluster.create(namespaces, { apiVersion: 'v1', kind: 'Namespace', metadata, spec });
    const inside = { namespace: 'n', name: 'a' };
    const held = { ...inside, finalizers: ['example.com/hold'] };
    await cluster.create(configMaps, { apiVersion: 'v1', kind: 'ConfigMap', metadata: inside });
    await cluster.create(pods, { apiVersion: 'v1', kind: 'Pod', metadata: held, spec: {} });
    await cluster.delete(namespaces, '', 'n');

    const remaining = await until('it says that the pod remains', () =>
      conditionOf(find(namespaces, 'n') as KubeObject, 'NamespaceContentRemaining'),
    );
    assert.equal(remaining.message, 'Some resources are remaining: pods. has 1 resource instances');
    assert.ok(find(configMaps, 'a') !== undefined);

    await edit(pods, 'a', (pod) => (pod.metadata.finalizers = []));
    await until('the rest goes as well', () => find(configMaps, 'a') === undefined);
    await until('it lets go', () => find(namespaces, 'n')?.spec.finalizers.length === 0);
  } finally {
    await scenario.stop();
  }
});
