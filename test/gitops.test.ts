import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { ApiClient, stored } from '../apiserver/verbs/api-client.ts';
import type { KubeObject } from '../object/object.ts';

/** The requests that Flux (fluxcd/pkg/ssa) and Argo CD (gitops-engine) live on, and what they check. */
let api: ApiClient;
const deployments = '/apis/apps/v1/namespaces/default/deployments';
const flux = 'kustomize-controller';
const inventory = { 'kustomize.toolkit.fluxcd.io/name': 'apps' };
const lastApplied = 'kubectl.kubernetes.io/last-applied-configuration';

before(async () => {
  api = await ApiClient.start();
});
after(() => api.stop());

const manifest = (name: string, app = name) => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name, namespace: 'default', labels: inventory },
  spec: {
    replicas: 2,
    selector: { matchLabels: { app } },
    template: {
      metadata: { labels: { app } },
      spec: { containers: [{ name: 'c', image: 'i:1', ports: [{ containerPort: 80 }] }] },
    },
  },
});

const apply = (object: { metadata: { name: string } }, query = '') =>
  api.patch(
    `${deployments}/${object.metadata.name}?fieldManager=${flux}&force=true${query}`,
    'apply',
    object,
  );

/** What both compare: everything but the bookkeeping. */
function comparable(object: KubeObject): object {
  const { managedFields: _, resourceVersion: __, generation: ___, ...metadata } = object.metadata;
  const { status: ____, ...rest } = object;
  return { ...rest, metadata };
}

async function drifted(object: { metadata: { name: string } }): Promise<boolean> {
  const live = stored(await api.get(`${deployments}/${object.metadata.name}`));
  const dry = stored(await apply(object, '&dryRun=All'));
  try {
    assert.deepEqual(comparable(live), comparable(dry));
    return false;
  } catch {
    return true;
  }
}

test('Flux takes over what kubectl applied, sees drift, mends it and cleans up', async () => {
  const first = { ...manifest('web') };
  const annotated = { ...first.metadata, annotations: { [lastApplied]: '{}' } };
  const made: KubeObject = stored(
    await api.create(`${deployments}?fieldManager=kubectl-client-side-apply`, {
      ...first,
      metadata: annotated,
    }),
    201,
  );
  const managedFields = made.metadata.managedFields?.map((entry) => ({
    ...entry,
    manager: flux,
    operation: 'Apply',
  }));
  const path = `${deployments}/web`;
  const taken: KubeObject = stored(
    await api.patch(path, 'json', [
      { op: 'replace', path: '/metadata/managedFields', value: managedFields },
      { op: 'replace', path: '/metadata/resourceVersion', value: made.metadata.resourceVersion },
      { op: 'remove', path: `/metadata/annotations/${lastApplied.replace('/', '~1')}` },
    ]),
  );
  assert.deepEqual(
    taken.metadata.managedFields?.map(({ manager, operation }) => [manager, operation]),
    [[flux, 'Apply']],
  );
  const applied: KubeObject = stored(await apply(manifest('web')));
  assert.equal(await drifted(manifest('web')), false);
  const again: KubeObject = stored(await apply(manifest('web')));
  assert.equal(again.metadata.resourceVersion, applied.metadata.resourceVersion);

  const edit = { spec: { template: { spec: { containers: [{ name: 'c', image: 'i:2' }] } } } };
  stored(await api.patch(`${path}?fieldManager=kubectl-edit`, 'strategic', edit));
  assert.equal(await drifted(manifest('web')), true);
  const mended: KubeObject = stored(await apply(manifest('web')));
  assert.equal(mended['spec'].template.spec.containers[0].image, 'i:1');
  assert.deepEqual(
    mended.metadata.managedFields?.map(({ manager }) => manager),
    [flux],
  );

  // an immutable field: Flux looks for the reason Invalid, and makes the object anew
  const other = await apply(manifest('web', 'other'), '&dryRun=All');
  assert.deepEqual([other.code, other.body.reason], [422, 'Invalid']);
  assert.match(other.body.message, /field is immutable/);

  const selector = encodeURIComponent('kustomize.toolkit.fluxcd.io/name=apps');
  const listed = await api.get(`${deployments}?labelSelector=${selector}`);
  for (const { metadata } of stored(listed).items) {
    const options = { propagationPolicy: 'Background', preconditions: { uid: metadata.uid } };
    stored(await api.delete(`${deployments}/${metadata.name}`, options));
  }
  assert.deepEqual(stored(await api.get(`${deployments}?labelSelector=${selector}`)).items, []);
});

