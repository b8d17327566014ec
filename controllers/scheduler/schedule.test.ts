import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { KubeObject } from '../../object/object.ts';
import { PendingPods } from './pending-pods.ts';
import { podRequest } from './resources.ts';
import { schedule } from './schedule.ts';
import { nodeInfos, type Snapshot, type VolumeView } from './snapshot.ts';

function node(
  name: string,
  more: { labels?: object; taints?: object[]; cpu?: string } = {},
): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name, labels: { 'kubernetes.io/hostname': name, ...more.labels } },
    spec: { taints: more.taints ?? [] },
    status: { allocatable: { cpu: more.cpu ?? '4', memory: '8Gi', pods: '10' } },
  };
}

let serial = 0;
function pod(spec: object = {}, labels: Record<string, string> = {}): KubeObject {
  serial++;
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: `p${serial}`, namespace: 'default', uid: `u${serial}`, labels },
    spec: { containers: [{ name: 'c' }], ...spec },
  };
}

const asking = (cpu: string) => ({ containers: [{ name: 'c', resources: { requests: { cpu } } }] });

function snapshot(
  nodes: KubeObject[],
  pods: KubeObject[] = [],
  volumes: Partial<VolumeView> = {},
): Snapshot {
  return {
    nodes: nodeInfos(nodes, (name) => pods.filter((p) => p.spec.nodeName === name)),
    namespaceLabels: () => ({}),
    volumes: {
      claim: () => undefined,
      volume: () => undefined,
      volumes: () => [],
      storageClass: () => undefined,
      ...volumes,
    },
  };
}

const choose = (p: KubeObject, s: Snapshot) => {
  const decision = schedule(p, s, () => 0);
  return decision.kind === 'node' ? decision.node : decision.message;
};

test('every reason is counted, in the words and order of upstream', () => {
  const nodes = [
    node('a', { cpu: '1' }),
    node('b', { taints: [{ key: 'k', effect: 'NoSchedule' }] }),
    node('c', { labels: { disk: 'hdd' } }),
  ];
  assert.equal(
    choose(pod({ ...asking('2'), nodeSelector: { disk: 'ssd' } }), snapshot(nodes)),
    "0/3 nodes are available: 1 node(s) had untolerated taint(s), 2 node(s) didn't match Pod's node affinity/selector.",
  );
  assert.equal(
    choose(pod(asking('5')), snapshot([node('a'), node('c')])),
    '0/2 nodes are available: 2 Insufficient cpu.',
  );
  assert.equal(choose(pod(), snapshot([])), 'no nodes available to schedule pods');
});

test('init containers count by the largest step, sidecars run on', () => {
  const requests = podRequest(
    pod({
      containers: [{ resources: { requests: { cpu: '1' } } }],
      initContainers: [
        { restartPolicy: 'Always', resources: { requests: { cpu: '500m' } } },
        { resources: { requests: { cpu: '2' } } },
      ],
      overhead: { cpu: '100m' },
    }),
  );
  assert.equal(requests.get('cpu'), 2600);
});

test('resources in use, host ports and the number of pods are respected', () => {
  const busy = pod({ ...asking('3500m'), nodeName: 'a' });
  assert.equal(choose(pod(asking('1')), snapshot([node('a'), node('b')], [busy])), 'b');
  const port = { containers: [{ ports: [{ hostPort: 80 }] }] };
  const taken = pod({ ...port, nodeName: 'a' });
  assert.equal(choose(pod(port), snapshot([node('a'), node('b')], [taken])), 'b');
  const full = Array.from({ length: 10 }, () => pod({ nodeName: 'a' }));
  assert.match(choose(pod(), snapshot([node('a')], full)), /1 Too many pods/);
});

test('required anti-affinity holds both ways', () => {
  const podAntiAffinity = {
    requiredDuringSchedulingIgnoredDuringExecution: [
      { labelSelector: { matchLabels: { app: 'x' } }, topologyKey: 'kubernetes.io/hostname' },
    ],
  };
  const first = pod({ nodeName: 'a', affinity: { podAntiAffinity } }, { app: 'x' });
  const nodes = [node('a'), node('b')];
  assert.equal(
    choose(pod({ affinity: { podAntiAffinity } }, { app: 'x' }), snapshot(nodes, [first])),
    'b',
  );
  // The newcomer says nothing; the one that is there does not want it.
  assert.equal(choose(pod({}, { app: 'x' }), snapshot(nodes, [first])), 'b');
  assert.match(
    choose(pod({}, { app: 'x' }), snapshot([node('a')], [first])),
    /didn't satisfy existing pods anti-affinity rules/,
  );
});

