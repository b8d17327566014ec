import assert from 'node:assert/strict';
import { test } from 'node:test';
import { StatusError } from '../../object/status-error.ts';
import type { Attributes } from '../authz/authorizer.ts';
import type { RequestContext } from '../context.ts';
import { makeBootstrapToken } from './bootstrap-token.ts';
import { makeImpersonate } from './impersonate.ts';
import { MemoryLister } from '../watch/memory-lister.ts';

function context(...rawHeaders: string[]): RequestContext {
  const headers: Record<string, string> = {};
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = (rawHeaders[i] as string).toLowerCase();
    const value = rawHeaders[i + 1] as string;
    headers[name] = headers[name] === undefined ? value : `${headers[name]}, ${value}`;
  }
  const user = { name: 'admin', groups: ['ops'] };
  const info = {
    isResourceRequest: true,
    verb: 'list',
    group: '',
    version: 'v1',
    resource: 'pods',
    subresource: '',
    namespace: 'ns',
    name: '',
    path: '/api/v1/namespaces/ns/pods',
    fieldSelector: '',
    labelSelector: '',
  };
  return { headers, exchange: { rawHeaders }, user, info } as unknown as RequestContext;
}

const ofOld = ({ verb }: Attributes) => verb === 'impersonate';

function world(allowed: (asked: Attributes) => boolean = ofOld) {
  const asked: string[] = [];
  const stage = makeImpersonate({
    authorize: (question) => {
      asked.push(
        `${question.verb} ${question.group}/${question.resource}/${question.subresource} ${question.namespace} ${question.name}`,
      );
      return allowed(question)
        ? { verdict: 'allow', reason: '' }
        : { verdict: 'no-opinion', reason: 'why' };
    },
  });
  return { asked, stage };
}

test('without the headers nothing is asked and nothing waits', () => {
  const { stage, asked } = world();
  const plain = context('Accept', 'x');
  assert.equal(stage.run(plain), undefined);
  assert.deepEqual(asked, []);
  assert.equal(plain.user.name, 'admin');
});

test('every part is asked for; groups given are the whole truth but for system:authenticated', async () => {
  const { stage, asked } = world();
  const request = context(
    'Impersonate-User',
    'jane',
    'Impersonate-Group',
    'a, b',
    'Impersonate-Group',
    'c',
    'Impersonate-Extra-Acme.com%2Fproject',
    'p',
    'Impersonate-Uid',
    '7',
  );
  await stage.run(request);
  assert.deepEqual(asked, [
    'impersonate-on:user-info:list /pods/ ns ',
    'impersonate /users/  jane',
    'impersonate authentication.k8s.io/uids/  7',
    'impersonate /groups/  a, b',
    'impersonate /groups/  c',
    'impersonate authentication.k8s.io/userextras/acme.com/project  p',
  ]);
  assert.deepEqual(request.user, {
    name: 'jane',
    uid: '7',
    groups: ['a, b', 'c', 'system:authenticated'],
    extra: { 'acme.com/project': ['p'] },
  });
  assert.equal(request.impersonator?.name, 'admin');
  assert.deepEqual(Object.keys(request.headers), []);
});

test('a service account brings its groups, the anonymous user its own', async () => {
  const { stage, asked } = world();
  const account = context('Impersonate-User', 'system:serviceaccount:ns:robot');
  await stage.run(account);
  assert.deepEqual(asked, [
    'impersonate-on:serviceaccount:list /pods/ ns ',
    'impersonate /serviceaccounts/ ns robot',
  ]);
  assert.deepEqual(account.user.groups, [
    'system:serviceaccounts',
    'system:serviceaccounts:ns',
    'system:authenticated',
  ]);
  const nobody = context('Impersonate-User', 'system:anonymous');
  await stage.run(nobody);
  assert.deepEqual(nobody.user.groups, ['system:unauthenticated']);
});

test('refused as upstream refuses', async () => {
  const { stage } = world((asked) => ofOld(asked) && asked.resource !== 'groups');
  const request = context('Impersonate-User', 'jane', 'Impersonate-Group', 'g');
  await assert.rejects(
    async () => stage.run(request),
    (error: unknown) => {
      assert.ok(error instanceof StatusError);
      assert.equal(error.code, 403);
      assert.equal(
        error.message,
        'pods is forbidden: User "admin" cannot impersonate-on:user-info:list resource "pods" in API group "" in the namespace "ns": why',
      );
      return true;
    },
  );
  assert.equal(request.user.name, 'admin');
  await assert.rejects(async () => stage.run(context('Impersonate-Group', 'g')), {
    message:
      'requested &user.DefaultInfo{Name:"", UID:"", Groups:[]string{"g"}, Extra:map[string][]string(nil)} without impersonating a user name',
  });
});

