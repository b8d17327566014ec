import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { KubeObject } from '../../object/object.ts';
import type { PodMetrics } from './pod-groups.ts';
import { requestsOf } from './pod-requests.ts';
import {
  forAverage,
  forShare,
  forUtilization,
  forValue,
  type PodQuestion,
  sum,
} from './replicas.ts';

const nowMs = Date.parse('2026-01-01T00:10:00Z');
const timing = { nowMs, cpuInitializationMs: 120_000, initialReadinessMs: 10_000 };
const tolerances = { down: 0.1, up: 0.1 };
const ago = (seconds: number) => new Date(nowMs - seconds * 1000).toISOString();

/** How a pod is: ready, not and never was, just started, or what its phase or end makes of it. */
type State = 'ready' | 'unready' | 'hot' | 'Failed' | 'Pending' | 'deleted';

interface PodCase {
  state?: State;
  /** Of each of its two containers, in thousandths. */
  request?: number;
}

function pod(name: string, { state = 'ready', request = 1000 }: PodCase): KubeObject {
  const started = ago(state === 'hot' ? 60 : 180);
  const status = state === 'ready' || state === 'hot' ? 'True' : 'False';
  const resources = { requests: { cpu: `${request}m` } };
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, ...(state === 'deleted' ? { deletionTimestamp: ago(1) } : {}) },
    spec: {
      containers: [
        { name: 'a', resources },
        { name: 'b', resources },
      ],
    },
    status: {
      phase: state === 'Failed' || state === 'Pending' ? state : 'Running',
      startTime: started,
      conditions: [
        // one that just started was ready for less than a window of its measurement
        { type: 'Ready', status, lastTransitionTime: state === 'hot' ? ago(30) : started },
      ],
    },
  };
}

function measured(levels: readonly number[], containers = 2): PodMetrics {
  return new Map(
    levels.map((level, i) => [
      `p${i}`,
      { atMs: nowMs, windowMs: 60_000, value: BigInt(level * containers) },
    ]),
  );
}

function question(
  current: number,
  pods: readonly PodCase[],
  metrics: PodMetrics,
  resource = 'cpu',
): PodQuestion {
  const all = pods.map((one, i) => pod(`p${i}`, one));
  return { current, tolerances, pods: all, metrics, resource, timing };
}

const of = (...states: State[]): PodCase[] => states.map((state) => ({ state }));
const many = (count: number): PodCase[] => Array.from({ length: count }, () => ({}));

function byCpu(current: number, pods: readonly PodCase[], levels: number[], target: number) {
  const asked = question(current, pods, measured(levels));
  return forUtilization(asked, target, () => requestsOf(asked.pods, '', 'cpu'));
}

type CpuCase = [
  what: string,
  current: number,
  pods: readonly PodCase[],
  levels: number[],
  target: number,
  replicas: number,
  utilization: number,
];

