import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { KubeObject } from '../../../object/object.ts';
import type { Plain } from '../plain.ts';
import { NodePortAllocator } from './node-port.ts';
import { NodePortRepair } from './node-port-repair.ts';

const service = (name: string, spec: Plain): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name, namespace: 'ns', uid: name },
  spec,
});

const port = (nodePort: number, protocol = 'TCP') => ({ nodePort, protocol });

function cluster() {
  const state: { allocation: KubeObject | undefined; writes: number; services: KubeObject[] } = {
    allocation: undefined,
    writes: 0,
    services: [],
  };
  const found: string[] = [];
  const allocator = new NodePortAllocator(
    { first: 30000, last: 30063 },
    {
      read: async () => state.allocation,
      async update(change) {
        state.allocation = change(state.allocation);
        state.writes++;
      },
    },
  );
  const repair = new NodePortRepair(allocator, {
    services: async () => state.services,
    report: (about, { reason, action, message }) =>
      found.push(`${about.metadata.name}: ${reason} ${action} ${message}`),
  });
  const isFree = async (wanted: number) => {
    try {
      await allocator.take([wanted], true);
      return true;
    } catch {
      return false;
    }
  };
  return { state, found, allocator, repair, isFree };
}

test('ports of Services are held, and what is wrong with them is told', async () => {
  const { state, found, allocator, repair, isFree } = cluster();
  await allocator.take([30001], false);
  state.services = [
    service('a', { ports: [port(30001), port(30001, 'UDP')], healthCheckNodePort: 30002 }),
    service('b', { ports: [port(30001), port(31000), { port: 80 }] }),
    service('c', { ports: [port(30003), port(30003)] }),
  ];
  await repair.run();
  assert.deepEqual(found, [
    'a: PortNotAllocated PortAllocation Port 30002 is not allocated; repairing',
    'b: PortAlreadyAllocated PortAllocation Port 30001 was assigned to multiple services; please recreate service',
    'b: PortOutOfRange PortAllocation Port 31000 is not within the port range 30000-30063; please recreate service',
    'c: PortNotAllocated PortAllocation Port 30003 is not allocated; repairing',
    'c: PortAlreadyAllocated PortAllocation Port 30003 was assigned to multiple services; please recreate service',
  ]);
  assert.equal(await isFree(30002), false);
  assert.equal(await isFree(30003), false);
  assert.equal(state.writes, 2);
  await repair.run();
  assert.equal(state.writes, 2);
});

test('a port without a Service is given back at the third pass, unless a Service turns up', async () => {
  const { state, allocator, repair, isFree } = cluster();
  await allocator.take([30001, 30002], false);
  for (let pass = 1; pass <= 2; pass++) {
    if (pass === 2) state.services = [service('late', { ports: [port(30002)] })];
    await repair.run();
    assert.equal(await isFree(30001), false, `pass ${pass}`);
  }
  await repair.run();
  assert.equal(await isFree(30001), true);
  state.services = [];
  await repair.run();
  assert.equal(await isFree(30002), false);
});

test('ports taken while a pass looks at the Services stay taken', async () => {
  const { state, allocator, repair, isFree } = cluster();
  state.services = [service('a', { ports: [port(30001)] })];
  const racing = new NodePortRepair(allocator, {
    services: async () => {
      await allocator.take([30005], false);
      return state.services;
    },
    report: () => undefined,
  });
  await racing.run();
  assert.equal(await isFree(30005), false);
  assert.equal(await isFree(30001), true);
  await repair.run();
  assert.equal(await isFree(30001), false);
  assert.equal(await isFree(30005), false);
});