test('who may act as another only for a while is asked about what is done', async () => {
  const { stage, asked } = world(({ verb }) => verb !== 'impersonate');
  const jane = context('Impersonate-User', 'jane', 'Impersonate-Group', 'g');
  await stage.run(jane);
  assert.deepEqual(asked.splice(0), [
    'impersonate-on:user-info:list /pods/ ns ',
    'impersonate:user-info authentication.k8s.io/users/  jane',
    'impersonate:user-info authentication.k8s.io/groups/  g',
  ]);
  assert.equal(jane.impersonationConstraint, 'impersonate:user-info');
  const node = context('Impersonate-User', 'system:node:n1');
  await stage.run(node);
  assert.deepEqual(asked.splice(0), [
    'impersonate-on:arbitrary-node:list /pods/ ns ',
    'impersonate:arbitrary-node authentication.k8s.io/nodes/  n1',
  ]);
  assert.deepEqual(node.user.groups, ['system:nodes', 'system:authenticated']);
  const agent = context('Impersonate-User', 'system:node:n1');
  agent.user = {
    name: 'system:serviceaccount:ns:agent',
    groups: [],
    extra: { 'authentication.kubernetes.io/node-name': ['n1'] },
  };
  await stage.run(agent);
  assert.deepEqual(asked.splice(0), [
    'impersonate-on:associated-node:list /pods/ ns ',
    'impersonate:associated-node authentication.k8s.io/nodes/  *',
  ]);
  await assert.rejects(
    async () =>
      stage.run(context('Impersonate-User', 'jane', 'Impersonate-Group', 'system:masters')),
    /impersonating the system:masters group is not allowed$/,
  );
});

test('the mode that worked last is tried first', async () => {
  const { stage, asked } = world();
  await stage.run(context('Impersonate-User', 'jane'));
  asked.splice(0);
  await stage.run(context('Impersonate-User', 'joe'));
  assert.deepEqual(asked, ['impersonate /users/  joe']);
});

test('a bootstrap token counts while its secret says so', () => {
  const secrets = new MemoryLister();
  const tokens = makeBootstrapToken({ secrets, now: () => Date.parse('2026-01-01') });
  const put = (more: Record<string, string>) => {
    const data: Record<string, string> = {
      'token-id': 'abcdef',
      'token-secret': '0123456789abcdef',
      'usage-bootstrap-authentication': 'true',
      ...more,
    };
    for (const key of Object.keys(data))
      data[key] = Buffer.from(data[key] as string).toString('base64');
    secrets.put({
      apiVersion: 'v1',
      kind: 'Secret',
      type: 'bootstrap.kubernetes.io/token',
      metadata: { name: 'bootstrap-token-abcdef', namespace: 'kube-system' },
      data,
    });
  };
  const ask = (token = 'abcdef.0123456789abcdef') => {
    const identity = tokens.authenticateToken(token, []);
    assert.ok(!(identity instanceof Promise));
    return identity?.user;
  };
  assert.equal(ask(), undefined);
  put({ 'auth-extra-groups': 'system:bootstrappers:workers' });
  assert.deepEqual(ask(), {
    name: 'system:bootstrap:abcdef',
    groups: ['system:bootstrappers', 'system:bootstrappers:workers'],
  });
  assert.equal(ask('abcdef.0123456789abcdeX'), undefined);
  assert.equal(ask('abcdef.0123456789abcdee'), undefined);
  put({ expiration: '2025-12-31T00:00:00Z' });
  assert.equal(ask(), undefined);
  for (const expiration of ['soon', '2030-01-01', '2030-01-01T00:00:00']) {
    put({ expiration });
    assert.equal(ask(), undefined, expiration);
  }
  put({ expiration: '2030-01-01T00:00:00,5+01:00' });
  assert.equal(ask()?.name, 'system:bootstrap:abcdef');
  put({ 'usage-bootstrap-authentication': 'false' });
  assert.equal(ask(), undefined);
  put({ 'auth-extra-groups': 'system:masters' });
  assert.equal(ask(), undefined, 'only bootstrap groups');
});