const cpuCases: CpuCase[] = [
  ['up', 3, many(3), [300, 500, 700], 30, 5, 50],
  ['less, one is not ready', 3, of('unready', 'ready', 'ready'), [300, 500, 700], 30, 4, 60],
  ['less, one just started', 3, of('hot', 'ready', 'ready'), [300, 500, 700], 30, 4, 60],
  ['not, two are not ready', 3, of('ready', 'unready', 'unready'), [400, 500, 700], 30, 3, 40],
  ['not, two just started', 3, of('ready', 'hot', 'hot'), [400, 500, 700], 30, 3, 40],
  ['failed ones do not count', 2, of('ready', 'ready', 'Failed', 'Failed'), [500, 700], 30, 4, 60],
  ['nor those that go', 2, of('ready', 'ready', 'deleted', 'deleted'), [500, 700], 30, 4, 60],
  ['down', 5, many(5), [100, 300, 500, 250, 250], 50, 3, 28],
  [
    'down, unready ones do not count',
    5,
    of('ready', 'ready', 'ready', 'unready', 'unready'),
    [100, 300, 500, 250, 250],
    50,
    2,
    30,
  ],
  [
    'down, nor those that wait for a node',
    5,
    of('ready', 'Pending', 'Pending', 'Pending', 'Pending'),
    [100],
    50,
    1,
    10,
  ],
  [
    'down, nor those that just started',
    5,
    of('ready', 'ready', 'ready', 'hot', 'hot'),
    [100, 300, 500, 250, 250],
    50,
    2,
    30,
  ],
  [
    'down, nor failed ones',
    5,
    of('ready', 'ready', 'ready', 'ready', 'ready', 'Failed', 'Failed'),
    [100, 300, 500, 250, 250],
    50,
    3,
    28,
  ],
  [
    'near enough',
    3,
    [{ request: 900 }, { request: 1000 }, { request: 1100 }],
    [1010, 1030, 1020],
    100,
    3,
    102,
  ],
  ['measurements of strangers', 4, many(4), [4000, 9500, 3000, 7000, 3200, 2000], 100, 24, 587],
  ['two of four not measured', 4, many(4), [400, 95], 100, 3, 24],
  ['one not measured, on target', 2, many(2), [1000], 100, 2, 100],
  ['one not measured, above', 2, many(2), [1900], 100, 2, 190],
  ['one not measured, below', 2, many(2), [600], 100, 2, 60],
  ['neither ready nor measured', 3, of('unready', 'ready', 'ready'), [100, 450], 50, 3, 45],
  ['the same, far above', 3, of('unready', 'ready', 'ready'), [100, 2000], 50, 4, 200],
  [
    'one unready, one unmeasured, far below',
    4,
    of('unready', 'ready', 'ready', 'ready'),
    [100, 100, 100],
    50,
    3,
    10,
  ],
  // more pods than there should be while a new version comes
  ['no growth on the way down', 2, many(3), [100, 100], 50, 2, 10],
  // above 100 % an unmeasured one is taken to use its target: (100 + 200) / 2 = 150 of 200
  ['targets above all that is asked for', 2, many(2), [1000], 200, 2, 100],
];

for (const [what, current, pods, levels, target, replicas, utilization] of cpuCases) {
  test(`by utilization: ${what}`, () => {
    const answer = byCpu(current, pods, levels, target);
    assert.deepEqual([answer.replicas, answer.utilization], [replicas, utilization]);
  });
}

test('the average in thousandths is of whole pods, cut off', () => {
  assert.equal(byCpu(3, many(3), [300, 500, 700], 30).usage, 1000n);
  assert.equal(byCpu(4, many(4), [400, 95], 100).usage, 495n);
});

test('what cannot be reckoned is said as upstream says it', () => {
  const strangers: PodMetrics = new Map([['x', { atMs: nowMs, windowMs: 60_000, value: 100n }]]);
  const asked = question(1, many(1), strangers);
  const requests = () => requestsOf(asked.pods, '', 'cpu');
  assert.throws(() => forUtilization(asked, 100, requests), {
    message: 'no metrics returned matched known pods',
  });
  assert.throws(() => byCpu(1, [], [100], 50), {
    message: 'no pods returned by selector while calculating replica count',
  });
  assert.throws(() => byCpu(1, of('unready'), [100], 50), {
    message: 'did not receive metrics for targeted pods (pods might be unready)',
  });
  assert.throws(() => requestsOf([pod('p', {})], '', 'memory'), {
    message: 'missing request for memory in container a of Pod p',
  });
  assert.throws(() => requestsOf([pod('p', {})], 'c', 'cpu'), {
    message: 'container c not found in Pod p',
  });
  const whole = pod('p', {});
  whole.spec.resources = { requests: { memory: '1Gi' } };
  whole.spec.containers = [{ name: 'a' }];
  assert.throws(() => requestsOf([whole], '', 'cpu'), {
    message: 'missing pod-level request for cpu in Pod p',
  });
});

test('requests: of a container, of the pod as a whole, of sidecars', () => {
  const one = pod('p', {});
  assert.equal(requestsOf([one], 'b', 'cpu').get('p'), 1000n);
  one.spec.initContainers = [
    { name: 's', restartPolicy: 'Always', resources: { requests: { cpu: '250m' } } },
    { name: 'i', resources: { requests: { cpu: '4' } } },
  ];
  assert.equal(requestsOf([one], '', 'cpu').get('p'), 2250n);
  one.spec.resources = { requests: { cpu: '5' } };
  assert.equal(requestsOf([one], '', 'cpu').get('p'), 5000n);
  assert.equal(requestsOf([one], 's', 'cpu').get('p'), 250n);
});

