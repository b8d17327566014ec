import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import type { KubeObject } from '../../object/object.ts';
import { nodes, pods } from '../resources.ts';
import { type Scenario, startScenario } from '../scenario.ts';
import { chooseVictims, whyNotEligible } from './preempt.ts';
import { schedule } from './schedule.ts';
import { schedulerController } from './scheduler.ts';
import { nodeInfos, type Snapshot } from './snapshot.ts';

const scenarios: Scenario[] = [];
after(() => Promise.all(scenarios.map((s) => s.stop())));

const node = (name: string, more: object = {}): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Node',
  metadata: { name, labels: { 'kubernetes.io/hostname': name } },
  spec: more,
  status: { allocatable: { cpu: '4', memory: '8Gi', pods: '10' } },
});

function pod(name: string, priority: number, cpu: string, spec: object = {}): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: 'default', uid: name, labels: { app: name } },
    spec: { priority, containers: [{ name: 'c', resources: { requests: { cpu } } }], ...spec },
  };
}
const on = (nodeName: string, name: string, priority: number, cpu: string): KubeObject => ({
  ...pod(name, priority, cpu, { nodeName }),
  status: { startTime: '2026-01-01T00:00:00Z' },
});

const snapshot = (all: KubeObject[], there: KubeObject[]): Snapshot => ({
  nodes: nodeInfos(all, (name) => there.filter((p) => p.spec.nodeName === name)),
  namespaceLabels: () => ({}),
  volumes: {
    claim: () => undefined,
    volume: () => undefined,
    volumes: () => [],
    storageClass: () => undefined,
  },
});

function victims(p: KubeObject, s: Snapshot, budgets: KubeObject[] = []): string[] | undefined {
  const decision = schedule(p, s);
  assert.equal(decision.kind, 'none');
  if (decision.kind !== 'none') return undefined;
  const chosen = chooseVictims(p, s, decision.helpful, budgets);
  return chosen && [chosen.node, ...chosen.pods.map((v) => v.metadata.name ?? '')];
}

test('only less important pods go, and no more of them than must', () => {
  const there = [on('a', 'low', 1, '1'), on('a', 'mid', 2, '2'), on('a', 'high', 9, '1')];
  const s = snapshot([node('a')], there);
  assert.deepEqual(victims(pod('p', 5, '1'), s), ['a', 'low']);
  assert.deepEqual(victims(pod('p', 5, '2'), s), ['a', 'mid']);
  assert.deepEqual(victims(pod('p', 5, '3'), s), ['a', 'mid', 'low']);
  assert.equal(victims(pod('p', 5, '4'), s), undefined);
  assert.equal(victims(pod('p', 1, '1'), s), undefined);
});

test('the node where the least is lost is taken', () => {
  const all = [node('a'), node('b'), node('c')];
  const filled = [
    on('a', 'a1', 3, '4'),
    on('b', 'b1', 2, '2'),
    on('b', 'b2', 2, '2'),
    on('c', 'c1', 2, '4'),
  ];
  assert.deepEqual(victims(pod('p', 5, '4'), snapshot(all, filled)), ['c', 'c1']);
  const started = filled.map((p) =>
    p.metadata.name === 'a1'
      ? { ...p, spec: { ...p.spec, priority: 2 }, status: { startTime: '2026-02-01T00:00:00Z' } }
      : p,
  );
  assert.deepEqual(victims(pod('p', 5, '4'), snapshot(all, started)), ['a', 'a1']);
});

test('a budget is broken only where nothing else makes room', () => {
  const budget: KubeObject = {
    apiVersion: 'policy/v1',
    kind: 'PodDisruptionBudget',
    metadata: { name: 'b', namespace: 'default' },
    spec: { selector: { matchLabels: { app: 'guarded' } } },
    status: { disruptionsAllowed: 0 },
  };
  const guarded = on('a', 'guarded', 1, '2');
  const free = on('a', 'free', 2, '2');
  const p = pod('p', 5, '2');
  assert.deepEqual(victims(p, snapshot([node('a')], [guarded, free]), [budget]), ['a', 'free']);
  const both = snapshot(
    [node('a'), node('b')],
    [guarded, on('a', 'x', 9, '2'), on('b', 'y', 4, '4')],
  );
  assert.deepEqual(victims(p, both, [budget]), ['b', 'y']);
  const alone = snapshot([node('a')], [guarded, on('a', 'x', 9, '2')]);
  assert.deepEqual(victims(p, alone, [budget]), ['a', 'guarded']);
});

test('nobody goes where it would not help, or for a pod that wants no preemption', () => {
  const there = [on('a', 'low', 1, '4')];
  const tainted = node('a', { taints: [{ key: 'k', effect: 'NoSchedule' }] });
  assert.equal(victims(pod('p', 5, '1'), snapshot([tainted], there)), undefined);
  assert.equal(victims(pod('p', 5, '5'), snapshot([node('a')], there)), undefined);
  const s = snapshot([node('a')], there);
  const never = pod('p', 5, '1', { preemptionPolicy: 'Never' });
  assert.equal(whyNotEligible(never, s), 'not eligible due to preemptionPolicy=Never.');
  const leaving = on('a', 'low', 1, '4');
  leaving.metadata.deletionTimestamp = '2026-01-01T00:00:00Z';
  leaving.status = {
    conditions: [{ type: 'DisruptionTarget', status: 'True', reason: 'PreemptionByScheduler' }],
  };
  const waiting = { ...pod('p', 5, '1'), status: { nominatedNodeName: 'a' } };
  assert.equal(
    whyNotEligible(waiting, snapshot([node('a')], [leaving])),
    'not eligible due to a terminating pod on the nominated node.',
  );
  assert.equal(whyNotEligible(pod('p', 5, '1'), s), undefined);
});

test('the room that is made goes to the pod it was made for', async () => {
  const scenario = await startScenario(schedulerController);
  scenarios.push(scenario);
  const { cluster } = scenario;
  const finalizers = ['example.com/hold'];
  await cluster.create(nodes, node('a'));
  const low = pod('low', 1, '3', { nodeName: 'a' });
  await cluster.create(pods, { ...low, metadata: { ...low.metadata, finalizers } });
  await cluster.create(pods, pod('high', 9, '4'));
  await scenario.until(
    'nominated',
    () => scenario.find(pods, 'high')?.status?.nominatedNodeName === 'a',
  );
  const victim = scenario.find(pods, 'low');
  assert.notEqual(victim?.metadata.deletionTimestamp ?? null, null);
  const [condition] = victim?.status?.conditions ?? [];
  assert.deepEqual(
    [condition?.type, condition?.reason, condition?.message],
    [
      'DisruptionTarget',
      'PreemptionByScheduler',
      'default-scheduler: preempting to accommodate a higher priority pod',
    ],
  );
  assert.ok(scenario.events.includes('low Preempted'));
  // there is room for it, but not for it alone
  await cluster.create(pods, pod('small', 5, '1'));
  await scenario.until(
    'told',
    () => scenario.find(pods, 'small')?.status?.conditions?.[0]?.reason === 'Unschedulable',
  );
  assert.equal(
    scenario.find(pods, 'small')?.status?.conditions[0].message,
    '0/1 nodes are available: 1 Insufficient cpu. preemption: 0/1 nodes are available: 1 No preemption victims found for incoming pod.',
  );
  assert.equal(scenario.find(pods, 'high')?.spec.nodeName, undefined);
  await scenario.edit(pods, 'low', (o) => (o.metadata.finalizers = []));
  await scenario.until('bound', () => scenario.find(pods, 'high')?.spec.nodeName === 'a');
});
