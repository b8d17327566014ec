import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { after, test } from 'node:test';
import { Informer, type Change } from './informer.ts';
import { InformerSet, writeThrough } from './informer-set.ts';
import { silent } from '../log/log.ts';
import { createMemoryCluster } from './memory-cluster.ts';
import { byLabel } from './store.ts';

const configMaps = {
  group: '',
  version: 'v1',
  resource: 'configmaps',
  kind: 'ConfigMap',
  namespaced: true,
};
const object = (name: string, labels: Record<string, string> = {}) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, namespace: 'default', labels },
});

const informers: Informer[] = [];
after(() => Promise.all(informers.map((i) => i.stop())));

function started(cluster = createMemoryCluster()) {
  const informer = new Informer({ cluster, ref: configMaps, log: silent, minBackoffMs: 5 });
  informers.push(informer);
  const changes: string[] = [];
  informer.on((c: Change) => changes.push(`${c.type} ${c.object.metadata.name}`));
  informer.start();
  return { cluster, informer, changes };
}

async function eventually(check: () => boolean): Promise<void> {
  for (let i = 0; i < 400 && !check(); i++) await sleep(5);
  assert.ok(check());
}

test('list, then watch, with indexes that follow', async () => {
  const { cluster, informer, changes } = started();
  informer.addIndex('app', byLabel('app'));
  await informer.synced;
  await cluster.create(configMaps, object('a', { app: 'x' }));
  await eventually(() => informer.store.indexed('app', 'x').length === 1);
  await cluster.patch(configMaps, { namespace: 'default', name: 'a' }, 'merge', {
    metadata: { labels: { app: 'y' } },
  });
  await eventually(() => informer.store.indexed('app', 'y').length === 1);
  assert.equal(informer.store.indexed('app', 'x').length, 0);
  await cluster.delete(configMaps, 'default', 'a');
  await eventually(() => informer.store.size === 0);
  assert.deepEqual(changes, ['added a', 'modified a', 'deleted a']);
});

test('after 410 it lists again and reports what went missing meanwhile', async () => {
  const { cluster, informer, changes } = started();
  await informer.synced;
  await cluster.create(configMaps, object('a'));
  await eventually(() => informer.store.size === 1);
  const removed = cluster.delete(configMaps, 'default', 'a');
  cluster.compact();
  await removed;
  await cluster.create(configMaps, object('b'));
  await eventually(
    () => informer.store.get('default/b') !== undefined && informer.store.size === 1,
  );
  assert.deepEqual(changes.toSorted(), ['added a', 'added b', 'deleted a']);
});

test('a write is visible in the informer at once and reported once', async () => {
  const cluster = createMemoryCluster();
  const set = new InformerSet(cluster, silent);
  const informer = set.of(configMaps);
  informers.push(informer);
  const changes: string[] = [];
  informer.on((c) => changes.push(c.type));
  set.start();
  await set.synced();
  const through = writeThrough(cluster, set);
  await through.create(configMaps, object('a'));
  assert.ok(informer.store.get('default/a') !== undefined);
  await through.delete(configMaps, 'default', 'a');
  assert.ok(informer.store.get('default/a')?.metadata.deletionTimestamp !== undefined);
  await eventually(() => informer.store.size === 0);
  assert.deepEqual(changes, ['added', 'modified', 'deleted']);
});

test('the late outcome of a write does not bring back what is already gone', async () => {
  const { cluster, informer } = started();
  await informer.synced;
  const created = await cluster.create(configMaps, object('a'));
  await cluster.delete(configMaps, 'default', 'a');
  await cluster.create(configMaps, object('marker'));
  await eventually(() => informer.store.get('default/marker') !== undefined);
  informer.observe(created);
  assert.equal(informer.store.get('default/a'), undefined);
});

test('another object of that name is not the one before: that one is reported as gone', async () => {
  const { cluster, informer, changes } = started();
  const uids: string[] = [];
  informer.on(({ type, object: { metadata } }) => uids.push(`${type} ${metadata.uid}`));
  await informer.synced;
  const first = await cluster.create(configMaps, object('a'));
  await eventually(() => informer.store.size === 1);
  cluster.compact();
  void cluster.delete(configMaps, 'default', 'a');
  const second = await cluster.create(configMaps, object('a'));
  const isSecond = () => informer.store.get('default/a')?.metadata.uid === second.metadata.uid;
  await eventually(isSecond);
  assert.deepEqual(changes, ['added a', 'deleted a', 'added a']);
  assert.deepEqual(uids.slice(1), [
    `deleted ${first.metadata.uid}`,
    `added ${second.metadata.uid}`,
  ]);
});

test('a deletion that is answered late does not mark the next object of that name', async () => {
  const cluster = createMemoryCluster();
  const set = new InformerSet(cluster, silent);
  const informer = set.of(configMaps);
  informers.push(informer);
  set.start();
  await set.synced();
  await cluster.create(configMaps, object('a'));
  await eventually(() => informer.store.size === 1);
  const slow = {
    ...cluster,
    async delete(...call: Parameters<typeof cluster.delete>) {
      const existed = await cluster.delete(...call);
      const next = await cluster.create(configMaps, object('a'));
      await eventually(() => informer.store.get('default/a')?.metadata.uid === next.metadata.uid);
      return existed;
    },
  };
  await writeThrough(slow, set).delete(configMaps, 'default', 'a');
  assert.equal(informer.store.get('default/a')?.metadata.deletionTimestamp, undefined);
});
