import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { KubeObject } from '../../../object/object.ts';
import { repairAddress, repairService } from './address-repair.ts';
import { ipAddress } from './service-ip.ts';

const now = Date.parse('2026-01-01T00:00:00Z');
const old = '2025-12-31T23:00:00Z';

const web = (ips: string[], name = 'web'): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name, namespace: 'ns', uid: name },
  spec: { clusterIP: ips[0], clusterIPs: ips },
});

function held(ip: string, by: KubeObject, creationTimestamp = old): KubeObject {
  const made = ipAddress(by, ip);
  return { ...made, metadata: { ...made.metadata, creationTimestamp } };
}

/** Looks at all of them once; gives what was reported, what is held then, and what is to be seen again. */
async function repaired(services: KubeObject[], addresses: KubeObject[]) {
  const found: string[] = [];
  const stored = new Map(addresses.map((a) => [a.metadata.name ?? '', a]));
  const cidrs = ['10.0.0.0/16', 'fd00::/112'];
  const service = (namespace: string, name: string) =>
    services.find((s) => s.metadata.namespace === namespace && s.metadata.name === name);
  const ports: Parameters<typeof repairService>[0] = {
    service,
    address: (name) => addresses.find((a) => a.metadata.name === name),
    serviceCidrs: () => [
      { apiVersion: 'networking.k8s.io/v1', kind: 'ServiceCIDR', metadata: {}, spec: { cidrs } },
    ],
    readService: async (namespace, name) => service(namespace, name),
    readAddress: async (name) => stored.get(name),
    async create(address) {
      const metadata = { ...address.metadata, creationTimestamp: '2026-01-01T00:00:00Z' };
      stored.set(metadata.name ?? '', { ...address, metadata });
    },
    async remove(name) {
      stored.delete(name);
    },
    report: (_, { reason, action, message }) => found.push(`${reason} ${action} ${message}`),
    now: () => now,
  };
  for (const { metadata } of services) {
    await repairService(ports, metadata.namespace ?? '', metadata.name ?? '');
  }
  const again: number[] = [];
  for (const { metadata } of addresses) {
    const after = await repairAddress(ports, metadata.name ?? '');
    if (after !== undefined) again.push(after);
  }
  const parents = [...stored].map(
    ([ip, { spec }]) => `${ip}: ${spec.parentRef.resource} ${spec.parentRef.name}`,
  );
  return { found, parents, again };
}

test('what is as it should be is left alone', async () => {
  const service = web(['10.0.0.1', 'fd00::1']);
  const headless = web(['None'], 'headless');
  const foreign = held('10.0.0.9', web([], 'gone'));
  foreign.metadata.labels = {};
  const addresses = [held('10.0.0.1', service), held('fd00::1', service), foreign];
  assert.deepEqual((await repaired([service, headless], addresses)).found, []);
});

for (const [title, services, addresses, found, parents, again = []] of [
  [
    'an address that is not held',
    [web(['10.0.0.1', 'fd00::1'])],
    [],
    [
      'ClusterIPNotAllocated ClusterIPAllocation Cluster IP [IPv4]: 10.0.0.1 is not allocated; repairing',
      'ClusterIPNotAllocated ClusterIPAllocation Cluster IP [IPv6]: fd00::1 is not allocated; repairing',
    ],
    ['10.0.0.1: services web', 'fd00::1: services web'],
  ],
  [
    'an address out of every range, and none at all',
    [web(['10.9.0.1']), web(['x'], 'odd')],
    [],
    [
      'ClusterIPOutOfRange ClusterIPAllocation Cluster IP [IPv4]: 10.9.0.1 is not within any configured Service CIDR; please recreate service',
      'ClusterIPNotValid ClusterIPValidation Cluster IP <nil> is not a valid IP; please recreate Service',
    ],
    [],
  ],
  [
    'the network and broadcast addresses of a range',
    [web(['10.0.0.0']), web(['10.0.255.255'], 'last')],
    [],
    ['10.0.0.0', '10.0.255.255'].map(
      (ip) =>
        `ClusterIPOutOfRange ClusterIPAllocation Cluster IP [IPv4]: ${ip} is not within any configured Service CIDR; please recreate service`,
    ),
    [],
  ],
  [
    'an address held for a Service that is gone',
    [web(['10.0.0.1'])],
    [held('10.0.0.1', web([], 'gone'))],
    [
      'ClusterIPNotAllocated ClusterIPAllocation the ClusterIP [IPv4]: 10.0.0.1 for Service ns/web has a wrong reference; repairing',
    ],
    ['10.0.0.1: services web'],
  ],
  [
    'two Services with one address',
    [web(['10.0.0.1']), web(['10.0.0.1'], 'twin')],
    [held('10.0.0.1', web(['10.0.0.1']))],
    [
      'ClusterIPAlreadyAllocated ClusterIPAllocation Cluster IP [IPv4]:10.0.0.1 was assigned to multiple services; please recreate service',
    ],
    ['10.0.0.1: services web'],
  ],
  [
    'an address nobody has any more',
    [],
    [held('10.0.0.1', web([], 'gone'))],
    [
      'IPAddressNotAllocated IPAddressAllocation IPAddress: 10.0.0.1 for Service ns/gone appears to have leaked: cleaning up',
    ],
    [],
  ],
  [
    'an address of a Service that is being created',
    [],
    [held('10.0.0.1', web([], 'new'), '2025-12-31T23:59:30Z')],
    [],
    ['10.0.0.1: services new'],
    [30_001],
  ],
  [
    'an address of a Service that is being changed',
    [web(['10.0.0.1'])],
    [held('10.0.0.1', web([])), held('10.0.0.2', web([]), '2025-12-31T23:59:30Z')],
    [],
    ['10.0.0.1: services web', '10.0.0.2: services web'],
    [30_001],
  ],
  [
    'an address the Service does not have',
    [web(['10.0.0.1'])],
    [held('10.0.0.1', web([])), held('10.0.0.2', web([]))],
    [
      'IPAddressWrongReference IPAddressAllocation IPAddress: 10.0.0.2 for Service ns/web has a wrong reference; cleaning up',
    ],
    ['10.0.0.1: services web'],
  ],
  [
    'an address that was given to something else',
    [],
    [
      {
        ...held('10.0.0.1', web([]), '2026-01-01T00:00:00Z'),
        spec: { parentRef: { group: 'apps', resource: 'deployments', namespace: 'ns', name: 'd' } },
      },
    ],
    [
      'IPAddressNotAllocated IPAddressAllocation IPAddress 10.0.0.1 appears to have been modified, not referencing a Service &ParentReference{Group:apps,Resource:deployments,Namespace:ns,Name:d,}: cleaning up',
    ],
    [],
  ],
  [
    'an address without its labels',
    [web(['10.0.0.1'])],
    [{ ...held('10.0.0.1', web([])), metadata: { name: '10.0.0.1', creationTimestamp: old } }],
    [],
    ['10.0.0.1: services web'],
  ],
] satisfies [string, KubeObject[], KubeObject[], string[], string[], number[]?][]) {
  test(title, async () => {
    assert.deepEqual(await repaired(services, addresses), { found, parents, again });
  });
}
