import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { stored } from '../../apiserver/verbs/api-client.ts';
import { type Any, podSpec, startCluster, until } from './cluster.ts';

/** Conformance of sig-scheduling: what keeps a pod from a node, and who has to make room. The nodes have 8 cpus each. */
const { api, ns } = await startCluster();

before(async () => {
  for (const [name, value] of [
    ['low', 1],
    ['medium', 100],
    ['high', 1000],
  ] as const) {
    stored(
      await api.create('/apis/scheduling.k8s.io/v1/priorityclasses', { metadata: { name }, value }),
      201,
    );
  }
});

const ask = (cpu: string, more: object = {}): object => ({
  ...podSpec(),
  containers: [{ name: 'c', image: 'i', resources: { requests: { cpu }, limits: { cpu } } }],
  ...more,
});
const make = (name: string, spec: object, metadata: object = {}): Promise<Any> =>
  ns.create('pods', { metadata: { name, ...metadata }, spec });
const placed = (name: string): Promise<string> =>
  until(`${name} has a node`, async () => (await ns.get('pods', name)).spec.nodeName);
const refusal = (name: string): Promise<string> =>
  until(`${name} has none`, async () => {
    const { conditions = [] } = (await ns.get('pods', name)).status;
    return conditions.find((c: Any) => c.reason === 'Unschedulable')?.message;
  });
async function remove(...names: string[]): Promise<void> {
  for (const name of names) await ns.delete('pods', name);
  await until('gone', async () =>
    (await ns.list('pods')).every((p) => !names.includes(p.metadata.name)),
  );
}

test('SchedulerPredicates validates that NodeSelector is respected', async () => {
  await make('none', podSpec('i', { nodeSelector: { label: 'nonempty' } }));
  assert.equal(
    await refusal('none'),
    "0/2 nodes are available: 2 node(s) didn't match Pod's node affinity/selector. preemption: 0/2 nodes are available: 2 Preemption is not helpful for scheduling.",
  );
  stored(
    await api.patch('/api/v1/nodes/n2', 'merge', { metadata: { labels: { label: 'nonempty' } } }),
  );
  assert.equal(await placed('none'), 'n2');
  await remove('none');
});

test('SchedulerPredicates validates resource limits of pods that are allowed to run', async () => {
  for (const n of [1, 2]) await make(`filler${n}`, ask('7'));
  for (const n of [1, 2]) await placed(`filler${n}`);
  await make('additional', ask('4'));
  assert.match(await refusal('additional'), /^0\/2 nodes are available: 2 Insufficient cpu\./);
  await remove('filler1', 'filler2', 'additional');
});

test('SchedulerPredicates validates that there exists conflict between pods with same hostPort and protocol but one using 0.0.0.0 hostIP', async () => {
  const port = (hostIP: string, protocol = 'TCP') => ({
    nodeSelector: { 'kubernetes.io/hostname': 'n1' },
    containers: [
      {
        name: 'c',
        image: 'i',
        ports: [{ hostPort: 54321, containerPort: 8080, hostIP, protocol }],
      },
    ],
  });
  await make('any', { ...podSpec(), ...port('0.0.0.0') });
  assert.equal(await placed('any'), 'n1');
  await make('udp', { ...podSpec(), ...port('127.0.0.1', 'UDP') });
  assert.equal(await placed('udp'), 'n1');
  await make('one', { ...podSpec(), ...port('127.0.0.1') });
  assert.match(
    await refusal('one'),
    /1 node\(s\) didn't have free ports for the requested pod ports/,
  );
  await remove('any', 'udp', 'one');
});

for (const [title, spec] of [
  ['validates basic preemption works', { priorityClassName: 'high' }],
  [
    'validates lower priority pod preemption by critical pod',
    { priorityClassName: 'system-cluster-critical' },
  ],
] as const) {
  test(`SchedulerPreemption ${title}`, async () => {
    await make('victim', ask('5', { priorityClassName: 'low' }));
    await placed('victim');
    await make('survivor', ask('5', { priorityClassName: 'medium' }));
    await placed('survivor');
    await make('preemptor', ask('5', spec));
    await placed('preemptor');
    assert.equal((await api.get(ns.path('pods', 'victim'))).code, 404);
    assert.equal((await ns.get('pods', 'survivor')).metadata.deletionTimestamp, undefined);
    await remove('survivor', 'preemptor');
  });
}

test('SchedulerPreemption validates pod disruption condition is added to the preempted pod', async () => {
  const metadata = { finalizers: ['example.com/test-finalizer'] };
  const selector = { nodeSelector: { 'kubernetes.io/hostname': 'n1' } };
  await make('victim', ask('6', { priorityClassName: 'low', ...selector }), metadata);
  await placed('victim');
  await make('preemptor', ask('6', { priorityClassName: 'high', ...selector }));
  const victim = await until('it is preempted', async () => {
    const found = await ns.get('pods', 'victim');
    return found.metadata.deletionTimestamp !== undefined && found;
  });
  const condition = victim.status.conditions.find((c: Any) => c.type === 'DisruptionTarget');
  assert.deepEqual([condition.status, condition.reason], ['True', 'PreemptionByScheduler']);
  await until(
    'nominated',
    async () => (await ns.get('pods', 'preemptor')).status.nominatedNodeName === 'n1',
  );
  await ns.patch('pods', 'victim', { metadata: { finalizers: null } });
  assert.equal(await placed('preemptor'), 'n1');
  await remove('preemptor');
});

test('SchedulerPreemption runs ReplicaSets to verify preemption running path', async () => {
  const set = (n: number, replicas: number, priorityClassName: string, cpu: string) => {
    const labels = { name: `pod${n}` };
    const nodeSelector = { 'kubernetes.io/hostname': 'n2' };
    const template = { metadata: { labels }, spec: ask(cpu, { priorityClassName, nodeSelector }) };
    return ns.create('apps/v1/replicasets', {
      metadata: { name: `rs-pod${n}` },
      spec: { replicas, selector: { matchLabels: labels }, template },
    });
  };
  const assigned = (n: number, count: number): Promise<unknown> =>
    until(`${count} of ${n}`, async () => {
      const pods = await ns.list('pods', `name=pod${n}`);
      return (
        pods.filter(
          (p) => p.spec.nodeName !== undefined && p.metadata.deletionTimestamp === undefined,
        ).length === count
      );
    });
  await set(1, 4, 'low', '1');
  await assigned(1, 4);
  await set(2, 1, 'medium', '3');
  await assigned(2, 1);
  await set(3, 1, 'high', '4');
  await assigned(3, 1);
  await assigned(2, 1);
  await assigned(1, 1);
});
