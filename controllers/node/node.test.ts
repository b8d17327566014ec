import assert from 'node:assert/strict';
import { mock, test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import fc from 'fast-check';
import type { KubeObject } from '../../object/object.ts';
import { conditionOf } from '../pod.ts';
import { nodes, pods } from '../resources.ts';
import { startScenario } from '../scenario.ts';
import type { Taint } from '../taint.ts';
import { formatCidr, freeBlock, overlaps, parseCidr } from './cidr-range.ts';
import { type Heartbeat, observeHeartbeat, silenced, taintsFor } from './node-health.ts';
import { nodeLifecycleController } from './node-lifecycle.ts';
import { podGarbageCollector, surplus } from './pod-gc.ts';
import { taintEvictionController, toleratedMs } from './taint-eviction.ts';

const settings = { graceMs: 50_000, startupGraceMs: 60_000 };
const start = Date.parse('2026-01-01T00:00:00Z');
const after = (seconds: number) => new Date(start + seconds * 1000);

function node(
  ready?: string,
  more: { taints?: Taint[]; unschedulable?: boolean } = {},
): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name: 'n', creationTimestamp: '2026-01-01T00:00:00Z' },
    spec: more,
    status: {
      conditions:
        ready === undefined ? [] : [{ type: 'Ready', status: ready, reason: 'KubeletReady' }],
    },
  };
}

const silencedAfter = (seconds: number, of: KubeObject, { at }: Heartbeat) =>
  silenced(of, start + seconds * 1000 - at, settings, after(seconds));

const lease = (renewTime: string): KubeObject => ({
  apiVersion: 'coordination.k8s.io/v1',
  kind: 'Lease',
  metadata: {},
  spec: { renewTime },
});

test('a node whose lease moves is alive however wrong its clock is', () => {
  let beat = observeHeartbeat(undefined, node('True'), lease('1970-01-01'), start);
  beat = observeHeartbeat(beat, node('True'), lease('1970-01-02'), start + 40_000);
  assert.equal(silencedAfter(60, node('True'), beat), undefined);
  beat = observeHeartbeat(beat, node('True'), lease('1970-01-02'), start + 80_000);
  const conditions = silencedAfter(91, node('True'), beat);
  const ready = conditions?.find((c) => c.type === 'Ready');
  assert.equal(ready?.status, 'Unknown');
  assert.equal(ready?.message, 'Kubelet stopped posting node status.');
});

test('a node that never said anything gets the longer startup time', () => {
  const beat = observeHeartbeat(undefined, node(), undefined, start);
  assert.equal(silencedAfter(55, node(), beat), undefined);
  const conditions = silencedAfter(61, node(), beat);
  assert.equal(conditions?.find((c) => c.type === 'Ready')?.reason, 'NodeStatusNeverUpdated');
});

test('conditions become taints, health takes ours away and leaves those of others', () => {
  const foreign: Taint = { key: 'mine', effect: 'NoSchedule' };
  const names = (taints: Taint[] | undefined) => taints?.map((t) => `${t.key}:${t.effect}`);
  const silent = taintsFor(node('Unknown', { taints: [foreign] }), true, after(0));
  assert.deepEqual(names(silent), [
    'mine:NoSchedule',
    'node.kubernetes.io/unreachable:NoSchedule',
    'node.kubernetes.io/unreachable:NoExecute',
  ]);
  assert.deepEqual(names(taintsFor(node('False'), false, after(0))), [
    'node.kubernetes.io/not-ready:NoSchedule',
  ]);
  assert.deepEqual(taintsFor(node('True', { taints: silent ?? [] }), true, after(0)), [foreign]);
  assert.equal(taintsFor(node('True', { taints: [foreign] }), true, after(0)), undefined);
  assert.deepEqual(names(taintsFor(node('True', { unschedulable: true }), true, after(0))), [
    'node.kubernetes.io/unschedulable:NoSchedule',
  ]);
});

test('a pod leaves at once, after its toleration, or never', () => {
  const taints: Taint[] = [
    { key: 'k', effect: 'NoExecute' },
    { key: 'other', effect: 'NoSchedule' },
  ];
  const pod = (tolerations: object[]): KubeObject => ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {},
    spec: { tolerations },
  });
  assert.equal(toleratedMs(pod([]), taints), 0);
  const limited = [
    { key: 'other', operator: 'Exists', tolerationSeconds: 3 },
    { key: 'k', operator: 'Exists', tolerationSeconds: 30 },
    { key: 'k', operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 10 },
  ];
  assert.equal(toleratedMs(pod(limited), taints), 30_000);
  assert.equal(toleratedMs(pod([{ operator: 'Exists' }]), taints), undefined);
});

