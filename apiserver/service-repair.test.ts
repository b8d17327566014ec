import { strict as assert } from 'node:assert';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { ApiClient } from './verbs/api-client.ts';

const addresses = '/apis/networking.k8s.io/v1/ipaddresses';

test('a server that starts gives a Service the address back that nobody holds for it', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'service-repair-'));
  const options = { store: { sqlite: join(folder, 'db') } };
  let api = await ApiClient.start(options);
  try {
    const made = await api.create('/api/v1/namespaces/default/services', {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'web' },
      spec: { ports: [{ port: 80 }] },
    });
    const ip: string = made.body.spec.clusterIP;
    assert.deepEqual((await api.get('/api/v1/events')).body.items, []);
    assert.equal((await api.delete(`${addresses}/${ip}`)).code, 200);
    await api.stop();
    api = await ApiClient.start(options);
    const deadline = Date.now() + 10_000;
    const events = async () => (await api.get('/api/v1/events')).body.items;
    while ((await events()).length === 0 && Date.now() < deadline) {
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    const address = await api.get(`${addresses}/${ip}`);
    assert.equal(address.body.spec.parentRef.name, 'web');
    const [event, ...more] = await events();
    assert.deepEqual(more, []);
    assert.equal(event.message, `Cluster IP [IPv4]: ${ip} is not allocated; repairing`);
    assert.equal(event.reason, 'ClusterIPNotAllocated');
    assert.equal(event.involvedObject.uid, made.body.metadata.uid);
    assert.equal(event.reportingComponent, 'ipallocator-repair-controller');
  } finally {
    await api.stop();
    await rm(folder, { recursive: true });
  }
});

test('a change of an IPAddress makes it be held against its Service at once', async () => {
  const api = await ApiClient.start();
  try {
    // the labels say that the server's own allocator made it
    const labels = {
      'ipaddress.kubernetes.io/ip-family': 'IPv4',
      'ipaddress.kubernetes.io/managed-by': 'ipallocator.k8s.io',
    };
    const made = await api.create(addresses, {
      apiVersion: 'networking.k8s.io/v1',
      kind: 'IPAddress',
      metadata: { name: '10.1.2.3', labels },
      spec: { parentRef: { group: 'apps', resource: 'deployments', namespace: 'x', name: 'd' } },
    });
    assert.equal(made.code, 201);
    const deadline = Date.now() + 10_000;
    while ((await api.get(`${addresses}/10.1.2.3`)).code === 200 && Date.now() < deadline) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    assert.equal((await api.get(`${addresses}/10.1.2.3`)).code, 404);
  } finally {
    await api.stop();
  }
});
