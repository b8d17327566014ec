import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { KubeObject } from '../../object/object.ts';
import { StatusError } from '../../object/status-error.ts';
import { MemoryLister } from '../watch/memory-lister.ts';
import { authorizeInOrder } from './authorize.ts';
import { makeEscalationCheck } from './escalation.ts';
import { makeRbac } from './rbac.ts';
import {
  reviewLocalSubjectAccess,
  reviewSelfSubjectAccess,
  reviewSelfSubjectRules,
  reviewSubjectAccess,
} from './reviews.ts';
import { missingRights } from './rule-coverage.ts';
import { resolveRules, unlistableRules } from './rules.ts';

const apiVersion = 'rbac.authorization.k8s.io/v1';
const alice = { name: 'alice', groups: ['dev'] };

function world(...held: object[]) {
  const listers = {
    clusterRoles: new MemoryLister(),
    clusterRoleBindings: new MemoryLister(),
    roles: new MemoryLister(),
    roleBindings: new MemoryLister(),
  };
  listers.clusterRoles.put({
    apiVersion,
    kind: 'ClusterRole',
    metadata: { name: 'held' },
    rules: held,
  });
  listers.clusterRoleBindings.put({
    apiVersion,
    kind: 'ClusterRoleBinding',
    metadata: { name: 'b' },
    subjects: [{ kind: 'User', name: 'alice' }],
    roleRef: { kind: 'ClusterRole', name: 'held' },
  });
  const rbac = makeRbac(listers);
  const authorize = authorizeInOrder([rbac]);
  return { ...listers, rbac, authorize, check: makeEscalationCheck({ authorize, rbac }) };
}

const role = (...rules: object[]): KubeObject => ({
  apiVersion,
  kind: 'Role',
  metadata: { name: 'r', namespace: 'ns' },
  rules,
});
const write = (resource: string, object: KubeObject, oldObject?: KubeObject) => ({
  user: alice,
  resource,
  namespace: object.metadata.namespace ?? '',
  object,
  oldObject,
});

test('nobody grants what they do not hold', async () => {
  const w = world({ verbs: ['get', 'list'], apiGroups: [''], resources: ['pods'] });
  await w.check(write('roles', role({ verbs: ['get'], apiGroups: [''], resources: ['pods'] })));
  const greedy = role(
    { verbs: ['get', 'delete', 'create'], apiGroups: [''], resources: ['pods'] },
    { verbs: ['get'], apiGroups: [''], resources: ['secrets'], resourceNames: ['s'] },
  );
  await assert.rejects(
    async () => w.check(write('roles', greedy)),
    (error: unknown) => {
      assert.ok(error instanceof StatusError);
      assert.equal(
        error.message,
        [
          'roles.rbac.authorization.k8s.io "r" is forbidden: user "alice" (groups=["dev"]) is attempting to grant RBAC permissions not currently held:',
          '{APIGroups:[""], Resources:["pods"], Verbs:["delete" "create"]}',
          '{APIGroups:[""], Resources:["secrets"], ResourceNames:["s"], Verbs:["get"]}',
        ].join('\n'),
      );
      return true;
    },
  );
  const touched = structuredClone(greedy);
  touched.metadata.finalizers = ['x'];
  await w.check(write('roles', touched, greedy));
});

test('escalate and bind allow it', async () => {
  const w = world({
    verbs: ['escalate'],
    apiGroups: ['rbac.authorization.k8s.io'],
    resources: ['roles'],
  });
  await w.check(write('roles', role({ verbs: ['*'], apiGroups: ['*'], resources: ['*'] })));
  w.clusterRoles.put({
    apiVersion,
    kind: 'ClusterRole',
    metadata: { name: 'big' },
    rules: [{ verbs: ['*'], apiGroups: ['*'], resources: ['*'] }],
  });
  const binding: KubeObject = {
    apiVersion,
    kind: 'RoleBinding',
    metadata: { name: 'x', namespace: 'ns' },
    roleRef: { kind: 'ClusterRole', name: 'big' },
    subjects: [],
  };
  await assert.rejects(async () => w.check(write('rolebindings', binding)), /not currently held/);
  w.clusterRoles.put({
    apiVersion,
    kind: 'ClusterRole',
    metadata: { name: 'held' },
    rules: [
      {
        verbs: ['bind'],
        apiGroups: ['rbac.authorization.k8s.io'],
        resources: ['clusterroles'],
        resourceNames: ['big'],
      },
    ],
  });
  await w.check(write('rolebindings', binding));
  const missing = { ...binding, roleRef: { kind: 'ClusterRole', name: 'gone' } };
  await assert.rejects(
    async () => w.check(write('rolebindings', missing)),
    (error: unknown) => error instanceof StatusError && error.code === 404,
  );
});

