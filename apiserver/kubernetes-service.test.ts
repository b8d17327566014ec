import assert from 'node:assert/strict';
import { test } from 'node:test';
import { silent } from '../log/log.ts';
import type { KubeObject } from '../object/object.ts';
import type { BootstrapPort, ObjectRef } from './bootstrap/reconcile.ts';
import { makeKubernetesService } from './kubernetes-service.ts';
import { ApiClient, stored } from './verbs/api-client.ts';

test('a kubernetes Service that was deleted is made again, one that was changed stays', async () => {
  const objects = new Map<string, KubeObject>();
  const keyOf = ({ resource, name }: ObjectRef) => `${resource}/${name}`;
  const put = async (ref: ObjectRef, object: KubeObject) => void objects.set(keyOf(ref), object);
  const writer: BootstrapPort = {
    get: async (ref) => objects.get(keyOf(ref)),
    create: put,
    update: put,
    delete: async (ref) => void objects.delete(keyOf(ref)),
  };
  const until = async (good: () => boolean): Promise<void> => {
    while (!good()) await new Promise((resolve) => setTimeout(resolve, 5));
  };
  const services = { cidrs: ['10.0.0.0/24'], kubernetesNodePort: 0 };
  const kept = makeKubernetesService(services, { writer, securePort: 6443, log: silent }, 5);
  await kept.start();
  const made = objects.get('services/kubernetes');
  assert.equal(made?.spec.clusterIP, '10.0.0.1');
  assert.equal(made?.spec.ports[0].targetPort, 6443);
  objects.set('services/kubernetes', { ...made, spec: { ...made?.spec, type: 'NodePort' } });
  objects.delete('ipaddresses/10.0.0.1');
  await until(() => objects.has('ipaddresses/10.0.0.1'));
  assert.equal(objects.get('services/kubernetes')?.spec.type, 'NodePort');
  objects.delete('services/kubernetes');
  await until(() => objects.has('services/kubernetes'));
  assert.equal(objects.get('services/kubernetes')?.spec.type, 'ClusterIP');
  await kept.stop();
});

test('a server has it, and its address, from the start on', async () => {
  const api = await ApiClient.start();
  try {
    const { spec } = stored(await api.get('/api/v1/namespaces/default/services/kubernetes'));
    const url = `/apis/networking.k8s.io/v1/ipaddresses/${spec.clusterIP}`;
    const address = stored(await api.get(url));
    assert.equal(address.spec.parentRef.name, 'kubernetes');
  } finally {
    await api.stop();
  }
});
