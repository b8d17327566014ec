import assert from 'node:assert/strict';
import { test } from 'node:test';
import { stored } from '../../apiserver/verbs/api-client.ts';
import { type Any, podSpec, startCluster, until, workload } from './cluster.ts';

/** Conformance of the garbage collector. */
const { api, ns } = await startCluster();

const controller = (name: string, replicas: number): Promise<Any> =>
  ns.create('replicationcontrollers', {
    metadata: { name },
    spec: { ...workload({ name }), selector: { name }, replicas },
  });
const count = (name: string, n: number): Promise<Any[]> =>
  until(`${n} pods of ${name}`, async () => {
    const pods = await ns.list('pods', `name=${name}`);
    return pods.length === n && pods;
  });
const pod = (name: string, more: object = {}, spec: object = {}): Promise<Any> =>
  ns.create('pods', {
    metadata: { name, labels: { name }, ...more },
    spec: podSpec('agnhost:1', spec),
  });
const gone = (resource: string, name: string): Promise<unknown> =>
  until(`${name} is gone`, async () => (await api.get(ns.path(resource, name))).code === 404);
const still = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 500));

test('Garbage collector should delete or orphan pods created by rc as told', async () => {
  await controller('background', 2);
  await count('background', 2);
  await ns.delete('replicationcontrollers', 'background', { propagationPolicy: 'Background' });
  await count('background', 0);
  for (const [name, options] of [
    ['orphan', { propagationPolicy: 'Orphan' }],
    ['orphan-old', { orphanDependents: true }],
  ] as const) {
    await controller(name, 2);
    await count(name, 2);
    await ns.delete('replicationcontrollers', name, options);
    await gone('replicationcontrollers', name);
    await still();
    const left = await count(name, 2);
    assert.ok(left.every((p) => p.metadata.ownerReferences === undefined));
  }
});

test('Garbage collector should keep the rc around until all its pods are deleted if the deleteOptions says so', async () => {
  await controller('foreground', 3);
  const [held] = await count('foreground', 3);
  await ns.patch('pods', held.metadata.name, { metadata: { finalizers: ['example.com/hold'] } });
  await ns.delete('replicationcontrollers', 'foreground', { propagationPolicy: 'Foreground' });
  await count('foreground', 1);
  const rc = await ns.get('replicationcontrollers', 'foreground');
  assert.deepEqual(rc.metadata.finalizers, ['foregroundDeletion']);
  await ns.patch('pods', held.metadata.name, { metadata: { finalizers: null } });
  await gone('replicationcontrollers', 'foreground');
});

test('Garbage collector should not delete dependents that have both valid owner and owner that is waiting for dependents to be deleted', async () => {
  await controller('to-be-deleted', 4);
  const stays = await controller('to-stay', 0);
  const pods = await count('to-be-deleted', 4);
  for (const { metadata } of pods.slice(0, 2)) {
    const ownerReferences = [
      ...metadata.ownerReferences,
      { apiVersion: 'v1', kind: 'ReplicationController', name: 'to-stay', uid: stays.metadata.uid },
    ];
    await ns.patch('pods', metadata.name, { metadata: { ownerReferences } });
  }
  await ns.delete('replicationcontrollers', 'to-be-deleted', { propagationPolicy: 'Foreground' });
  await gone('replicationcontrollers', 'to-be-deleted');
  const left = await count('to-be-deleted', 2);
  for (const { metadata } of left) {
    assert.equal(metadata.deletionTimestamp, undefined);
    assert.deepEqual(
      metadata.ownerReferences.map((o: Any) => o.name),
      ['to-stay'],
    );
  }
});

test('Garbage collector should not be blocked by dependency circle', async () => {
  const uids: string[] = [];
  for (const n of [1, 2, 3]) uids.push((await pod(`circle${n}`)).metadata.uid);
  for (const [name, owner] of [
    ['circle1', 3],
    ['circle2', 1],
    ['circle3', 2],
  ] as const) {
    const ref = {
      apiVersion: 'v1',
      kind: 'Pod',
      name: `circle${owner}`,
      uid: uids[owner - 1],
      controller: true,
      blockOwnerDeletion: true,
    };
    await ns.patch('pods', name, { metadata: { ownerReferences: [ref] } });
  }
  await ns.delete('pods', 'circle1', { propagationPolicy: 'Foreground' });
  for (const n of [1, 2, 3]) await gone('pods', `circle${n}`);
});

for (const [policy, title] of [
  ['Background', 'delete RS created by deployment when not orphaning'],
  ['Orphan', 'orphan RS created by deployment when deleteOptions.PropagationPolicy is Orphan'],
] as const) {
  test(`Garbage collector should ${title}`, async () => {
    const name = `gc-${policy.toLowerCase()}`;
    const sets = (): Promise<Any[]> => ns.list('apps/v1/replicasets', `name=${name}`);
    await ns.create('apps/v1/deployments', {
      metadata: { name },
      spec: { ...workload({ name }), replicas: 2 },
    });
    await count(name, 2);
    await ns.delete('apps/v1/deployments', name, { propagationPolicy: policy });
    await gone('apps/v1/deployments', name);
    if (policy === 'Background') await until('no set', async () => (await sets()).length === 0);
    else assert.ok((await sets()).every((s) => s.metadata.ownerReferences === undefined));
    await count(name, policy === 'Background' ? 0 : 2);
  });
}

test('Garbage collector should support cascading deletion of custom resources', async () => {
  const name = 'things.gc.example.com';
  const schema = {
    openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
  };
  const names = { plural: 'things', singular: 'thing', kind: 'Thing', listKind: 'ThingList' };
  const spec = {
    group: 'gc.example.com',
    names,
    scope: 'Cluster',
    versions: [{ name: 'v1', served: true, storage: true, schema }],
  };
  stored(
    await api.create('/apis/apiextensions.k8s.io/v1/customresourcedefinitions', {
      metadata: { name },
      spec,
    }),
    201,
  );
  const path = '/apis/gc.example.com/v1/things';
  const make = (n: string, owner?: Any): Promise<Any> =>
    until(`${n} is made`, async () => {
      const ownerReferences =
        owner === undefined
          ? []
          : [
              {
                apiVersion: 'gc.example.com/v1',
                kind: 'Thing',
                name: 'owner',
                uid: owner.metadata.uid,
              },
            ];
      const { code, body } = await api.create(path, {
        apiVersion: 'gc.example.com/v1',
        kind: 'Thing',
        metadata: { name: n, ownerReferences },
      });
      return code === 201 && body;
    });
  const owner = await make('owner');
  await make('dependent', owner);
  await make('lone');
  stored(await api.delete(`${path}/owner`, { propagationPolicy: 'Background' }));
  await until('the dependent goes', async () => (await api.get(`${path}/dependent`)).code === 404);
  stored(await api.get(`${path}/lone`));
});