test('Flux tells what is new, moves managers and patches a status that others write, too', async () => {
  const path = `${deployments}/shop`;
  const wanted = engineForm('shop');
  const dry = await apply(wanted, '&dryRun=All');
  assert.equal(dry.code, 201);
  assert.equal(dry.body.metadata.resourceVersion, undefined, 'so the engine knows a new object');
  assert.equal((await api.get(path)).code, 404);

  stored(await api.create(`${deployments}?fieldManager=kubectl-create`, manifest('shop')), 201);
  const observed = { status: { observedGeneration: 1 } };
  const manager = 'kube-controller-manager';
  stored(await api.patch(`${path}/status?fieldManager=${manager}`, 'merge', observed));
  const made: KubeObject = stored(await api.get(path));
  const [mine, others] = [true, false].map((kubectl) =>
    made.metadata.managedFields?.filter((m) => (m.manager === 'kubectl-create') === kubectl),
  );
  const moved = mine?.map((entry) => ({ ...entry, manager: flux, operation: 'Apply' })) ?? [];
  const value = [...(others ?? []), ...moved];
  const clean = [{ op: 'replace', path: '/metadata/managedFields', value }];
  const taken: KubeObject = stored(await api.patch(`${path}?fieldManager=${flux}`, 'json', clean));
  assert.deepEqual(managers(taken), [`${manager} Update status`, `${flux} Apply `]);

  // what the manifest leaves out was the former manager's alone, and goes
  const applied: KubeObject = stored(await apply(wanted));
  assert.deepEqual(managers(applied), [`${manager} Update status`, `${flux} Apply `]);
  assert.equal(applied['spec'].template.spec.containers[0].ports, undefined);
  assert.equal(applied['status'].observedGeneration, 1);
  assert.equal(await drifted(wanted), false);

  const conditions = [{ type: 'Ready', status: 'True', reason: 'Applied', message: '' }];
  const patchStatus = (resourceVersion = '') =>
    api.patch(`${path}/status?fieldManager=gotk-${flux}`, 'merge', {
      metadata: { resourceVersion },
      status: { conditions },
    });
  const late = await patchStatus(made.metadata.resourceVersion);
  assert.deepEqual([late.code, late.body.reason], [409, 'Conflict']);
  const latest: KubeObject = stored(await patchStatus(applied.metadata.resourceVersion));
  assert.equal(latest.metadata.managedFields?.length, 3);
  stored(await api.delete(path, { propagationPolicy: 'Background' }));
});

/** A manifest as the engine sends it: through Go's types and back, with what those never leave out. */
function engineForm(name: string) {
  const { metadata, spec, ...rest } = manifest(name);
  const containers = [{ name: 'c', image: 'i:1', resources: {} }];
  const template = { ...spec.template, spec: { containers } };
  return {
    ...rest,
    metadata: { ...metadata, creationTimestamp: null },
    spec: { ...spec, strategy: {}, template },
  };
}

function managers({ metadata }: KubeObject): string[] {
  const entries = metadata.managedFields ?? [];
  return entries.map((m) => `${m.manager} ${m.operation} ${m.subresource ?? ''}`).sort();
}

test('Argo CD fills its cache: every kind in pages, then a watch from the list', async () => {
  const accept =
    'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json';
  let kinds = 0;
  for (const root of ['/api', '/apis']) {
    const groups: Group[] = stored(await api.get(root, { accept })).items;
    for (const path of groups.flatMap((group) => collections(root, group))) {
      await listAndWatch(path);
      kinds++;
    }
  }
  assert.ok(kinds > 50, `${kinds} kinds`);
});

const argo = 'argocd-controller';

function managersOf({ metadata }: KubeObject): string[] {
  return (metadata.managedFields ?? []).map(({ manager, operation }) => `${manager} ${operation}`);
}

