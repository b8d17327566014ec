import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { KubeObject } from '../../object/object.ts';
import { StatusError } from '../../object/status-error.ts';
import type { RequestContext, UserInfo } from '../context.ts';
import { MemoryLister } from '../watch/memory-lister.ts';
import { attributesOf, authorizeInOrder, makeAuthorize } from './authorize.ts';
import type { Attributes } from './authorizer.ts';
import { makeRbac } from './rbac.ts';

function world() {
  const listers = {
    clusterRoles: new MemoryLister(),
    clusterRoleBindings: new MemoryLister(),
    roles: new MemoryLister(),
    roleBindings: new MemoryLister(),
  };
  return { ...listers, rbac: makeRbac(listers) };
}

function role(namespace: string, name: string, ...rules: object[]): KubeObject {
  const kind = namespace === '' ? 'ClusterRole' : 'Role';
  const metadata = namespace === '' ? { name } : { name, namespace };
  return { apiVersion: 'rbac.authorization.k8s.io/v1', kind, metadata, rules };
}

function binding(namespace: string, name: string, ref: [string, string], ...subjects: object[]) {
  const kind = namespace === '' ? 'ClusterRoleBinding' : 'RoleBinding';
  const metadata = namespace === '' ? { name } : { name, namespace };
  const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: ref[0], name: ref[1] };
  return { apiVersion: 'rbac.authorization.k8s.io/v1', kind, metadata, subjects, roleRef };
}

const readPods = { verbs: ['get', 'list'], apiGroups: [''], resources: ['pods', 'pods/log'] };
const alice: UserInfo = { name: 'alice', groups: ['dev', 'system:authenticated'] };

function ask(user: UserInfo, verb: string, what: string, namespace = '', name = ''): Attributes {
  const [resource = '', subresource = ''] = what.split('/');
  const base = { user, verb, version: 'v1', namespace, name, group: '', path: '' };
  return { ...base, resourceRequest: true, resource, subresource };
}

test('a RoleBinding grants in its namespace only, a ClusterRoleBinding everywhere', () => {
  const w = world();
  w.clusterRoles.put(role('', 'reader', readPods));
  w.roleBindings.put(binding('a', 'b', ['ClusterRole', 'reader'], { kind: 'Group', name: 'dev' }));
  assert.equal(
    (w.rbac.authorize(ask(alice, 'get', 'pods', 'a')) as { reason: string }).reason,
    'RBAC: allowed by RoleBinding "b/a" of ClusterRole "reader" to Group "dev"',
  );
  const verdict = (asked: Attributes) => (w.rbac.authorize(asked) as { verdict: string }).verdict;
  assert.equal(verdict(ask(alice, 'get', 'pods', 'c')), 'no-opinion');
  assert.equal(verdict(ask(alice, 'get', 'pods')), 'no-opinion');
  assert.equal(verdict(ask(alice, 'delete', 'pods', 'a')), 'no-opinion');
  assert.equal(verdict(ask(alice, 'get', 'pods/log', 'a')), 'allow');
  assert.equal(verdict(ask(alice, 'get', 'pods/exec', 'a')), 'no-opinion');
  w.clusterRoleBindings.put(
    binding('', 'all', ['ClusterRole', 'reader'], { kind: 'User', name: 'alice' }),
  );
  assert.equal(verdict(ask(alice, 'get', 'pods', 'c')), 'allow', 'after an earlier no');
  assert.equal(verdict(ask(alice, 'list', 'pods')), 'allow');
  w.clusterRoleBindings.remove('', 'all');
  assert.equal(verdict(ask(alice, 'get', 'pods', 'c')), 'no-opinion', 'after it was taken away');
});

