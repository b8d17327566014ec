import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { KubeObject } from '../../../object/object.ts';
import type { IpFamily } from '../ip-format.ts';
import type { Plain } from '../plain.ts';
import { NodePortAllocator } from './node-port.ts';
import { service } from './service.ts';
import { ServiceAllocator } from './service-allocation.ts';
import { ServiceIpAllocator } from './service-ip.ts';

const info = { user: { name: 'me', groups: [] }, now: new Date(0), dryRun: false };

/** A cluster whose addresses and ports lie in plain variables. */
function cluster(cidrs = ['10.96.0.0/24'], families: IpFamily[] = ['IPv4']) {
  const addresses = new Map<string, KubeObject>();
  const state: { allocation: KubeObject | undefined } = { allocation: undefined };
  const ips = new ServiceIpAllocator({
    serviceCidrs: () => [
      { apiVersion: 'networking.k8s.io/v1', kind: 'ServiceCIDR', metadata: {}, spec: { cidrs } },
    ],
    isKnown: (ip) => addresses.has(ip),
    async create(object) {
      const name = object.metadata.name ?? '';
      if (addresses.has(name)) return false;
      addresses.set(name, object);
      return true;
    },
    async remove(ip) {
      addresses.delete(ip);
    },
  });
  const nodePorts = new NodePortAllocator(
    { first: 30000, last: 30063 },
    {
      read: async () => state.allocation,
      async update(change) {
        state.allocation = change(state.allocation);
      },
    },
  );
  return { addresses, state, allocator: new ServiceAllocator(families, ips, nodePorts) };
}

function prepared(spec: Plain, old?: KubeObject): KubeObject {
  const object: KubeObject = {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'web', namespace: 'default' },
    spec: { selector: { app: 'web' }, ports: [{ port: 80 }], ...spec },
  };
  service.default?.(object);
  if (old === undefined) service.prepareForCreate?.(object, info);
  else service.prepareForUpdate?.(object, old, info);
  return object;
}

