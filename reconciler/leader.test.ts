import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import type { Cluster } from './cluster.ts';
import { checkElectionTimes, runElection } from './leader.ts';
import { silent } from '../log/log.ts';
import { createMemoryCluster } from './memory-cluster.ts';

function settingsOf(identity: string) {
  return {
    identity,
    leaseName: 'kube-controller-manager',
    leaseNamespace: 'kube-system',
    leaseDurationMs: 1000,
    renewDeadlineMs: 300,
    retryPeriodMs: 50,
  };
}

interface Running {
  stop: AbortController;
  ended: Promise<void>;
  started: Promise<AbortSignal>;
  lost: boolean;
}

function campaign(cluster: Cluster, identity: string): Running {
  const stop = new AbortController();
  const { promise: started, resolve } = Promise.withResolvers<AbortSignal>();
  const running: Running = { stop, started, ended: Promise.resolve(), lost: false };
  running.ended = runElection(
    {
      cluster,
      settings: settingsOf(identity),
      log: silent,
      onStarted: resolve,
      onLost: () => {
        running.lost = true;
      },
    },
    stop.signal,
  );
  return running;
}

test('one leads; when it releases the other follows without waiting for expiry', async () => {
  const cluster = createMemoryCluster();
  const a = campaign(cluster, 'a');
  const leading = await a.started;
  const b = campaign(cluster, 'b');
  let second = false;
  void b.started.then(() => {
    second = true;
  });
  await new Promise((resolve) => setTimeout(resolve, 150));
  assert.equal(second, false);
  a.stop.abort();
  await a.ended;
  assert.ok(leading.aborted);
  assert.equal(a.lost, false);
  await b.started;
  b.stop.abort();
  await b.ended;
});

test('a leader that cannot renew stops leading before another can begin', async () => {
  const cluster = createMemoryCluster();
  let cut = false;
  const flaky: Cluster = {
    ...cluster,
    update: (...call) => (cut ? new Promise(() => {}) : cluster.update(...call)),
  };
  const a = campaign(flaky, 'a');
  const leading = await a.started;
  const b = campaign(cluster, 'b');
  cut = true;
  const order: string[] = [];
  void once(leading, 'abort').then(() => order.push('a ended'));
  await b.started.then(() => order.push('b began'));
  await a.ended;
  assert.deepEqual(order, ['a ended', 'b began']);
  assert.equal(a.lost, true);
  b.stop.abort();
  await b.ended;
});

test('times that contradict one another are refused', () => {
  const bad = { ...settingsOf('a'), leaseDurationMs: 300 };
  assert.throws(() => checkElectionTimes(bad), /leaseDuration must be greater than renewDeadline/);
});