test('affinity follows a pod to its zone, and the first of a group may start anywhere', () => {
  const podAffinity = {
    requiredDuringSchedulingIgnoredDuringExecution: [
      { labelSelector: { matchLabels: { app: 'x' } }, topologyKey: 'zone' },
    ],
  };
  const nodes = [node('a', { labels: { zone: 'z1' } }), node('b', { labels: { zone: 'z2' } })];
  const there = pod({ nodeName: 'b' }, { app: 'x' });
  assert.equal(choose(pod({ affinity: { podAffinity } }), snapshot(nodes, [there])), 'b');
  assert.match(
    choose(pod({ affinity: { podAffinity } }), snapshot(nodes)),
    /didn't match pod affinity/,
  );
  assert.ok(
    ['a', 'b'].includes(choose(pod({ affinity: { podAffinity } }, { app: 'x' }), snapshot(nodes))),
  );
});

test('topology spread keeps the skew, whatever is asked of it', () => {
  const topologySpreadConstraints = [
    {
      maxSkew: 1,
      topologyKey: 'zone',
      whenUnsatisfiable: 'DoNotSchedule',
      labelSelector: { matchLabels: { app: 'x' } },
    },
  ];
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 2, max: 4 }), (count, zones) => {
      const nodes = Array.from({ length: 5 }, (_, i) =>
        node(`n${i}`, { labels: { zone: `z${i % zones}` } }),
      );
      const placed: KubeObject[] = [];
      for (let i = 0; i < count; i++) {
        const next = pod({ topologySpreadConstraints }, { app: 'x' });
        next.spec.nodeName = choose(next, snapshot(nodes, placed));
        placed.push(next);
      }
      const perZone = Array.from(
        { length: zones },
        (_, z) => placed.filter((p) => Number(p.spec.nodeName.slice(1)) % zones === z).length,
      );
      assert.ok(Math.max(...perZone) - Math.min(...perZone) <= 1, JSON.stringify(perZone));
    }),
    { numRuns: 30 },
  );
});

test('volumes decide: unbound immediate claims wait, bound ones bind to their node, first consumers choose', () => {
  const mounts = { volumes: [{ name: 'v', persistentVolumeClaim: { claimName: 'data' } }] };
  const claim = (bound?: string): KubeObject => ({
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: {
      name: 'data',
      namespace: 'default',
      annotations: bound === undefined ? {} : { 'pv.kubernetes.io/bind-completed': 'yes' },
    },
    spec: { storageClassName: 'local', volumeName: bound ?? '' },
  });
  const nodes = [node('a'), node('b')];
  assert.match(choose(pod(mounts), snapshot(nodes)), /persistentvolumeclaim "data" not found/);
  assert.match(
    choose(pod(mounts), snapshot(nodes, [], { claim: () => claim() })),
    /pod has unbound immediate PersistentVolumeClaims/,
  );
  const terms = [
    { matchExpressions: [{ key: 'kubernetes.io/hostname', operator: 'In', values: ['b'] }] },
  ];
  const volume: KubeObject = {
    apiVersion: 'v1',
    kind: 'PersistentVolume',
    metadata: { name: 'pv' },
    spec: { nodeAffinity: { required: { nodeSelectorTerms: terms } } },
  };
  const bound = { claim: () => claim('pv'), volume: () => volume };
  assert.equal(choose(pod(mounts), snapshot(nodes, [], bound)), 'b');
  const waiting = {
    claim: () => claim(),
    storageClass: () =>
      ({
        metadata: {},
        provisioner: 'quorate.dev/local',
        volumeBindingMode: 'WaitForFirstConsumer',
      }) as unknown as KubeObject,
  };
  const decision = schedule(pod(mounts), snapshot(nodes, [], waiting), () => 0);
  assert.equal(decision.kind === 'node' && decision.claims.length, 1);
});

