import assert from 'node:assert/strict';
import { rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import {
  CoreV1Api,
  type Informer,
  KubeConfig,
  type KubernetesObject,
  ListWatch,
  makeInformer,
  type ObjectCache,
  type V1ConfigMap,
  Watch,
} from '@kubernetes/client-node';
import { configMaps, namespaces } from '../controllers/resources.ts';
import type { KubeObject } from '../object/object.ts';
import { type ApiServer, startApiServer } from '../quorate.ts';
import { type ConnectedCluster, connectCluster } from '../reconciler/cluster-client.ts';
import { LossyRelay } from './harness/lossy-relay.ts';
import { seededRandom } from './harness/random.ts';

/**
 * Informers of @kubernetes/client-node through a connection that breaks, a server that ends watches
 * after a second or two, and gaps too large to be made good: at the end they know what a list says.
 */
const seed = Number(process.env['INFORMER_SEED'] ?? 20_250_731);
const operations = 10_000;
const workers = 8;
const namesOfWorker = 12;
/** After these the watch cache has forgotten all that was before: its ring holds 32 MiB. */
const noiseBytes = 900_000;
const noiseWrites = 40;
const patienceMs = 60_000;

let server: ApiServer;
let cluster: ConnectedCluster;
let relay: LossyRelay;
const kubeconfig = join(tmpdir(), `quorate-informer-${process.pid}`);

before(async () => {
  server = await startApiServer({
    flags: { 'min-request-timeout': '1', 'etcd-compaction-interval': '500ms' },
  });
  await writeFile(kubeconfig, server.kubeconfig, { mode: 0o600 });
  cluster = connectCluster({ kubeconfig, userAgent: 'writer' });
  relay = await LossyRelay.to(Number(new URL(server.url).port));
  for (const name of ['work', 'noise']) {
    await cluster.create(namespaces, { apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
  }
});

after(async () => {
  await relay.close();
  cluster.close();
  await server.stop();
  await rm(kubeconfig);
});

interface Follower {
  informer: Informer<V1ConfigMap> & ObjectCache<V1ConfigMap>;
  /** What its events have told, by name. */
  told: Map<string, string>;
  lists: number;
  errors: number;
  stopped: boolean;
}

const path = '/api/v1/namespaces/work/configmaps';

function follow(labelSelector?: string): Follower {
  const config = new KubeConfig();
  config.loadFromString(server.kubeconfig.replace(server.url, `https://127.0.0.1:${relay.port}`));
  const api = config.makeApiClient(CoreV1Api);
  const list = () => {
    follower.lists += 1;
    return api.listNamespacedConfigMap({
      namespace: 'work',
      ...(labelSelector === undefined ? {} : { labelSelector }),
    });
  };
  // without its pauses of a second and more between connections
  const options = { delayFn: () => Promise.resolve() };
  const informer =
    labelSelector === undefined
      ? new ListWatch<V1ConfigMap>(
          path,
          new Watch(config),
          list,
          false,
          undefined,
          undefined,
          options as never,
        )
      : makeInformer<V1ConfigMap>(config, path, list, labelSelector);
  const follower: Follower = { informer, told: new Map(), lists: 0, errors: 0, stopped: false };
  const tell = ({ metadata }: KubernetesObject) =>
    follower.told.set(metadata?.name ?? '', metadata?.resourceVersion ?? '');
  informer.on('add', tell);
  informer.on('update', tell);
  informer.on('delete', ({ metadata }) => follower.told.delete(metadata?.name ?? ''));
  informer.on('error', () => {
    follower.errors += 1;
    // being stopped is told as an error, too
    setTimeout(() => follower.stopped || void informer.start(), 20);
  });
  return follower;
}

/** One of the writers: its own names, so that each operation is known to succeed. */
async function write(worker: number, count: number, done: () => void): Promise<void> {
  const random = seededRandom(seed + worker);
  const known = new Map<string, boolean>();
  for (let i = 0; i < count; i += 1) {
    const name = `m${worker}-${Math.floor(random() * namesOfWorker)}`;
    await operate(name, known, random, i);
    done();
  }
}

async function operate(
  name: string,
  known: Map<string, boolean>,
  random: () => number,
  value: number,
): Promise<void> {
  const target = { namespace: 'work', name };
  const object = (team: boolean): KubeObject => ({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { ...target, labels: team ? { team: 'x' } : {} },
    data: { value: String(value) },
  });
  const team = known.get(name);
  const choice = random();
  if (team === undefined) {
    known.set(name, choice < 0.5);
    await cluster.create(configMaps, object(choice < 0.5));
  } else if (choice < 0.2) {
    known.delete(name);
    assert.equal(await cluster.delete(configMaps, 'work', name), true);
  } else if (choice < 0.4) {
    known.set(name, !team);
    const labels = { team: team ? null : 'x' };
    await cluster.patch(configMaps, target, 'merge', { metadata: { labels } });
  } else if (choice < 0.6) {
    await cluster.update(configMaps, object(team));
  } else {
    await cluster.patch(configMaps, target, 'merge', { data: { value: String(value) } });
  }
}

/** Nobody is connected while more is written than the watch cache remembers. */
async function gap(): Promise<void> {
  relay.open = false;
  relay.cut();
  const metadata = { namespace: 'noise', name: 'large' };
  const data = { large: 'x'.repeat(noiseBytes) };
  const large = { apiVersion: 'v1', kind: 'ConfigMap', metadata, data };
  if ((await cluster.get(configMaps, 'noise', 'large')) === undefined) {
    await cluster.create(configMaps, large);
  }
  for (let i = 0; i < noiseWrites; i += 1) {
    await cluster.update(configMaps, { ...large, data: { ...data, i: String(i) } });
  }
  relay.open = true;
}

interface Versioned {
  metadata?: { name?: string; resourceVersion?: string };
}

const versions = (items: readonly Versioned[]) =>
  new Map(items.map(({ metadata }) => [metadata?.name ?? '', metadata?.resourceVersion ?? '']));

async function agree(follower: Follower, labelSelector?: string): Promise<void> {
  const query = { namespace: 'work', ...(labelSelector === undefined ? {} : { labelSelector }) };
  const { items } = await cluster.list(configMaps, query);
  const wanted = versions(items);
  const sorted = (map: Map<string, string>) => [...map].sort(([a], [b]) => a.localeCompare(b));
  for (const end = Date.now() + patienceMs; Date.now() < end; ) {
    const has = versions(follower.informer.list('work'));
    if (JSON.stringify(sorted(has)) === JSON.stringify(sorted(wanted))) break;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  assert.deepEqual(sorted(versions(follower.informer.list('work'))), sorted(wanted));
  assert.deepEqual(sorted(follower.told), sorted(wanted));
  for (const { metadata, data } of items) {
    assert.deepEqual(follower.informer.get(metadata?.name ?? '', 'work')?.data, data);
  }
}

test(`informers end with what a list says (INFORMER_SEED=${seed})`, {
  timeout: 300_000,
}, async () => {
  const followers: [Follower, string | undefined][] = [
    [follow(), undefined],
    [follow('team=x'), 'team=x'],
  ];
  for (const [{ informer }] of followers) await informer.start();
  const random = seededRandom(seed);
  let written = 0;
  let cutAt = 100;
  const done = () => {
    written += 1;
    if (written !== cutAt) return;
    cutAt += 50 + Math.floor(random() * 400);
    relay.cut();
  };
  const half = operations / workers / 2;
  const all = (first: number) =>
    Promise.all(Array.from({ length: workers }, (_, i) => write(first + i, half, done)));
  await all(0);
  await gap();
  await all(workers);
  assert.equal(written, operations);
  for (const [follower, labelSelector] of followers) {
    await agree(follower, labelSelector);
    assert.ok(follower.lists > 1, 'the gap makes it list anew');
    assert.ok(follower.errors > 10, 'connections broke');
    follower.stopped = true;
    await follower.informer.stop();
  }
});