test('aggregation needs everything', async () => {
  const w = world({ verbs: ['get'], apiGroups: ['*'], resources: ['*'] });
  const object: KubeObject = {
    apiVersion,
    kind: 'ClusterRole',
    metadata: { name: 'a' },
    aggregationRule: { clusterRoleSelectors: [] },
  };
  await assert.rejects(
    async () => w.check(write('clusterroles', object)),
    /must have cluster-admin privileges to use the aggregationRule/,
  );
});

test('coverage knows stars, subresources, names and URL prefixes', () => {
  const covers = (own: object, want: object) => missingRights([own], [want]).length === 0;
  const pods = { verbs: ['get'], apiGroups: [''], resources: ['pods'] };
  assert.ok(covers({ verbs: ['*'], apiGroups: ['*'], resources: ['*'] }, pods));
  assert.ok(
    covers(
      { verbs: ['get'], apiGroups: [''], resources: ['*/scale'] },
      { ...pods, resources: ['x/scale'] },
    ),
  );
  assert.ok(!covers({ ...pods, resourceNames: ['a'] }, pods));
  assert.ok(covers(pods, { ...pods, resourceNames: ['a'] }));
  assert.ok(
    covers(
      { verbs: ['get'], nonResourceURLs: ['/api*'] },
      { verbs: ['get'], nonResourceURLs: ['/apis/x'] },
    ),
  );
  assert.ok(!covers(pods, { verbs: ['get'], nonResourceURLs: ['/api'] }));
});

test('access reviews answer, and refuse what makes no sense', async () => {
  const w = world({ verbs: ['get'], apiGroups: [''], resources: ['pods'] });
  const review = (kind: string, spec: object, metadata = {}): KubeObject => ({
    apiVersion: 'authorization.k8s.io/v1',
    kind,
    metadata,
    spec,
  });
  const resourceAttributes = { verb: 'get', resource: 'pods', namespace: 'ns' };
  const allowed = await reviewSubjectAccess(
    review('SubjectAccessReview', { user: 'alice', resourceAttributes }),
    w,
  );
  assert.equal(allowed.status.allowed, true);
  assert.match(allowed.status.reason, /^RBAC: allowed by ClusterRoleBinding "b"/);
  const denied = await reviewSubjectAccess(
    review('SubjectAccessReview', { user: 'bob', resourceAttributes }),
    w,
  );
  assert.deepEqual(denied.status, { allowed: false });
  const self = await reviewSelfSubjectAccess(
    review('SelfSubjectAccessReview', { nonResourceAttributes: { verb: 'get', path: '/x' } }),
    { ...w, user: alice },
  );
  assert.deepEqual(self.status, { allowed: false });
  await assert.rejects(
    reviewSubjectAccess(review('SubjectAccessReview', { user: 'a' }), w),
    /exactly one of nonResourceAttributes or resourceAttributes must be specified/,
  );
  await assert.rejects(
    reviewSubjectAccess(review('SubjectAccessReview', { resourceAttributes }), w),
    /at least one of user or group must be specified/,
  );
  const local = review(
    'LocalSubjectAccessReview',
    { user: 'alice', resourceAttributes },
    { namespace: 'other' },
  );
  await assert.rejects(
    reviewLocalSubjectAccess(local, { ...w, namespace: 'other' }),
    /must match metadata.namespace/,
  );
});

test('rules of several authorizers are one list, incomplete if one of them is', async () => {
  const w = world({ verbs: ['get'], apiGroups: [''], resources: ['pods'] });
  const rules = resolveRules([w.rbac, unlistableRules('webhook')]);
  const review: KubeObject = {
    apiVersion: 'authorization.k8s.io/v1',
    kind: 'SelfSubjectRulesReview',
    metadata: {},
    spec: { namespace: 'ns' },
  };
  assert.deepEqual((await reviewSelfSubjectRules(review, { rules, user: alice })).status, {
    resourceRules: [{ verbs: ['get'], apiGroups: [''], resources: ['pods'] }],
    nonResourceRules: [],
    incomplete: true,
    evaluationError: 'webhook authorizer does not support user rule resolution',
  });
});
