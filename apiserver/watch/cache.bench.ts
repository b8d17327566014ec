/**
 * What the watch cache costs beside the least it could cost, measured in one run so that the ratios
 * hold on any machine: CPU time, not wall time. `node apiserver/watch/cache.bench.ts`
 */
import { setImmediate as turn } from 'node:timers/promises';
import { encodeStored, servedBytes } from '../storage/codec.ts';
import { MemoryStore } from '../storage/memory.ts';
import { WatchCache } from './cache.ts';
import type { KubeObject } from '../../object/object.ts';

const objects = 3_000;
const watchers = 200;
const events = 2_000;

/** A pod of about 3 kB, as controllers make them. */
function pod(i: number): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: `web-${String(i).padStart(5, '0')}`,
      namespace: `ns-${i % 10}`,
      uid: `00000000-0000-4000-8000-${String(i).padStart(12, '0')}`,
      creationTimestamp: '2026-01-01T00:00:00Z',
      labels: { app: `app-${i % 50}`, 'pod-template-hash': '5d9c7b8f6' },
      annotations: { note: 'x'.repeat(400) },
    },
    spec: {
      nodeName: `node-${i % 100}`,
      containers: Array.from({ length: 3 }, (_, c) => ({
        name: `c${c}`,
        image: `registry.example/app/component-${c}:1.2.3`,
        env: Array.from({ length: 8 }, (_e, e) => ({ name: `VARIABLE_${e}`, value: `value-${e}` })),
        resources: { requests: { cpu: '100m', memory: '64Mi' } },
      })),
    },
    status: { phase: 'Running', podIP: '10.0.0.1' },
  };
}

async function cpu(work: () => Promise<void> | void): Promise<number> {
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return user + system;
}

/** Microseconds of CPU per unit; both sides run twice, the second counts. */
async function compare(
  title: string,
  units: number,
  ours: () => Promise<void> | void,
  least: () => Promise<void> | void,
): Promise<void> {
  await ours();
  await least();
  const a = (await cpu(ours)) / units;
  const b = (await cpu(least)) / units;
  const ratio = (a / b).toFixed(2);
  process.stdout.write(`${title}: ${a.toFixed(2)} µs, least ${b.toFixed(2)} µs, ratio ${ratio}\n`);
}

const megabytes = (bytes: number): string => (bytes / 1024 / 1024).toFixed(1);
const store = new MemoryStore();
const cache = new WatchCache(store, { prefix: '/registry/' });
const pods = cache.resource({
  keyPrefix: '/registry/pods/',
  namespaced: true,
  apiVersion: 'v1',
  kind: 'Pod',
  selectableFields: (object) => ({ 'spec.nodeName': object['spec'].nodeName }),
});
const keyOf = (i: number): string =>
  `/registry/pods/ns-${i % 10}/web-${String(i).padStart(5, '0')}`;
const stored = Array.from({ length: objects }, (_, i) => encodeStored(pod(i)));
const revisions: number[] = [];
for (const [i, bytes] of stored.entries()) revisions[i] = await store.create(keyOf(i), bytes);
const before = process.memoryUsage();
await cache.start();
await pods.ready();
globalThis.gc?.();
const after = process.memoryUsage();
const outside = megabytes(after.arrayBuffers - before.arrayBuffers);
const heap = megabytes(after.heapUsed - before.heapUsed);
const json = megabytes(stored.reduce((total, bytes) => total + bytes.length, 0));
process.stdout.write(
  `${objects} objects of ${json} MB JSON: ${outside} MB outside the heap, ${heap} MB heap, RSS ${megabytes(after.rss)} MB\n`,
);

const sample = stored[0] as Buffer;
const object = pod(0);
await compare(
  'splice a revision into stored bytes (least: copy them)',
  20_000,
  () => {
    for (let i = 0; i < 20_000; i++) servedBytes(sample, i);
  },
  () => {
    for (let i = 0; i < 20_000; i++) Buffer.from(sample);
  },
);
await compare(
  'splice (against JSON.stringify of the object)',
  20_000,
  () => {
    for (let i = 0; i < 20_000; i++) servedBytes(sample, i);
  },
  () => {
    for (let i = 0; i < 20_000; i++) Buffer.from(JSON.stringify(object));
  },
);
const wanted = { matches: (labels: Readonly<Record<string, string>>) => labels['app'] === 'app-7' };
const bytesOf = (): Buffer[] => pods.list().items.map((item) => item.bytes);
const ready = bytesOf();
await compare(
  `list ${objects} objects and join their bytes (least: join)`,
  20,
  () => {
    for (let i = 0; i < 20; i++) Buffer.concat(bytesOf());
  },
  () => {
    for (let i = 0; i < 20; i++) Buffer.concat(ready);
  },
);
await compare(
  `list 60 of ${objects} by label and join (against the whole list)`,
  20,
  () => {
    for (let i = 0; i < 20; i++) {
      Buffer.concat(pods.list({ labelSelector: wanted }).items.map((item) => item.bytes));
    }
  },
  () => {
    for (let i = 0; i < 20; i++) Buffer.concat(bytesOf());
  },
);

let sent = 0;
const write = (frames: readonly Buffer[]): boolean => {
  for (const frame of frames) sent += frame.length;
  return true;
};
async function change(): Promise<void> {
  for (let i = 0; i < events; i++) {
    const at = i % objects;
    const bytes = stored[at] as Buffer;
    pods.remember(keyOf(at), bytes, pod(at));
    const result = await store.update(keyOf(at), bytes, revisions[at] as number);
    if (result.ok) revisions[at] = result.revision;
    if (i % 10 === 9) await turn();
  }
  await pods.consistent();
}
await change();
const alone = await cpu(change);
for (let i = 0; i < watchers; i++) {
  pods.watch({ fromRevision: pods.revision }, { write, end: () => {} });
}
await turn();
const watched = await cpu(change);
const frames = Array.from({ length: 1 }, () => Buffer.from(sample));
const raw = await cpu(() => {
  for (let i = 0; i < events; i++) for (let w = 0; w < watchers; w++) write(frames);
});
process.stdout.write(
  `one event, no watcher: ${(alone / events).toFixed(1)} µs (with its write); ${watchers} watchers more: ` +
    `${((watched - alone) / events).toFixed(1)} µs, least (${watchers} bare calls): ${(raw / events).toFixed(1)} µs; ${megabytes(sent)} MB sent\n`,
);
cache.stop();
await store.close();
