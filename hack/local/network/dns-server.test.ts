import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { promises as dns } from 'node:dns';
import { once } from 'node:events';
import { connect } from 'node:net';
import { after, before, test } from 'node:test';
import fc from 'fast-check';
import type { Directory } from './dns-names.ts';
import { type DnsServer, serveDns } from './dns-server.ts';
import type { Endpoint } from './endpoints.ts';

/** The server as a resolver sees it: Node's own (c-ares) asks. */

const endpoint = (more: Partial<Endpoint>): Endpoint => ({
  address: '10.244.1.2',
  port: 2379,
  ready: true,
  terminating: false,
  hostname: undefined,
  ...more,
});
const members = [
  endpoint({ address: '10.244.1.2', hostname: 'etcd-0' }),
  endpoint({ address: '10.244.2.2', hostname: 'etcd-1' }),
  endpoint({ address: '10.244.3.2', hostname: 'etcd-2', ready: false }),
  endpoint({ address: '10.244.3.3' }),
];
const many = Array.from({ length: 60 }, (_, i) => endpoint({ address: `10.244.9.${i + 1}` }));
const services: Record<string, object> = {
  'default/web': {
    spec: { clusterIP: '10.96.0.7', ports: [{ name: 'https', port: 443, protocol: 'TCP' }] },
  },
  'default/etcd': { spec: { clusterIP: 'None' } },
  'default/many': { spec: { clusterIP: 'None' } },
  'default/empty': { spec: { clusterIP: 'None' } },
  'default/elsewhere': { spec: { type: 'ExternalName', externalName: 'example.com' } },
};
const endpoints: Record<string, Endpoint[]> = { 'default/etcd': members, 'default/many': many };
const directory = {
  service: (namespace: string, name: string) => services[`${namespace}/${name}`],
  endpoints: (namespace: string, name: string) => endpoints[`${namespace}/${name}`] ?? [],
  ports: () => [{ name: 'client', port: 2379, protocol: 'TCP' }],
} as unknown as Directory;

let server: DnsServer;
const resolver = new dns.Resolver({ timeout: 5000, tries: 2 });

before(async () => {
  server = await serveDns({ directory, zone: 'cluster.local', address: '127.0.0.1', port: 0 });
  resolver.setServers([`127.0.0.1:${server.port}`]);
});
after(() => server.close());

const zone = (name: string) => `${name}.svc.cluster.local`;

test('a Service has its cluster address, in any letter case, and no IPv6 address', async () => {
  assert.deepEqual(await resolver.resolve4(zone('web.default')), ['10.96.0.7']);
  assert.deepEqual(await resolver.resolve4(zone('WEB.Default')), ['10.96.0.7']);
  await assert.rejects(resolver.resolve6(zone('web.default')), { code: 'ENODATA' });
});

test('a headless Service has the addresses of what is ready, each under a name of its own', async () => {
  assert.deepEqual(await resolver.resolve4(zone('etcd.default')), [
    '10.244.1.2',
    '10.244.2.2',
    '10.244.3.3',
  ]);
  assert.deepEqual(await resolver.resolve4(zone('etcd-1.etcd.default')), ['10.244.2.2']);
  assert.deepEqual(await resolver.resolve4(zone('10-244-3-3.etcd.default')), ['10.244.3.3']);
  await assert.rejects(resolver.resolve4(zone('etcd-2.etcd.default')), { code: 'ENOTFOUND' });
});

test('SRV names ports and the names behind them', async () => {
  const headless = await resolver.resolveSrv(zone('_client._tcp.etcd.default'));
  assert.deepEqual(headless.map(({ name, port }) => `${name}:${port}`).sort(), [
    `10-244-3-3.${zone('etcd.default')}:2379`,
    `etcd-0.${zone('etcd.default')}:2379`,
    `etcd-1.${zone('etcd.default')}:2379`,
  ]);
  const [cluster] = await resolver.resolveSrv(zone('_https._tcp.web.default'));
  assert.equal(`${cluster?.name}:${cluster?.port}`, `${zone('web.default')}:443`);
  await assert.rejects(resolver.resolveSrv(zone('_http._tcp.web.default')), { code: 'ENOTFOUND' });
});

test('what is not there, or not in the zone, does not exist', async () => {
  for (const name of [
    zone('none.default'),
    zone('web.other'),
    zone('x.web.default'),
    'debian.org',
  ]) {
    await assert.rejects(resolver.resolve4(name), { code: 'ENOTFOUND' }, name);
  }
});

test('an ExternalName is an alias, and a pod is named by its address', async () => {
  assert.deepEqual(await resolver.resolveCname(zone('elsewhere.default')), ['example.com']);
  assert.deepEqual(await resolver.resolve4('10-244-1-9.default.pod.cluster.local'), ['10.244.1.9']);
});

test('an answer too long for a datagram is cut, flagged and whole over TCP', async () => {
  // Without EDNS 512 bytes are the limit; the resolver asks again over TCP by itself.
  const found = await resolver.resolve4(zone('many.default'));
  assert.equal(found.length, 60);
});

/** A question as RFC 1035 writes it. */
function query(name: string, id = 7): Buffer {
  const labels = name.split('.').map((l) => Buffer.from(`${String.fromCharCode(l.length)}${l}`));
  const header = Buffer.from([0, id, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0]);
  return Buffer.concat([header, ...labels, Buffer.from([0, 0, 1, 0, 1])]);
}

test('two questions in one TCP segment, and one in two, are all answered', async () => {
  const socket = connect(server.port, '127.0.0.1');
  const framed = (message: Buffer) => Buffer.concat([Buffer.from([0, message.length]), message]);
  const bytes = Buffer.concat([1, 2, 3].map((id) => framed(query(zone('web.default'), id))));
  socket.write(bytes.subarray(0, bytes.length - 20));
  setTimeout(() => socket.write(bytes.subarray(bytes.length - 20)), 20);
  let received = Buffer.alloc(0);
  const ids: number[] = [];
  while (ids.length < 3) {
    const [chunk] = (await once(socket, 'data')) as [Buffer];
    received = Buffer.concat([received, chunk]);
    while (received.length >= 2 && received.length >= 2 + received.readUInt16BE(0)) {
      ids.push(received.readUInt16BE(2));
      received = received.subarray(2 + received.readUInt16BE(0));
    }
  }
  socket.destroy();
  assert.deepEqual(ids, [1, 2, 3]);
});

test('no bytes, however wrong, keep it from answering the next question', async () => {
  const socket = createSocket('udp4');
  const whole = query(zone('web.default'));
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 80 }), fc.nat(60), async (noise, keep) => {
      socket.send(Buffer.concat([whole.subarray(0, keep), noise]), server.port, '127.0.0.1');
    }),
    { numRuns: 200 },
  );
  socket.close();
  assert.deepEqual(await resolver.resolve4(zone('web.default')), ['10.96.0.7']);
});
