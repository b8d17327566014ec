import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { KubeObject, OwnerReference } from '../../object/object.ts';
import { verdict } from './delete-decision.ts';
import { blockers, OwnerGraph } from './owner-graph.ts';

function object(uid: string, owners: string[] = [], metadata: object = {}): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'Thing',
    metadata: {
      uid,
      name: uid,
      namespace: 'n',
      ownerReferences: owners.map(reference),
      ...metadata,
    },
  };
}

function reference(uid: string): OwnerReference {
  return { apiVersion: 'v1', kind: 'Thing', name: uid, uid, blockOwnerDeletion: true };
}

test('when an owner goes its dependents are looked at', () => {
  const graph = new OwnerGraph();
  graph.upsert('things', object('owner'));
  assert.deepEqual(graph.upsert('things', object('child', ['owner'])), []);
  assert.deepEqual(graph.remove('owner'), [{ kind: 'delete', uid: 'child' }]);
});

test('an owner never seen is verified, and forgotten with its last dependent', () => {
  const graph = new OwnerGraph();
  assert.deepEqual(graph.upsert('things', object('child', ['ghost'])), [
    { kind: 'verify', uid: 'ghost' },
  ]);
  assert.equal(graph.size, 2);
  graph.remove('child');
  assert.equal(graph.size, 0);
});

test('foreground deletion waits for those that block, and is looked at when the last has gone', () => {
  const graph = new OwnerGraph();
  graph.upsert('things', object('owner'));
  graph.upsert('things', object('child', ['owner']));
  const ending = { deletionTimestamp: 'now', finalizers: ['foregroundDeletion'] };
  assert.deepEqual(graph.upsert('things', object('owner', [], ending)), [
    { kind: 'delete', uid: 'child' },
    { kind: 'delete', uid: 'owner' },
  ]);
  const owner = graph.get('owner');
  assert.ok(owner !== undefined);
  assert.deepEqual(
    blockers(owner).map((n) => n.uid),
    ['child'],
  );
  assert.deepEqual(graph.remove('child'), [{ kind: 'delete', uid: 'owner' }]);
  assert.deepEqual(blockers(owner), []);
});

test('the orphan finalizer frees dependents', () => {
  const graph = new OwnerGraph();
  graph.upsert('things', object('owner'));
  const ending = { deletionTimestamp: 'now', finalizers: ['orphan'] };
  assert.deepEqual(graph.upsert('things', object('owner', [], ending)), [
    { kind: 'orphan', uid: 'owner' },
  ]);
});

test('an object with one living owner loses only the references to dead ones', () => {
  const states = [
    { owner: reference('dead'), state: 'dangling' as const },
    { owner: reference('alive'), state: 'solid' as const },
  ];
  assert.deepEqual(verdict(object('x'), states, false), {
    kind: 'strike',
    owners: [reference('dead')],
  });
});

test('without a living owner it is deleted, in the way its finalizers and owners ask for', () => {
  const dead = [{ owner: reference('dead'), state: 'dangling' as const }];
  const waiting = [{ owner: reference('w'), state: 'waiting' as const }];
  const policy = (v: ReturnType<typeof verdict>) => (v.kind === 'delete' ? v.policy : v.kind);
  assert.equal(policy(verdict(object('x'), dead, true)), 'Background');
  assert.equal(policy(verdict(object('x', [], { finalizers: ['orphan'] }), dead, true)), 'Orphan');
  assert.equal(policy(verdict(object('x'), waiting, true)), 'Foreground');
  assert.equal(policy(verdict(object('x'), waiting, false)), 'Background');
  assert.equal(policy(verdict(object('x'), [], true)), 'keep');
});
