import assert from 'node:assert/strict';
import { type ApiClient, stored } from '../../apiserver/verbs/api-client.ts';
import type { KubeObject } from '../../object/object.ts';

/** A kind whose "should support … API operations" is replayed. */
export interface Kind {
  /** '' is the core group. */
  group: string;
  version?: string;
  resource: string;
  kind: string;
  namespaced?: boolean;
  /** Everything but apiVersion, kind and metadata. */
  body: Record<string, unknown>;
  /** What a merge patch of the status sends, and the path and value that must be there then. */
  status?: {
    patch: object;
    path: string;
    value: unknown /** Of the metadata it keeps what it had. */;
    alone?: true;
  };
  /** Three, where the kind has rules for them. */
  names?: string[];
  /** What the one of that name has beside the body. */
  bodyOf?(name: string): Record<string, unknown>;
}

export type TitledKind = Kind & { title: string };

export const versionOf = ({ group, version = 'v1' }: Kind): string =>
  group === '' ? version : `${group}/${version}`;

export const rootOf = (kind: Kind): string =>
  kind.group === '' ? `/api/${versionOf(kind)}` : `/apis/${versionOf(kind)}`;

export const pathOf = (kind: Kind, namespace: string): string =>
  kind.namespaced === true
    ? `${rootOf(kind)}/namespaces/${namespace}/${kind.resource}`
    : `${rootOf(kind)}/${kind.resource}`;

/** The API group, its version and the resource are where clients look for them. */
export async function isDiscovered(api: ApiClient, kind: Kind): Promise<void> {
  const { group } = kind;
  if (group !== '') {
    const { groups } = stored(await api.get('/apis'));
    const found = groups.find((g: { name: string }) => g.name === group);
    assert.ok(found !== undefined, `${group} is not in /apis`);
    const one = stored(await api.get(`/apis/${group}`));
    for (const { versions } of [found, one]) {
      const names = versions.map((v: { groupVersion: string }) => v.groupVersion);
      assert.ok(names.includes(versionOf(kind)));
    }
  }
  const list = stored(await api.get(rootOf(kind)));
  const names = list.resources.map((r: { name: string }) => r.name);
  assert.ok(names.includes(kind.resource));
  assert.equal(names.includes(`${kind.resource}/status`), kind.status !== undefined);
}

/** Create, get, list, watch, update, patch, delete and deletecollection, in the order of upstream's tests. */
export async function supportsOperations(
  api: ApiClient,
  kind: Kind,
  namespace: string,
): Promise<void> {
  await isDiscovered(api, kind);
  const path = pathOf(kind, namespace);
  const selector = `labelSelector=${encodeURIComponent(`special-label=${kind.resource}`)}`;
  const names =
    kind.names ?? ['a', 'b', 'c'].map((suffix) => `e2e-example-${kind.resource}-${suffix}`);
  const make = (name: string): KubeObject => ({
    ...structuredClone(kind.body),
    ...kind.bodyOf?.(name),
    apiVersion: versionOf(kind),
    kind: kind.kind,
    metadata: { name, labels: { 'special-label': kind.resource } },
  });
  const [first = '', ...rest] = names;
  stored(await api.create(path, make(first)), 201);
  const again = await api.create(path, make(first));
  assert.equal(again.code, 409);
  assert.equal(again.body.reason, 'AlreadyExists');
  for (const name of rest) stored(await api.create(path, make(name)), 201);

  const read = stored(await api.get(`${path}/${first}`));
  const list = stored(await api.get(`${path}?${selector}`));
  assert.equal(list.items.length, 3);
  assert.equal(list.kind, `${kind.kind}List`);
  const everywhere = stored(await api.get(`${rootOf(kind)}/${kind.resource}?${selector}`));
  assert.equal(everywhere.items.length, 3);

  const version = list.metadata.resourceVersion;
  const watch = await api.watch(`${path}?watch=true&${selector}&resourceVersion=${version}`);
  const annotated = { metadata: { annotations: { patched: 'true' } } };
  const patched = stored(await api.patch(`${path}/${first}`, 'merge', annotated));
  assert.equal(patched.metadata.annotations.patched, 'true');
  assert.equal(patched.metadata.uid, read.metadata.uid);
  patched.metadata.annotations.updated = 'true';
  const updated = stored(await api.put(`${path}/${first}`, patched));
  assert.deepEqual(updated.metadata.annotations, { ...patched.metadata.annotations });
  for (const wanted of [{ patched: 'true' }, { patched: 'true', updated: 'true' }]) {
    const event = await watch.next();
    assert.equal(event.type, 'MODIFIED');
    for (const [key, value] of Object.entries(wanted)) {
      assert.equal(event.object.metadata.annotations[key], value);
    }
  }
  if (kind.status !== undefined) await statusIsApart(api, `${path}/${first}`, kind.status);
  watch.close();

  await removed(api, path, first, selector, 2);
  stored(await api.delete(`${path}?${selector}`, { propagationPolicy: 'Background' }));
  assert.equal(stored(await api.get(`${path}?${selector}`)).items.length, 0);
}

async function removed(
  api: ApiClient,
  path: string,
  name: string,
  selector: string,
  left: number,
): Promise<void> {
  stored(await api.delete(`${path}/${name}`, { propagationPolicy: 'Background' }));
  assert.equal((await api.get(`${path}/${name}`)).code, 404);
  assert.equal(stored(await api.get(`${path}?${selector}`)).items.length, left);
}

/** The status subresource: read, patched, replaced; what is sent beside the status stays out of the spec. */
export async function statusIsApart(
  api: ApiClient,
  path: string,
  { patch, path: field, value, alone }: NonNullable<Kind['status']>,
): Promise<void> {
  const before = stored(await api.get(`${path}/status`));
  const sent = { metadata: { annotations: { patchedstatus: 'true' } }, status: patch };
  const patched = stored(await api.patch(`${path}/status`, 'merge', sent));
  const kept = alone === true ? undefined : 'true';
  assert.equal(patched.metadata.annotations.patchedstatus, kept);
  assert.deepEqual(at(patched.status, field), value);
  assert.deepEqual(patched.spec, before.spec);

  const updated = await replaced(api, `${path}/status`, patched);
  assert.equal(updated.metadata.annotations?.['updatedstatus'], kept);
  const read = stored(await api.get(`${path}/status`));
  assert.deepEqual(read.spec, before.spec);
  assert.deepEqual(at(read.status, field), value);
}

/** As every client does: on what is there, again when somebody was faster. */
async function replaced(api: ApiClient, path: string, sent: KubeObject): Promise<KubeObject> {
  for (;;) {
    const { resourceVersion } = stored(await api.get(path)).metadata;
    const annotations = { ...sent.metadata.annotations, updatedstatus: 'true' };
    const metadata = { ...sent.metadata, annotations, resourceVersion };
    const reply = await api.put(path, { ...sent, metadata });
    if (reply.code !== 409) return stored(reply);
  }
}

function at(object: unknown, path: string): unknown {
  let found = object;
  for (const part of path.split('.'))
    found = (found as Record<string, unknown> | undefined)?.[part];
  return found;
}
