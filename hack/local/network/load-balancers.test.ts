import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:net';
import { test } from 'node:test';
import type { KubeObject } from '../../../object/object.ts';
import { createMemoryCluster } from '../../../reconciler/memory-cluster.ts';
import { services } from '../resources.ts';
import { LoadBalancers } from './load-balancers.ts';

/** A machine outside with some ports taken; nothing really listens. */
function machine(...taken: string[]) {
  const open = new Set(taken);
  const listenOutside = async (address: string, port: number): Promise<Server> => {
    const id = `${address}:${port}`;
    if (open.has(id)) throw Object.assign(new Error('taken'), { code: 'EADDRINUSE' });
    open.add(id);
    const server = createServer();
    server.close = () => {
      open.delete(id);
      return server;
    };
    return server;
  };
  const cluster = createMemoryCluster();
  return { open, cluster, balancers: new LoadBalancers({ cluster, listenOutside }) };
}

function service(...ports: number[]): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'web', namespace: 'default' },
    spec: { type: 'LoadBalancer', ports: ports.map((port) => ({ port })) },
  };
}

const addressOf = (object: KubeObject | undefined) =>
  object?.['status']?.loadBalancer?.ingress?.[0]?.ip;

test('the first address on which all ports are free, and no port of another kept', async () => {
  const { open, cluster, balancers } = machine('127.0.0.1:6443', '127.0.0.2:443');
  const made = await cluster.create(services, service(443, 6443));
  assert.equal(addressOf(await balancers.assign('default/web', made)), '127.0.0.3');
  assert.deepEqual(
    [...open].sort(),
    ['127.0.0.1:6443', '127.0.0.2:443', '127.0.0.3:443', '127.0.0.3:6443'].sort(),
  );
});

test('another port does not move a Service that its relay already listens for', async () => {
  const { open, cluster, balancers } = machine();
  const made = await cluster.create(services, service(443));
  const first = await balancers.assign('default/web', made);
  await balancers.listen('127.0.0.1', 443);
  assert.ok(first !== undefined);
  const changed = { ...first, spec: service(443, 8443)['spec'] };
  assert.equal(addressOf(await balancers.assign('default/web', changed)), '127.0.0.1');
  assert.ok(open.has('127.0.0.1:8443'));
});

test('what no relay has taken over is closed with the Service', async () => {
  const { open, cluster, balancers } = machine();
  const made = await cluster.create(services, service(443));
  await balancers.assign('default/web', made);
  await balancers.assign('default/web', undefined);
  assert.deepEqual([...open], []);
});

test('without a free address it says which ports', async () => {
  const all = Array.from({ length: 64 }, (_, i) => `127.0.0.${i + 1}:443`);
  const { cluster, balancers } = machine(...all);
  const made = await cluster.create(services, service(443));
  await assert.rejects(balancers.assign('default/web', made), /has the ports 443 free: taken/);
});