test('Argo CD goes over from its client-side apply to server-side apply', async () => {
  const bare = manifest('moved');
  const wanted = manifest('moved');
  Object.assign(wanted.spec.template.spec.containers[0] ?? {}, {
    env: [{ name: 'A', value: '1' }],
  });
  const annotations = { [lastApplied]: JSON.stringify(wanted) };
  const annotated = { ...wanted, metadata: { ...wanted.metadata, annotations } };
  stored(await api.create(`${deployments}?fieldManager=${argo}`, annotated), 201);
  const path = `${deployments}/moved`;
  const force = (object: object, query = ''): Promise<KubeObject> =>
    api.patch(`${path}?fieldManager=${argo}&force=true${query}`, 'apply', object).then(stored);

  // kubectl's library under it: applies, hands all that was written client-side to the applier, applies again
  const both = await force(wanted);
  assert.deepEqual(managersOf(both), [`${argo} Apply`, `${argo} Update`]);
  const written = both.metadata.managedFields?.find(({ operation }) => operation === 'Update');
  const upgrade = [
    { op: 'replace', path: '/metadata/managedFields', value: [{ ...written, operation: 'Apply' }] },
    { op: 'replace', path: '/metadata/resourceVersion', value: both.metadata.resourceVersion },
  ];
  const upgraded: KubeObject = stored(
    await api.patch(`${path}?fieldManager=${argo}`, 'json', upgrade),
  );
  assert.deepEqual(managersOf(upgraded), [`${argo} Apply`]);
  const late = await api.patch(`${path}?fieldManager=${argo}`, 'json', upgrade);
  assert.deepEqual([late.code, late.body.reason], [409, 'Conflict']);
  const moved = await force(wanted);
  assert.equal(moved.metadata.annotations?.[lastApplied], undefined);
  assert.equal(moved['spec'].progressDeadlineSeconds, 600);

  // its server-side diff: a dry run gives what is there
  assert.deepEqual(comparable(await force(wanted, '&dryRun=All')), comparable(moved));
  assert.notDeepEqual(comparable(await force(bare, '&dryRun=All')), comparable(moved));
  const without = await force(bare);
  assert.equal(without['spec'].template.spec.containers[0].env, undefined);
});

test('Argo CD holds a hook by a finalizer until it has seen the end', async () => {
  const jobs = '/apis/batch/v1/namespaces/default/jobs';
  const finalizers = ['argocd.argoproj.io/hook-finalizer'];
  const pod = { restartPolicy: 'Never', containers: [{ name: 'c', image: 'i' }] };
  const hook = {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name: 'pre', finalizers, annotations: { 'argocd.argoproj.io/hook': 'PreSync' } },
    spec: { backoffLimit: 0, template: { spec: pod } },
  };
  const seen: KubeObject = stored(await api.create(`${jobs}?fieldManager=${argo}`, hook), 201);
  const policy = { propagationPolicy: 'Foreground' };
  const going: KubeObject = stored(await api.delete(`${jobs}/pre`, policy));
  assert.deepEqual(going.metadata.finalizers?.toSorted(), [...finalizers, 'foregroundDeletion']);

  // the cache is behind: its update conflicts, and is tried again on what is read
  const { finalizers: _, ...bare } = seen.metadata;
  const stale = await api.put(`${jobs}/pre`, { ...seen, metadata: bare });
  assert.deepEqual([stale.code, stale.body.reason], [409, 'Conflict']);
  const read: KubeObject = stored(await api.get(`${jobs}/pre`));
  read.metadata.finalizers = ['foregroundDeletion'];
  stored(await api.put(`${jobs}/pre`, read));
  // it is made anew only when the garbage collector is done, too
  const early = await api.create(`${jobs}?fieldManager=${argo}`, hook);
  assert.deepEqual([early.code, early.body.reason], [409, 'AlreadyExists']);
  const last: KubeObject = stored(await api.get(`${jobs}/pre`));
  stored(await api.put(`${jobs}/pre`, { ...last, metadata: { ...last.metadata, finalizers: [] } }));
  assert.equal((await api.get(`${jobs}/pre`)).code, 404);
  stored(await api.create(`${jobs}?fieldManager=${argo}`, hook), 201);
});

interface Group {
  metadata?: { name?: string };
  versions: { version: string; resources: { resource: string; verbs: string[] }[] }[];
}

/** Paths of what can be listed and watched. */
function collections(root: string, { metadata, versions }: Group): string[] {
  const group = metadata?.name === undefined ? root : `${root}/${metadata.name}`;
  return versions.flatMap(({ version, resources }) =>
    resources
      .filter(({ verbs }) => verbs.includes('list') && verbs.includes('watch'))
      .map(({ resource }) => `${group}/${version}/${resource}`),
  );
}

async function listAndWatch(path: string): Promise<void> {
  let page = '';
  let items = 0;
  let resourceVersion = '';
  do {
    const list = stored(await api.get(`${path}?limit=5&continue=${encodeURIComponent(page)}`));
    resourceVersion = list.metadata.resourceVersion;
    page = list.metadata.continue ?? '';
    items += list.items.length;
  } while (page !== '');
  const whole = stored(await api.get(path));
  assert.equal(items, whole.items.length, path);
  const query = `watch=true&allowWatchBookmarks=true&resourceVersion=${resourceVersion}`;
  const watch = await api.watch(`${path}?${query}`);
  assert.equal(watch.code, 200, path);
  watch.close();
}
