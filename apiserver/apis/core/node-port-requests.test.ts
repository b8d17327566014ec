import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { KubeObject } from '../../../object/object.ts';
import { StatusError } from '../../../object/status-error.ts';
import type { Plain } from '../plain.ts';
import { NodePortAllocator } from './node-port.ts';
import { ServiceAllocator } from './service-allocation.ts';
import { ServiceIpAllocator } from './service-ip.ts';

/** Of a cluster with the ports 30000-30063, of which 30009 is taken. */
async function allocator(): Promise<ServiceAllocator> {
  let stored: KubeObject | undefined;
  const ports = new NodePortAllocator(
    { first: 30000, last: 30063 },
    {
      read: async () => stored,
      async update(change) {
        stored = change(stored);
      },
    },
  );
  await ports.take([30009], false);
  const ips = new ServiceIpAllocator({
    serviceCidrs: () => [],
    isKnown: () => false,
    create: async () => true,
    remove: async () => undefined,
  });
  return new ServiceAllocator(['IPv4'], ips, ports);
}

type Entry = [port: number, protocol: string, nodePort?: number];

const nodePortService = (entries: Entry[], more: Plain = {}): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 'web', namespace: 'ns' },
  spec: {
    type: 'NodePort',
    clusterIP: 'None',
    clusterIPs: ['None'],
    ipFamilies: ['IPv4'],
    ipFamilyPolicy: 'SingleStack',
    selector: { app: 'web' },
    ports: entries.map(([port, protocol, nodePort]) => ({ port, protocol, nodePort })),
    ...more,
  },
});

/** The node ports that a write gives, or the refusal. */
async function written(
  next: KubeObject,
  old?: KubeObject,
  dryRun = false,
): Promise<(number | undefined)[] | string> {
  try {
    await (await allocator()).allocate(next, old, dryRun);
    return next.spec.ports.map(({ nodePort }: Plain) => nodePort);
  } catch (error) {
    assert(error instanceof StatusError);
    return `${error.code} ${error.reason} ${error.message}`;
  }
}

const invalid = (entry: number, port: number, text: string) =>
  `422 Invalid Service "web" is invalid: spec.ports[${entry}].nodePort: Invalid value: ${port}: provided port is ${text}`;

for (const [title, entries, answer] of [
  [
    'both protocols of one port may name one',
    [
      [53, 'TCP', 30001],
      [53, 'UDP', 30001],
    ],
    [30001, 30001],
  ],
  [
    'an entry takes the port that a later one of the same service port names',
    [
      [53, 'TCP'],
      [53, 'UDP', 30001],
    ],
    [30001, 30001],
  ],
  [
    'entries of one service port may name different ones',
    [
      [53, 'TCP', 30001],
      [53, 'UDP', 30002],
    ],
    [30001, 30002],
  ],
  [
    'two service ports cannot name one, whatever their protocols',
    [
      [53, 'TCP', 30001],
      [54, 'UDP', 30001],
    ],
    invalid(1, 30001, 'already allocated'),
  ],
  [
    'the first that cannot be had is told',
    [
      [1, 'TCP', 30001],
      [2, 'TCP', 30009],
      [3, 'TCP', 80],
    ],
    invalid(1, 30009, 'already allocated'),
  ],
  [
    'a port out of the range is refused',
    [[1, 'TCP', 80]],
    invalid(0, 80, 'not in the valid range. The range of valid ports is 30000-30063'),
  ],
] satisfies [string, Entry[], unknown][]) {
  test(`a new Service: ${title}`, async () => {
    assert.deepEqual(await written(nodePortService(entries)), answer);
  });
}

test('a dry run makes up numbers that no port has, and does not look at the range', async () => {
  const dry = (...entries: Entry[]) => written(nodePortService(entries), undefined, true);
  assert.deepEqual(await dry([1, 'TCP'], [2, 'TCP']), [32769, 32770]);
  assert.deepEqual(await dry([1, 'TCP', 80], [2, 'TCP']), [80, 81]);
  assert.equal(await dry([1, 'TCP', 30009]), invalid(0, 30009, 'already allocated'));
  assert.equal(
    await dry([1, 'TCP', 30001], [2, 'UDP', 30001]),
    invalid(1, 30001, 'already allocated'),
  );
});

test('a change may name a port for both protocols, and gets one for each entry without', async () => {
  const old = nodePortService([[53, 'TCP', 30009]]);
  const next = nodePortService([
    [53, 'TCP', 30009],
    [54, 'UDP', 30009],
    [55, 'TCP', 30001],
    [56, 'UDP', 30001],
  ]);
  assert.deepEqual(await written(next, old), [30009, 30009, 30001, 30001]);
  const open = await written(
    nodePortService([
      [53, 'TCP'],
      [53, 'UDP'],
    ]),
    old,
  );
  assert.notEqual(open[0], open[1]);
});

test('a change that names a port twice for one protocol is answered with 500', async () => {
  const old = nodePortService([[53, 'TCP', 30009]]);
  const next = nodePortService([
    [53, 'TCP', 30009],
    [54, 'TCP', 30009],
  ]);
  assert.equal(await written(next, old), '500  duplicate nodePort: {TCP 30009}');
});

test('a port for health checks that is taken is answered with 500', async () => {
  const balanced = (entries: Entry[], healthCheckNodePort: number) =>
    nodePortService(entries, {
      type: 'LoadBalancer',
      externalTrafficPolicy: 'Local',
      healthCheckNodePort,
    });
  const refused = (port: number) =>
    `500 InternalError Internal error occurred: failed to allocate requested HealthCheck NodePort ${port}: provided port is already allocated`;
  assert.equal(await written(balanced([[1, 'TCP', 30001]], 30001)), refused(30001));
  assert.equal(await written(balanced([[1, 'TCP', 30001]], 30009)), refused(30009));
  const old = balanced([[1, 'TCP', 30001]], 30009);
  assert.equal(
    await written(balanced([[1, 'TCP', 30009]], 30009), old),
    invalid(0, 30009, 'already allocated'),
  );
});
