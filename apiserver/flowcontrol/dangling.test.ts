import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { KubeObject } from '../../object/object.ts';
import { MemoryLister } from '../watch/memory-lister.ts';
import { type Condition, danglingOf, keepDanglingConditions } from './dangling.ts';

const schema = (status?: object): KubeObject => ({
  apiVersion: 'flowcontrol.apiserver.k8s.io/v1',
  kind: 'FlowSchema',
  metadata: { name: 's' },
  spec: { priorityLevelConfiguration: { name: 'level' } },
  ...(status === undefined ? {} : { status }),
});

test('the condition says whether the level is there, and is left alone when right', () => {
  const first = danglingOf(schema(), true, new Date('2026-01-01T00:00:00Z'));
  assert.deepEqual(first, {
    type: 'Dangling',
    lastTransitionTime: '2026-01-01T00:00:00Z',
    status: 'False',
    reason: 'Found',
    message:
      'This FlowSchema references the PriorityLevelConfiguration object named "level" and it exists',
  });
  const told = schema({ conditions: [first] });
  assert.equal(danglingOf(told, true, new Date()), undefined);
  assert.equal(danglingOf(told, false, new Date('2026-01-02T00:00:00Z'))?.status, 'True');
});

test('a level that comes later is noticed', async () => {
  const flowSchemas = new MemoryLister();
  const priorityLevels = new MemoryLister();
  flowSchemas.put(schema());
  const revise = async (name: string, change: (now: KubeObject) => Condition | undefined) => {
    const condition = change(flowSchemas.get('', name) as KubeObject);
    if (condition !== undefined) flowSchemas.put(schema({ conditions: [condition] }));
  };
  const stop = keepDanglingConditions({
    flowSchemas,
    priorityLevels,
    revise,
    onError: (error) => assert.fail(error),
  });
  const settled = () => new Promise((resolve) => setImmediate(resolve));
  const status = () => flowSchemas.get('', 's')?.status?.conditions?.[0]?.status;
  await settled();
  assert.equal(status(), 'True');
  priorityLevels.put({
    apiVersion: 'v1',
    kind: 'PriorityLevelConfiguration',
    metadata: { name: 'level' },
  });
  await settled();
  assert.equal(status(), 'False');
  stop();
  priorityLevels.remove('', 'level');
  await settled();
  assert.equal(status(), 'False');
});