test('a changed role counts at once; names are part of the answer only where rules have them', () => {
  const w = world();
  const bob: UserInfo = { name: 'system:serviceaccount:x:bob', groups: [] };
  w.roles.put(role('a', 'r', { verbs: ['*'], apiGroups: ['*'], resources: ['*/scale'] }));
  w.roleBindings.put(
    binding('a', 'b', ['Role', 'r'], { kind: 'ServiceAccount', name: 'bob', namespace: 'x' }),
  );
  const verdict = (asked: Attributes) => (w.rbac.authorize(asked) as { verdict: string }).verdict;
  assert.equal(verdict(ask(bob, 'patch', 'deployments/scale', 'a')), 'allow');
  assert.equal(verdict(ask(bob, 'patch', 'deployments', 'a')), 'no-opinion');
  w.roles.put(
    role('a', 'r', {
      verbs: ['get'],
      apiGroups: [''],
      resources: ['secrets'],
      resourceNames: ['one'],
    }),
  );
  assert.equal(verdict(ask(bob, 'patch', 'deployments/scale', 'a')), 'no-opinion');
  assert.equal(verdict(ask(bob, 'get', 'secrets', 'a', 'one')), 'allow');
  assert.equal(verdict(ask(bob, 'get', 'secrets', 'a', 'two')), 'no-opinion');
  assert.equal(verdict(ask(bob, 'get', 'secrets', 'a')), 'no-opinion');
});

test('a missing role is named in the refusal', () => {
  const w = world();
  w.clusterRoleBindings.put(
    binding('', 'x', ['ClusterRole', 'gone'], { kind: 'User', name: 'alice' }),
  );
  assert.deepEqual(w.rbac.authorize(ask(alice, 'get', 'pods')), {
    verdict: 'no-opinion',
    reason: 'RBAC: clusterrole.rbac.authorization.k8s.io "gone" not found',
  });
});

test("the stage refuses in upstream's words and lets system:masters pass", async () => {
  const stage = makeAuthorize({ authorize: authorizeInOrder([world().rbac]) });
  const info = {
    ...ask(alice, 'list', 'pods', 'default'),
    isResourceRequest: true,
    fieldSelector: '',
    labelSelector: '',
    parts: [],
    apiPrefix: 'api',
  };
  const context = {
    user: alice,
    info,
    auditLevel: 'None',
    auditAnnotations: {},
    extraHeaders: {},
  } as unknown as RequestContext;
  assert.throws(
    () => stage.run(context),
    (error: unknown) => {
      assert.ok(error instanceof StatusError);
      assert.deepEqual(error.body(), {
        kind: 'Status',
        apiVersion: 'v1',
        metadata: {},
        status: 'Failure',
        message:
          'pods is forbidden: User "alice" cannot list resource "pods" in API group "" in the namespace "default"',
        reason: 'Forbidden',
        details: { kind: 'pods' },
        code: 403,
      });
      return true;
    },
  );
  await stage.run({
    ...context,
    user: { name: 'root', groups: ['system:masters'] },
  } as RequestContext);
  const path = attributesOf(alice, {
    ...info,
    isResourceRequest: false,
    verb: 'get',
    path: '/<x>',
    namespace: '',
    resource: '',
  });
  const { forbiddenByAuthorizer } = await import('./authorize.ts');
  assert.equal(
    forbiddenByAuthorizer(path, '').message,
    'forbidden: User "alice" cannot get path "/&lt;x&gt;"',
  );
});

test('rules for a review carry both kinds of rules', async () => {
  const w = world();
  w.clusterRoles.put(
    role('', 'reader', readPods, { verbs: ['get'], nonResourceURLs: ['/healthz'] }),
  );
  w.clusterRoleBindings.put(
    binding('', 'x', ['ClusterRole', 'reader'], { kind: 'User', name: 'alice' }),
  );
  assert.deepEqual(await w.rbac.rulesFor(alice, 'a'), {
    resourceRules: [readPods],
    nonResourceRules: [{ verbs: ['get'], nonResourceURLs: ['/healthz'] }],
    incomplete: false,
  });
});