test('one that was ready once counts however it is later', () => {
  const asked = question(1, many(1), measured([900]));
  const [only] = asked.pods;
  only?.status.conditions.splice(0, 1, {
    type: 'Ready',
    status: 'False',
    lastTransitionTime: ago(100),
  });
  const answer = forUtilization(asked, 30, () => requestsOf(asked.pods, '', 'cpu'));
  assert.equal(answer.replicas, 3);
});

test('by the average of a metric: what is no CPU counts of unready pods too', () => {
  type Case = [number, readonly PodCase[], number[], bigint, number, bigint];
  const cases: Case[] = [
    [3, many(3), [20_000, 10_000, 30_000], 15_000n, 4, 20_000n],
    [3, of('ready', 'ready', 'unready'), [50_000, 10_000, 30_000], 15_000n, 6, 30_000n],
    [3, of('unready', 'ready', 'unready'), [50_000, 15_000, 30_000], 15_000n, 7, 31_666n],
    [5, many(5), [12_000, 12_000, 12_000, 12_000, 12_000], 20_000n, 3, 12_000n],
    [3, many(3), [20_000, 21_000, 21_000], 20_000n, 3, 20_666n],
    [1, many(1), [8600], 4400n, 2, 8600n],
  ];
  for (const [current, pods, levels, target, replicas, usage] of cases) {
    const asked = question(current, pods, measured(levels, 1), '');
    assert.deepEqual(forAverage(asked, target), { replicas, usage });
  }
});

test('by the value of one thing: ready pods are multiplied, none is a start', () => {
  const value = (current: number, pods: readonly PodCase[], usage: bigint, target: bigint) =>
    forValue(question(current, pods, new Map()), usage, target);
  assert.equal(value(3, many(3), 20_000n, 15_000n), 4);
  assert.equal(value(3, of('unready', 'ready', 'unready'), 50_000n, 10_000n), 5);
  assert.equal(value(3, of('unready', 'ready', 'unready'), 8600n, 4400n), 2);
  assert.equal(value(5, many(5), 12_000n, 20_000n), 3);
  assert.equal(value(5, many(5), 8600n, 14_334n), 3);
  assert.equal(value(3, many(3), 20_666n, 20_000n), 3);
  assert.equal(value(3, many(3), 8600n, 8888n), 3);
  assert.equal(value(0, [], 20_001n, 10_000n), 3);
  assert.equal(value(0, [], 0n, 10_000n), 0);
  assert.equal(value(1, many(1), 2n ** 63n - 1n, 1n), 2 ** 31 - 1);
  assert.throws(() => value(1, [], 3n, 1n), {
    message:
      'unable to calculate ready pods: no pods returned by selector while calculating replica count',
  });
});

test('by the share of each: pods are not looked at', () => {
  const share = (current: number, usage: bigint, target: bigint) =>
    forShare(current, tolerances, usage, target);
  assert.deepEqual(share(3, 20_000n, 5000n), { replicas: 4, usage: 6667n });
  assert.deepEqual(share(3, 8600n, 2150n), { replicas: 4, usage: 2867n });
  assert.deepEqual(share(5, 6000n, 2000n), { replicas: 3, usage: 1200n });
  assert.deepEqual(share(5, 8600n, 2867n), { replicas: 3, usage: 1720n });
  assert.deepEqual(share(4, 20_166n, 5000n), { replicas: 4, usage: 5042n });
  assert.deepEqual(share(3, 8600n, 2900n), { replicas: 3, usage: 2867n });
  const most = 2n ** 63n - 1n;
  assert.deepEqual(share(3, sum([most, 1n]), 1n), { replicas: 2 ** 31 - 1, usage: most });
});

test('tolerances differ by direction', () => {
  const asked = { ...question(10, many(10), new Map()), tolerances: { down: 0.3, up: 0.01 } };
  assert.equal(forValue(asked, 1010n, 1000n), 10);
  assert.equal(forValue(asked, 1011n, 1000n), 11);
  assert.equal(forValue(asked, 700n, 1000n), 10);
  assert.equal(forValue(asked, 699n, 1000n), 7);
});