test('a toleration runs out from when the taint is seen, and not when the taint goes before', async () => {
  const scenario = await startScenario(taintEvictionController);
  try {
    const { cluster } = scenario;
    const taint = { key: 'k', effect: 'NoExecute', timeAdded: '2020-01-01T00:00:00Z' };
    for (const [name, taints] of Object.entries({ a: [], b: [taint] })) {
      await cluster.create(nodes, {
        apiVersion: 'v1',
        kind: 'Node',
        metadata: { name },
        spec: { taints },
      });
    }
    const make = (name: string, nodeName: string, tolerationSeconds: number) =>
      cluster.create(pods, {
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { name, namespace: 'default' },
        spec: { nodeName, tolerations: [{ key: 'k', operator: 'Exists', tolerationSeconds }] },
      });
    await make('short', 'a', 1);
    await make('long', 'a', 300);
    await make('late', 'b', 300);
    await scenario.edit(nodes, 'a', (o) => (o.spec.taints = [{ key: 'k', effect: 'NoExecute' }]));
    await scenario.until('the short one is gone', () => scenario.find(pods, 'short') === undefined);
    await scenario.edit(nodes, 'a', (o) => (o.spec.taints = []));
    const cancelled = () => scenario.events.filter((e) => e === 'long TaintManagerEviction').length;
    await scenario.until('the long one is let off', () => cancelled() === 1);
    assert.notEqual(scenario.find(pods, 'long'), undefined);
    assert.notEqual(scenario.find(pods, 'late'), undefined);
  } finally {
    await scenario.stop();
  }
});

test('of too many finished pods the oldest go', () => {
  const finished = ['2', '1', '3'].map((second) => ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: second, creationTimestamp: `2026-01-01T00:00:0${second}Z` },
    status: { phase: 'Succeeded' },
  }));
  assert.deepEqual(
    surplus(finished, 1).map((p) => p.metadata.name),
    ['1', '2'],
  );
  assert.deepEqual(surplus(finished, 0), []);
});

test('node CIDRs never overlap one another or the services, and fill the range', () => {
  assert.equal(formatCidr(parseCidr('10.1.2.3/16')), '10.1.0.0/16');
  assert.throws(() => parseCidr('fd00::/64'));
  const block = fc.integer({ min: 0, max: 255 }).map((n) => parseCidr(`10.0.${n}.0/24`));
  fc.assert(
    fc.property(fc.array(block, { maxLength: 300 }), (taken) => {
      const free = freeBlock(parseCidr('10.0.0.0/16'), 24, taken);
      const distinct = new Set(taken.map(formatCidr)).size;
      if (free === undefined) assert.equal(distinct, 256);
      else assert.ok(!taken.some((other) => overlaps(free, other)));
    }),
  );
  const services = parseCidr('10.0.0.0/20');
  assert.equal(
    formatCidr(freeBlock(parseCidr('10.0.0.0/16'), 24, [services]) ?? services),
    '10.0.16.0/24',
  );
});

test('a pod that never ran is said to have failed; one that cannot be removed does not keep the others', async () => {
  const scenario = await startScenario((context) => podGarbageCollector(context, 20));
  const { cluster, until, find } = scenario;
  try {
    cluster.intercept = (verb, _, key) => {
      if (verb === 'delete' && key === 'default/stuck') throw new Error('refused');
    };
    for (const name of ['stuck', 'waits']) {
      const metadata = {
        name,
        namespace: 'default',
        finalizers: ['example.com/hold'],
        deletionTimestamp: '2026-01-01T00:00:00Z',
      };
      await cluster.create(pods, { apiVersion: 'v1', kind: 'Pod', metadata, spec: {} });
    }
    await until('it failed', () => find(pods, 'waits')?.status?.phase === 'Failed');
    await until('its deletion', () => cluster.calls.includes('delete pods default/waits'));
  } finally {
    await scenario.stop();
  }
});

test('a clock that is set does not silence nodes that speak', async () => {
  let ahead = 0;
  const scenario = await startScenario((context) => {
    context.now = () => new Date(Date.now() + ahead);
    return nodeLifecycleController(context);
  });
  const { cluster, until, find } = scenario;
  try {
    const ready = () => conditionOf(find(nodes, 'n') ?? node(), 'Ready')?.status;
    await cluster.create(nodes, node('True'));
    await setTimeout(60);
    ahead = 3_600_000;
    await setTimeout(60);
    assert.equal(ready(), 'True');
    await until('its silence is heard', () => ready() === 'Unknown');
  } finally {
    await scenario.stop();
  }
});

test('a pod whose time runs goes when it is over, though the clock was set back', async () => {
  const scenario = await startScenario(taintEvictionController);
  const { cluster, until, find } = scenario;
  try {
    const taint: Taint = { key: 'k', effect: 'NoExecute' };
    await cluster.create(nodes, node('True', { taints: [taint] }));
    const tolerations = [{ key: 'k', operator: 'Exists', tolerationSeconds: 1 }];
    await cluster.create(pods, {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'p', namespace: 'default' },
      spec: { nodeName: 'n', tolerations },
    });
    await setTimeout(100);
    mock.timers.enable({ apis: ['Date'], now: Date.now() - 3_600_000 });
    await until('it is evicted', () => find(pods, 'p') === undefined);
  } finally {
    mock.timers.reset();
    await scenario.stop();
  }
});

test('a pod that cannot be told not to be ready does not keep the others', async () => {
  const scenario = await startScenario(nodeLifecycleController);
  const { cluster, until, find } = scenario;
  try {
    cluster.intercept = (verb, _, key) => {
      if (verb === 'patch' && key === 'default/a') throw new Error('refused');
    };
    for (const name of ['a', 'b']) {
      await cluster.create(pods, {
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { name, namespace: 'default' },
        spec: { nodeName: 'n' },
        status: { conditions: [{ type: 'Ready', status: 'True' }] },
      });
    }
    await cluster.create(nodes, node('False'));
    const ready = () => conditionOf(find(pods, 'b') ?? node(), 'Ready')?.status;
    await until('the other is told', () => ready() === 'False');
  } finally {
    await scenario.stop();
  }
});
