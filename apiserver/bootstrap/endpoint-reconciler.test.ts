import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { KubeObject } from '../../object/object.ts';
import { makeEndpointReconciler } from './endpoint-reconciler.ts';
import type { BootstrapPort, ObjectRef } from './reconcile.ts';

function world() {
  const objects = new Map<string, KubeObject>();
  let writes = 0;
  const key = (ref: ObjectRef) => `${ref.resource}/${ref.namespace}/${ref.name}`;
  const put = async (ref: ObjectRef, object: KubeObject) => {
    writes++;
    objects.set(key(ref), structuredClone(object));
  };
  const port: BootstrapPort = {
    get: async (ref) => structuredClone(objects.get(key(ref))),
    create: put,
    update: put,
    delete: async (ref) => void objects.delete(key(ref)),
  };
  const held = new Set<string>();
  const leases = {
    list: async () => [...held],
    renew: async (ip: string) => void held.add(ip),
    remove: async (ip: string) => void held.delete(ip),
  };
  const server = (ip: string) =>
    makeEndpointReconciler({
      leases,
      port,
      ip,
      securePort: 6443,
      onError: (error) => assert.fail(error),
    });
  const addresses = () =>
    objects
      .get('endpoints/default/kubernetes')
      ?.subsets[0].addresses.map((one: { ip: string }) => one.ip);
  return { objects, server, addresses, writes: () => writes };
}

test('every live server is listed, and one that stops is taken out', async () => {
  const w = world();
  const a = w.server('10.0.0.2');
  const b = w.server('10.0.0.1');
  await a.start();
  await b.start();
  assert.deepEqual(w.addresses(), ['10.0.0.1', '10.0.0.2']);
  const slice = w.objects.get('endpointslices/default/kubernetes');
  assert.deepEqual(slice?.endpoints, [
    { addresses: ['10.0.0.1'], conditions: { ready: true } },
    { addresses: ['10.0.0.2'], conditions: { ready: true } },
  ]);
  await a.stop();
  assert.deepEqual(w.addresses(), ['10.0.0.1']);
  await b.stop();
  assert.deepEqual(w.addresses(), ['10.0.0.1'], 'the last address stays');
});

test('nothing is written when nothing changed', async () => {
  const w = world();
  const a = w.server('10.0.0.2');
  await a.start();
  const before = w.writes();
  await w.server('10.0.0.2').start();
  assert.equal(w.writes(), before);
  await a.stop();
});
