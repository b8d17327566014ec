import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { KubeObject } from '../../../object/object.ts';
import { type ContainerState, type PodFacts, podStatus, type StateFields } from './status.ts';

const now = new Date('2026-01-01T00:00:10Z');
const earlier = '2026-01-01T00:00:00Z';
const running: StateFields = { running: { startedAt: earlier } };
const ended = (exitCode: number): StateFields => ({
  terminated: { exitCode, reason: 'x', startedAt: earlier, finishedAt: earlier },
});

function container(state: StateFields, more: Partial<ContainerState> = {}): ContainerState {
  const base = {
    name: 'main',
    image: 'i',
    role: 'main' as const,
    restarts: 0,
    pid: 0,
    lastState: {},
  };
  const up = 'running' in state;
  return { ...base, state, ready: up, started: up, ...more };
}

function statusOf(
  containers: ContainerState[],
  {
    facts = {},
    spec = {},
    status = {},
  }: { facts?: Partial<PodFacts>; spec?: object; status?: object } = {},
) {
  const pod: KubeObject = { apiVersion: 'v1', kind: 'Pod', metadata: {}, spec, status };
  const base = { podIP: '10.244.1.2', hostIP: '10.244.0.11', startTime: earlier };
  const all = { ...base, containers, initialized: true, terminating: false, ...facts };
  // oxlint-disable-next-line no-explicit-any -- a status as JSON
  return podStatus(pod, all, now) as any;
}

const conditionOf = (status: { conditions: { type: string; status: string }[] }, type: string) =>
  status.conditions.find((c) => c.type === type) as
    | { status: string; lastTransitionTime: string; reason?: string; message?: string }
    | undefined;

test('phases follow the kubelet: pending, running, and the end by restart policy', () => {
  const phase = (...args: Parameters<typeof statusOf>) => statusOf(...args).phase;
  const never = { spec: { restartPolicy: 'Never' } };
  const onFailure = { spec: { restartPolicy: 'OnFailure' } };
  assert.equal(phase([container({})], { facts: { initialized: false } }), 'Pending');
  assert.equal(phase([container({})]), 'Pending');
  assert.equal(phase([container(running)]), 'Running');
  assert.equal(phase([container(ended(1))]), 'Running');
  assert.equal(phase([container(ended(0))], never), 'Succeeded');
  assert.equal(phase([container(ended(1))], never), 'Failed');
  assert.equal(phase([container(ended(0)), container(running)], never), 'Running');
  assert.equal(phase([container(ended(0))], onFailure), 'Succeeded');
  assert.equal(phase([container(ended(1))], onFailure), 'Running');
});

test('Ready needs every container, and ends with the order to go', () => {
  const both = [container(running), container(running, { name: 'side', ready: false })];
  const partly = conditionOf(statusOf(both), 'Ready');
  assert.equal(partly?.status, 'False');
  assert.equal(partly?.message, 'containers with unready status: [side]');
  assert.equal(conditionOf(statusOf([container(running)]), 'Ready')?.status, 'True');
  const leaving = statusOf([container(running)], { facts: { terminating: true } });
  assert.equal(conditionOf(leaving, 'Ready')?.status, 'False');
});

test('a condition keeps its time until it changes; conditions of others are kept', () => {
  const conditions = [
    { type: 'PodScheduled', status: 'True', lastTransitionTime: earlier },
    { type: 'Ready', status: 'True', lastTransitionTime: earlier },
  ];
  const same = statusOf([container(running)], { status: { conditions } });
  assert.equal(conditionOf(same, 'Ready')?.lastTransitionTime, earlier);
  assert.equal(conditionOf(same, 'PodScheduled')?.status, 'True');
  const changed = statusOf([container({})], { status: { conditions } });
  assert.equal(conditionOf(changed, 'Ready')?.lastTransitionTime, '2026-01-01T00:00:10Z');
});
