import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { KubeObject } from '../../object/object.ts';
import { planSubsets } from './endpoints-plan.ts';
import { planSlices } from './slice-plan.ts';

function service(spec: object = {}): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'web', namespace: 'default', uid: 's', labels: { team: 'a' } },
    spec: {
      clusterIP: '10.96.0.1',
      ipFamilies: ['IPv4'],
      selector: { app: 'web' },
      ports: [{ name: 'http', port: 80, targetPort: 'web' }],
      ...spec,
    },
  };
}

function pod(
  n: number,
  more: { ready?: boolean; port?: number; ending?: boolean; spec?: object } = {},
) {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: `p${n}`,
      namespace: 'default',
      uid: `u${n}`,
      labels: { app: 'web' },
      ...(more.ending === true ? { deletionTimestamp: '2026-01-01T00:00:00Z' } : {}),
    },
    spec: {
      nodeName: 'n1',
      containers: [{ name: 'c', ports: [{ name: 'web', containerPort: more.port ?? 8080 }] }],
      ...more.spec,
    },
    status: {
      phase: 'Running',
      podIP: `10.0.0.${n}`,
      podIPs: [{ ip: `10.0.0.${n}` }, { ip: `fd00::${n}` }],
      conditions: [{ type: 'Ready', status: more.ready === false ? 'False' : 'True' }],
    },
  } as KubeObject;
}

const noZone = () => undefined;
const plan = (s: KubeObject, pods: KubeObject[], existing: KubeObject[] = []) =>
  planSlices(s, pods, existing, noZone);

test('a traffic distribution says whose traffic an endpoint that is ready is for', () => {
  const zoneOf = (node: string) => (node === 'n1' ? 'z' : undefined);
  const hints = (trafficDistribution: string | undefined, existing: KubeObject[] = []) => {
    const s = service({ trafficDistribution });
    const made = planSlices(s, [pod(1), pod(2, { ready: false })], existing, zoneOf);
    return [...made.create, ...made.update].flatMap(({ endpoints }) =>
      endpoints.map((e: { hints?: object }) => e.hints),
    );
  };
  const zone = { forZones: [{ name: 'z' }] };
  assert.deepEqual(hints('PreferClose'), [zone, undefined]);
  assert.deepEqual(hints('PreferSameZone'), [zone, undefined]);
  assert.deepEqual(hints('PreferSameNode'), [{ ...zone, forNodes: [{ name: 'n1' }] }, undefined]);
  assert.deepEqual(hints(undefined), [undefined, undefined]);
  const before = planSlices(service({ trafficDistribution: 'PreferClose' }), [pod(1)], [], zoneOf);
  assert.deepEqual(hints(undefined, before.create), [undefined, undefined]);
});

test('ready, serving and terminating say what the pod is', () => {
  const [slice] = plan(service(), [
    pod(1),
    pod(2, { ready: false }),
    pod(3, { ending: true }),
  ]).create;
  assert.deepEqual(
    slice?.endpoints.map((e: { conditions: object }) => e.conditions),
    [
      { ready: true, serving: true, terminating: false },
      { ready: false, serving: false, terminating: false },
      { ready: false, serving: true, terminating: true },
    ],
  );
  assert.deepEqual(slice?.ports, [{ name: 'http', protocol: 'TCP', port: 8080 }]);
  assert.equal(slice?.metadata.labels?.team, 'a');
});

test('a slice that is right is left alone; a change touches only its own slice', () => {
  const pods = Array.from({ length: 150 }, (_, i) => pod(i + 1));
  const made = plan(service(), pods).create.map((s, i) => {
    s.metadata.name = `web-${i}`;
    return s;
  });
  assert.deepEqual(
    made.map((s) => s.endpoints.length),
    [100, 50],
  );
  assert.deepEqual(plan(service(), pods, made), { create: [], update: [], remove: [] });
  pods[0] = pod(1, { ready: false });
  const next = plan(service(), pods, made);
  assert.deepEqual(
    next.update.map((s) => s.metadata.name),
    ['web-0'],
  );
  assert.equal(next.create.length + next.remove.length, 0);
});

test('pods with another port number are in another slice, and each family in its own', () => {
  const dual = service({ ipFamilies: ['IPv4', 'IPv6'] });
  const slices = plan(dual, [pod(1), pod(2, { port: 9090 })]).create;
  assert.deepEqual(
    slices.map((s) => `${s.addressType} ${s.ports[0].port} ${s.endpoints[0].addresses[0]}`),
    ['IPv4 8080 10.0.0.1', 'IPv4 9090 10.0.0.2', 'IPv6 8080 fd00::1', 'IPv6 9090 fd00::2'],
  );
});

test('a service nobody serves keeps one empty slice', () => {
  const [empty] = plan(service(), []).create;
  assert.deepEqual(empty?.endpoints, []);
  const kept = plan(service(), [], empty === undefined ? [] : [empty]);
  assert.deepEqual(kept, { create: [], update: [], remove: [] });
});

test('headless: pods with a host name of their own are told apart, unready ones published on request', () => {
  const headless = service({ clusterIP: 'None', publishNotReadyAddresses: true });
  const own = pod(1, { ready: false, spec: { hostname: 'p1', subdomain: 'web' } });
  const [slice] = plan(headless, [own]).create;
  assert.equal(slice?.endpoints[0].hostname, 'p1');
  assert.equal(slice?.endpoints[0].conditions.ready, true);
  assert.equal(slice?.metadata.labels?.['service.kubernetes.io/headless'], '');
  assert.equal(planSubsets(headless, [own]).subsets[0]?.addresses?.length, 1);
});

test('Endpoints: ready and not ready apart, terminating pods left out, sorted', () => {
  const { subsets } = planSubsets(service(), [
    pod(3),
    pod(1),
    pod(2, { ready: false }),
    pod(4, { ending: true }),
  ]);
  assert.equal(subsets.length, 1);
  assert.deepEqual(
    subsets[0]?.addresses?.map((a) => a.ip),
    ['10.0.0.1', '10.0.0.3'],
  );
  assert.deepEqual(
    subsets[0]?.notReadyAddresses?.map((a) => a.ip),
    ['10.0.0.2'],
  );
});

test('Endpoints stop at a thousand addresses and say so', () => {
  const many = Array.from({ length: 1200 }, (_, i) => {
    const p = pod(1);
    p.status.podIPs = [{ ip: `10.${i >> 8}.${i & 255}.1` }];
    return p;
  });
  const { subsets, truncated } = planSubsets(service(), many);
  assert.equal(truncated, true);
  assert.equal(subsets[0]?.addresses?.length, 1000);
});
