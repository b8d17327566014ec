import assert from 'node:assert/strict';
import { mock, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { silent } from '../log/log.ts';
import { createEventRecorder, events } from './events.ts';
import { createMemoryCluster } from './memory-cluster.ts';

const about = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'p', namespace: 'default', uid: 'u' },
};

function recording(retryMs?: number) {
  const cluster = createMemoryCluster();
  const recorder = createEventRecorder(cluster, 'test', silent, retryMs);
  const messages = () => cluster.all(events).map(({ message }) => message);
  const until = async (count: number) => {
    for (let i = 0; i < 200 && messages().length < count; i++) await sleep(5);
    return messages();
  };
  return { cluster, recorder, until };
}

test('an Event outlives an outage of the server', async () => {
  const { cluster, recorder, until } = recording(5);
  let calls = 0;
  cluster.intercept = () => {
    if (calls++ < 3) throw new Error('connection refused');
  };
  recorder.record(about, 'Normal', 'First', 'one');
  recorder.record(about, 'Normal', 'Second', 'two');
  assert.deepEqual(await until(2), ['one', 'two']);
});

test('a clock that is set back silences nobody', async () => {
  const { recorder, until } = recording();
  recorder.record(about, 'Normal', 'First', 'one');
  await until(1);
  mock.timers.enable({ apis: ['Date'], now: Date.now() - 86_400_000 });
  try {
    recorder.record(about, 'Normal', 'Second', 'two');
    assert.deepEqual(await until(2), ['one', 'two']);
  } finally {
    mock.timers.reset();
  }
});