describe('allocation of a Service', () => {
  test('a new Service gets an address of the range and passes validation', async () => {
    const { allocator, addresses } = cluster();
    const web = prepared({});
    await allocator.allocate(web, undefined, false);
    assert.match(web.spec.clusterIP, /^10\.96\.0\.[0-9]+$/);
    assert.deepEqual(web.spec.clusterIPs, [web.spec.clusterIP]);
    assert.deepEqual(web.spec.ipFamilies, ['IPv4']);
    assert.equal(web.spec.ipFamilyPolicy, 'SingleStack');
    const parent = addresses.get(web.spec.clusterIP)?.spec.parentRef;
    assert.deepEqual(parent, {
      resource: 'services',
      namespace: 'default',
      name: 'web',
    });
    assert.deepEqual(service.validateCreate?.(web), []);
  });

  test('an address that is taken or outside the range is refused in upstream words', async () => {
    const { allocator } = cluster();
    await allocator.allocate(prepared({ clusterIP: '10.96.0.10' }), undefined, false);
    await assert.rejects(
      allocator.allocate(prepared({ clusterIP: '10.96.0.10' }), undefined, false),
      /spec.clusterIPs: Invalid value: \["10.96.0.10"\]: failed to allocate IP 10.96.0.10: provided IP is already allocated/,
    );
    for (const clusterIP of ['10.97.0.1', '10.96.0.0', '10.96.0.255']) {
      await assert.rejects(
        allocator.allocate(prepared({ clusterIP }), undefined, false),
        /the provided network does not match the current range/,
      );
    }
  });

  test('every address of a range is given once, then the range is full', async () => {
    const { allocator, addresses } = cluster(['10.96.0.0/28']);
    for (let i = 0; i < 14; i++) await allocator.allocate(prepared({}), undefined, false);
    assert.equal(addresses.size, 14);
    assert.ok(!addresses.has('10.96.0.0') && !addresses.has('10.96.0.15'));
    await assert.rejects(allocator.allocate(prepared({}), undefined, false), /range is full/);
  });

  test('a failed write gives back what was taken, a dry run takes nothing', async () => {
    const { allocator, addresses, state } = cluster();
    const taken = await allocator.allocate(prepared({ type: 'NodePort' }), undefined, false);
    await taken.revert();
    assert.equal(addresses.size, 0);
    assert.equal(state.allocation?.data, '');
    await allocator.allocate(prepared({ type: 'NodePort' }), undefined, true);
    assert.equal(addresses.size, 0);
  });

  test('node ports: one for both protocols of a port, refused when taken or out of range', async () => {
    const { allocator } = cluster();
    const ports = [
      { name: 'a', port: 53, protocol: 'TCP' },
      { name: 'b', port: 53, protocol: 'UDP' },
    ];
    const dns = prepared({ type: 'NodePort', ports });
    await allocator.allocate(dns, undefined, false);
    assert.equal(dns.spec.ports[0].nodePort, dns.spec.ports[1].nodePort);
    const { nodePort } = dns.spec.ports[0];
    const again = prepared({ type: 'NodePort', ports: [{ port: 1, nodePort }] });
    await assert.rejects(
      allocator.allocate(again, undefined, false),
      new RegExp(
        `spec.ports\\[0\\].nodePort: Invalid value: ${nodePort}: provided port is already allocated`,
      ),
    );
    const far = prepared({ type: 'NodePort', ports: [{ port: 1, nodePort: 80 }] });
    await assert.rejects(
      allocator.allocate(far, undefined, false),
      /provided port is not in the valid range. The range of valid ports is 30000-30063/,
    );
  });

  test('the bitmap of ports is the number that Go writes', async () => {
    const { allocator, state } = cluster();
    const ports = [{ port: 1, nodePort: 30000 }];
    await allocator.allocate(prepared({ type: 'NodePort', ports }), undefined, false);
    assert.deepEqual([...Buffer.from(state.allocation?.data, 'base64')], [1]);
    const nine = [{ port: 1, nodePort: 30009 }];
    await allocator.allocate(prepared({ type: 'NodePort', ports: nine }), undefined, false);
    assert.deepEqual([...Buffer.from(state.allocation?.data, 'base64')], [2, 1]);
  });

  test('becoming ExternalName gives everything back after the write', async () => {
    const { allocator, addresses, state } = cluster();
    const old = prepared({ type: 'NodePort' });
    await allocator.allocate(old, undefined, false);
    const next = prepared({ type: 'ExternalName', externalName: 'x.example' }, old);
    const change = await allocator.allocate(next, old, false);
    assert.equal(addresses.size, 1);
    await change.commit();
    assert.equal(addresses.size, 0);
    assert.equal(state.allocation?.data, '');
    assert.equal(next.spec.clusterIP, undefined);
  });

  test('an update that says nothing about addresses keeps them', async () => {
    const { allocator, addresses } = cluster();
    const old = prepared({ type: 'NodePort' });
    await allocator.allocate(old, undefined, false);
    const next = prepared(
      { type: 'NodePort', ports: [{ port: 80 }, { port: 81, name: 'x' }] },
      old,
    );
    await allocator.allocate(next, old, false);
    assert.equal(next.spec.clusterIP, old.spec.clusterIP);
    assert.equal(next.spec.ports[0].nodePort, old.spec.ports[0].nodePort);
    assert.notEqual(next.spec.ports[1].nodePort, next.spec.ports[0].nodePort);
    assert.equal(addresses.size, 1);
  });

  test('families follow the policy and the cluster', async () => {
    const both = cluster(['10.96.0.0/24', 'fd00::/112'], ['IPv4', 'IPv6']);
    const dual = prepared({ ipFamilyPolicy: 'PreferDualStack' });
    await both.allocator.allocate(dual, undefined, false);
    assert.deepEqual(dual.spec.ipFamilies, ['IPv4', 'IPv6']);
    assert.equal(dual.spec.clusterIPs.length, 2);
    await assert.rejects(
      cluster().allocator.allocate(
        prepared({ ipFamilyPolicy: 'RequireDualStack' }),
        undefined,
        false,
      ),
      /this cluster is not configured for dual-stack services/,
    );
    const headless = prepared({ clusterIP: 'None', selector: {} });
    await cluster().allocator.allocate(headless, undefined, false);
    assert.equal(headless.spec.ipFamilyPolicy, 'RequireDualStack');
    assert.deepEqual(headless.spec.clusterIPs, ['None']);
  });
});
