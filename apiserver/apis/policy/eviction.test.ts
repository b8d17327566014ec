import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { KubeObject } from '../../../object/object.ts';
import { StatusError } from '../../../object/status-error.ts';
import type { Plain } from '../plain.ts';
import { type EvictionPorts, evict } from './eviction.ts';

const ready = [{ type: 'Ready', status: 'True' }];

function pod(status: Plain = { phase: 'Running', conditions: ready }): KubeObject {
  const metadata = {
    name: 'web-1',
    namespace: 'default',
    labels: { app: 'web' },
    resourceVersion: '7',
  };
  return { apiVersion: 'v1', kind: 'Pod', metadata, status };
}

function budget(status: Plain, spec: Plain = {}): KubeObject {
  return {
    apiVersion: 'policy/v1',
    kind: 'PodDisruptionBudget',
    metadata: { name: 'web', generation: 1 },
    spec: { selector: { matchLabels: { app: 'web' } }, ...spec },
    status: { observedGeneration: 1, ...status },
  };
}

/** A server with one pod; tells what was done to it. */
function server(target: KubeObject, budgets: KubeObject[]) {
  const done: { deleted: Plain[]; written: KubeObject[] } = { deleted: [], written: [] };
  const ports: EvictionPorts = {
    getPod: async () => target,
    listBudgets: async () => budgets,
    getBudget: async () => budgets[0] as KubeObject,
    updateBudgetStatus: async (b) => {
      done.written.push(b);
    },
    setPodCondition: async () => '8',
    deletePod: async (_namespace, _name, options) => {
      done.deleted.push(options);
    },
  };
  const run = (dryRun = false) =>
    evict(ports, {
      namespace: 'default',
      name: 'web-1',
      eviction: { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name: 'web-1' } },
      dryRun,
      now: new Date(0),
      signal: new AbortController().signal,
    });
  return { run, done };
}

describe('eviction', () => {
  test('without a budget the pod is deleted', async () => {
    const { run, done } = server(pod(), []);
    assert.equal((await run()).status, 'Success');
    assert.equal(done.deleted.length, 1);
  });

  test('a budget that allows it pays for it', async () => {
    const { run, done } = server(pod(), [budget({ disruptionsAllowed: 1 })]);
    await run();
    assert.equal(done.written[0]?.status.disruptionsAllowed, 0);
    assert.deepEqual(done.written[0]?.status.disruptedPods, { 'web-1': '1970-01-01T00:00:00Z' });
  });

  test('a budget that is spent refuses with 429 and says why', async () => {
    const status = { disruptionsAllowed: 0, desiredHealthy: 2, currentHealthy: 2 };
    const { run, done } = server(pod(), [budget(status)]);
    await assert.rejects(run(), (error) => {
      assert.ok(error instanceof StatusError);
      assert.equal(error.code, 429);
      assert.equal(
        error.message,
        "Cannot evict pod as it would violate the pod's disruption budget.",
      );
      assert.equal(
        error.details?.causes?.[0]?.message,
        'The disruption budget web needs 2 healthy pods and has 2 currently',
      );
      return true;
    });
    assert.equal(done.deleted.length, 0);
  });

  test('an unready pod costs nothing while enough others are healthy', async () => {
    const status = { disruptionsAllowed: 0, desiredHealthy: 1, currentHealthy: 1 };
    const { run, done } = server(pod({ phase: 'Running' }), [budget(status)]);
    await run();
    assert.equal(done.written.length, 0);
    assert.equal(done.deleted[0]?.preconditions.resourceVersion, '8');
  });

  test('an unready pod, by the policy of its budget', async () => {
    const unready = { phase: 'Running' };
    const short = { disruptionsAllowed: 0, desiredHealthy: 2, currentHealthy: 1 };
    const enough = { ...short, currentHealthy: 2 };
    const none = { ...short, desiredHealthy: 0, currentHealthy: 0 };
    const table: [string | undefined, Plain, Plain, boolean][] = [
      [undefined, unready, short, false],
      [undefined, unready, enough, true],
      [undefined, unready, none, false],
      ['IfHealthyBudget', unready, short, false],
      ['IfHealthyBudget', unready, enough, true],
      ['AlwaysAllow', unready, short, true],
      ['AlwaysAllow', unready, none, true],
      ['AlwaysAllow', { phase: 'Running', conditions: ready }, enough, false],
    ];
    for (const [policy, state, status, goes] of table) {
      const spec = policy === undefined ? {} : { unhealthyPodEvictionPolicy: policy };
      const { run, done } = server(pod(state), [budget(status, spec)]);
      if (goes) await run();
      else await assert.rejects(run(), { code: 429 });
      assert.deepEqual([done.deleted.length, done.written.length], [goes ? 1 : 0, 0]);
    }
  });

  test('an empty selector covers every pod, none covers none', async () => {
    const spent = { disruptionsAllowed: 0 };
    await assert.rejects(server(pod(), [budget(spent, { selector: {} })]).run(), { code: 429 });
    const { run, done } = server(pod(), [budget(spent, { selector: undefined })]);
    await run();
    assert.equal(done.deleted.length, 1);
  });

  test('a finished pod goes without asking, a dry run writes nothing', async () => {
    const spent = budget({ disruptionsAllowed: 0 });
    const ended = server(pod({ phase: 'Succeeded' }), [spent]);
    await ended.run();
    assert.equal(ended.done.deleted.length, 1);
    const dry = server(pod(), [budget({ disruptionsAllowed: 1 })]);
    await dry.run(true);
    assert.equal(dry.done.written.length, 0);
    assert.deepEqual(dry.done.deleted[0]?.dryRun, ['All']);
  });

  test('two budgets over one pod are not supported', async () => {
    const b = budget({ disruptionsAllowed: 1 });
    await assert.rejects(server(pod(), [b, b]).run(), /more than one PodDisruptionBudget/);
  });
});