test('pods of one owner are spread over nodes, an emptier node is preferred', () => {
  const owner = [{ apiVersion: 'v1', kind: 'R', name: 'r', uid: 'r', controller: true }];
  const owned = (spec: object) => {
    const p = pod(spec);
    p.metadata.ownerReferences = owner;
    return p;
  };
  assert.equal(
    choose(owned({}), snapshot([node('a'), node('b')], [owned({ nodeName: 'a' })])),
    'b',
  );
  assert.equal(
    choose(pod(), snapshot([node('a'), node('b')], [pod({ ...asking('2'), nodeName: 'a' })])),
    'b',
  );
});

test('pods that ask for nothing go where fewer are, also when the cpu assumed of them is used up', () => {
  const small = [node('a', { cpu: '500m' }), node('b', { cpu: '500m' })];
  const there = [...Array<string>(8).fill('a'), ...Array<string>(6).fill('b')];
  const pods = there.map((nodeName) => pod({ nodeName }));
  assert.equal(choose(pod(), snapshot(small, pods)), 'b');
});

test('the balance is of what is asked for, not of what is assumed', () => {
  const on = (nodeName: string, requests: object) =>
    pod({ containers: [{ name: 'c', resources: { requests } }], nodeName });
  // on both as much is used when each counts with what is assumed of it; asked for is cpu alone, and on `a` more
  const pods = [
    on('a', { cpu: '1200m', memory: '200Mi' }),
    ...Array.from({ length: 8 }, () => on('b', { memory: '200Mi' })),
    ...Array.from({ length: 7 }, () => on('a', { cpu: '0', memory: '200Mi' })),
    on('b', { cpu: '400m', memory: '0' }),
  ];
  assert.equal(choose(pod(asking('100m')), snapshot([node('a'), node('b')], pods)), 'b');
});

test('the most important pod is tried first; one that did not fit rests until something changes', () => {
  const pending = new PendingPods();
  pending.add({ key: 'low', priority: 0, createdAt: 1 });
  pending.add({ key: 'high', priority: 9, createdAt: 2 });
  assert.equal(pending.next(0)?.key, 'high');
  pending.rest('high', 0);
  assert.equal(pending.next(60_000)?.key, 'low');
  pending.wakeAll();
  assert.equal(pending.next(999)?.key, 'low');
  assert.equal(pending.next(1000)?.key, 'high');
});

test('a pod that waits for its volumes is tried again as soon as something changes', () => {
  const pending = new PendingPods();
  pending.add({ key: 'bound-soon', priority: 0, createdAt: 1 });
  pending.hold('bound-soon', 0);
  assert.equal(pending.next(999), undefined);
  pending.wakeAll();
  assert.equal(pending.next(1)?.key, 'bound-soon');
});

test('what no node can help with is told of the pod', () => {
  const ephemeral = pod({ volumes: [{ name: 'v', ephemeral: { volumeClaimTemplate: {} } }] });
  const name = `${ephemeral.metadata.name}-v`;
  const claim = (more: object) => ({
    volumes: { claim: () => ({ kind: 'PersistentVolumeClaim', ...more }) as KubeObject },
  });
  const told = (p: KubeObject, volumes?: Partial<VolumeView>) =>
    choose(p, snapshot([node('a')], [], volumes));
  assert.equal(
    told(ephemeral),
    `0/1 nodes are available: waiting for ephemeral volume controller to create the persistentvolumeclaim "${name}".`,
  );
  const foreign = claim({ metadata: { name, namespace: 'default' } });
  assert.equal(
    told(ephemeral, foreign.volumes),
    `0/1 nodes are available: PVC default/${name} was not created for pod default/${ephemeral.metadata.name} (pod is not owner).`,
  );
  const lost = claim({
    metadata: { name: 'd', namespace: 'default' },
    spec: { volumeName: 'gone' },
    status: { phase: 'Lost' },
  });
  assert.equal(
    told(pod({ volumes: [{ persistentVolumeClaim: { claimName: 'd' } }] }), lost.volumes),
    '0/1 nodes are available: persistentvolumeclaim "d" bound to non-existent persistentvolume "gone".',
  );
  assert.equal(
    told(pod({ resourceClaims: [{ name: 'gpu', resourceClaimName: 'gpu' }] })),
    '0/1 nodes are available: this scheduler does not allocate the devices of spec.resourceClaims.',
  );
});
