import { randomUUID } from 'node:crypto';
import { Etcd3 } from 'etcd3';
import { atOnce, type LoadClient } from './client.ts';
import type { MeasuredServer } from './processes.ts';

/** What else is there, before the small namespace of a curve is looked at. */

/** Requests under way at once while something is filled. */
const width = 32;
const perNamespace = 1_000;
/** Of one transaction: etcd allows 128 operations. */
const perTransaction = 100;

async function fillNamespaces(client: LoadClient, count: number): Promise<void> {
  await atOnce(count, width, async (i) => {
    const metadata = { name: namespaceName(i) };
    const body = JSON.stringify({ apiVersion: 'v1', kind: 'Namespace', metadata });
    await client.call('POST', '/api/v1/namespaces', body);
  });
}

/**
 * ConfigMaps of about 1.3 KB as stored, over `namespaces` namespaces. The server makes the first; all
 * others are its bytes, as it stored them, with names and UIDs of the same length.
 */
export async function fillSettings(
  { etcd }: MeasuredServer,
  client: LoadClient,
  count: number,
  namespaces = Math.ceil(count / perNamespace),
): Promise<void> {
  await fillNamespaces(client, namespaces);
  const [namespace, name] = [namespaceName(0), settingsName(0)];
  const path = `/api/v1/namespaces/${namespace}/configmaps`;
  const made = JSON.parse((await client.call('POST', path, settings(name))).text) as {
    metadata: { uid: string };
  };
  const store = new Etcd3({ hosts: etcd });
  const keyOf = (i: number): string =>
    `/registry/configmaps/${namespaceName(i % namespaces)}/${settingsName(i)}`;
  const first = await store.get(keyOf(0)).buffer();
  if (first === null) throw new Error(`etcd holds no ${keyOf(0)}`);
  const copy = (i: number): Buffer => {
    const value = Buffer.from(first);
    exchange(value, namespace, namespaceName(i % namespaces));
    exchange(value, name, settingsName(i));
    exchange(value, made.metadata.uid, randomUUID());
    return value;
  };
  await atOnce(Math.ceil(count / perTransaction), 4, async (t) => {
    const from = Math.max(1, t * perTransaction);
    const to = Math.min(count, (t + 1) * perTransaction);
    const puts = Array.from({ length: to - from }, (_, k) =>
      store.put(keyOf(from + k)).value(copy(from + k)),
    );
    await store
      .if('/none', 'Mod', '==', 0)
      .then(...puts)
      .commit();
  });
  store.close();
  // until somebody reads them they are in no cache
  const page = JSON.parse((await client.call('GET', '/api/v1/configmaps?limit=1')).text) as {
    metadata: { remainingItemCount?: number };
  };
  const seen = 1 + (page.metadata.remainingItemCount ?? 0);
  if (seen < count) throw new Error(`of ${count} objects the server sees ${seen}`);
}

/** All of one length, so that bytes can be exchanged in any stored form. */
function namespaceName(i: number): string {
  return `fill-${String(i).padStart(5, '0')}`;
}

function settingsName(i: number): string {
  return `settings-${String(i).padStart(7, '0')}`;
}

/** Every `old` in the bytes becomes `now`, which is as long. */
function exchange(value: Buffer, old: string, now: string): void {
  for (let at = value.indexOf(old); at >= 0; at = value.indexOf(old, at + old.length)) {
    value.write(now, at);
  }
}

function settings(name: string): string {
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name, labels: { app: 'a1' } },
    data: { text: 'x'.repeat(900) },
  });
}

export async function fillDefinitions(client: LoadClient, count: number): Promise<void> {
  const path = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
  await atOnce(count, width, (i) => client.call('POST', path, definition(i)));
  await client.call('GET', '/apis');
}

function definition(i: number): string {
  const group = `g${i}.scale.example`;
  const text = { type: 'string' };
  const spec = { type: 'object', properties: { size: { type: 'integer' }, color: text } };
  const openAPIV3Schema = { type: 'object', properties: { spec } };
  return JSON.stringify({
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `things.${group}` },
    spec: {
      group,
      scope: 'Namespaced',
      names: { plural: 'things', singular: 'thing', kind: 'Thing' },
      versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema } }],
    },
  });
}

/** Watches of pods as kubelets have them, each of another node. */
export async function fillKubelets(client: LoadClient, count: number): Promise<void> {
  const pods = '/api/v1/pods?watch=1&fieldSelector=spec.nodeName%3D';
  await atOnce(count, width, (i) => client.watch(`${pods}node-${i}`));
}
