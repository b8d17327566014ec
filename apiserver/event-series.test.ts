import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { KubeObject } from '../object/object.ts';
import { EventSeries } from './event-series.ts';

const about = (resourceVersion: string): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 'web', namespace: 'ns', uid: 'u', resourceVersion },
});

test('what is seen again makes a series, which is counted and written when it ends', async () => {
  const stored = new Map<string, KubeObject>();
  let minutes = 0;
  const series = new EventSeries(
    'controller',
    {
      get: async ({ name }) => stored.get(name),
      create: async ({ name }, object) => void stored.set(name, object),
      update: async ({ name }, object) => void stored.set(name, object),
      delete: async () => undefined,
    },
    () => new Date(Date.UTC(2026, 0, 1, 0, minutes)),
  );
  const finding = { group: '', kind: 'Service', reason: 'Odd', action: 'Looking', message: 'odd' };
  const see = (version = '1') => series.record({ ...finding, about: about(version) });
  const counts = () => [...stored.values()].map((event) => event['series']?.count);
  await see();
  assert.deepEqual(counts(), [undefined]);
  await see();
  assert.deepEqual(counts(), [2]);
  minutes = 3;
  await see();
  await series.tend();
  assert.deepEqual(counts(), [2]);
  await see('2');
  assert.deepEqual(counts(), [2, undefined]);
  minutes = 10;
  await series.tend();
  assert.deepEqual(counts(), [3, undefined]);
  const [first] = stored.values();
  assert.equal(first?.['series'].lastObservedTime, '2026-01-01T00:03:00.000000Z');
  await see();
  assert.deepEqual(counts(), [3, undefined, undefined]);
});
