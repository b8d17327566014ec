import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeAbac, parseAbacPolicies } from './abac.ts';
import type { Attributes } from './authorizer.ts';

const policy = (spec: object): string =>
  JSON.stringify({ apiVersion: 'abac.authorization.kubernetes.io/v1beta1', kind: 'Policy', spec });

const authenticated = ['system:authenticated'];
const ask = (more: Partial<Attributes> = {}): Attributes => ({
  user: { name: 'alice', groups: authenticated },
  verb: 'get',
  resourceRequest: true,
  group: '',
  version: 'v1',
  resource: 'pods',
  subresource: '',
  namespace: 'ns',
  name: '',
  path: '',
  ...more,
});
const path = (at: string, more: Partial<Attributes> = {}): Attributes =>
  ask({ resourceRequest: false, path: at, resource: '', namespace: '', ...more });

async function allowed(file: string, asked: Attributes): Promise<boolean> {
  return (await makeAbac(parseAbacPolicies(file)).authorize(asked)).verdict === 'allow';
}

test('a policy allows whom, what and where it names', async () => {
  const reader = policy({
    user: 'alice',
    namespace: 'ns',
    resource: 'pods',
    apiGroup: '*',
    readonly: true,
  });
  assert.equal(await allowed(reader, ask()), true);
  assert.equal(await allowed(reader, ask({ verb: 'watch' })), true);
  assert.equal(await allowed(reader, ask({ verb: 'create' })), false);
  assert.equal(await allowed(reader, ask({ namespace: 'other' })), false);
  assert.equal(await allowed(reader, ask({ user: { name: 'bob', groups: [] } })), false);
  assert.equal(await allowed(reader, path('/healthz')), false);
  const paths = policy({ group: 'ops', nonResourcePath: '/debug/*' });
  const ops = { user: { name: 'bob', groups: ['ops'] } };
  assert.equal(await allowed(paths, path('/debug/x', ops)), true);
  assert.equal(await allowed(paths, path('/healthz', ops)), false);
  assert.equal(await allowed(paths, ask(ops)), false);
});

test('user and group must both fit; * is everybody who is authenticated; nobody is nobody', async () => {
  const all = { namespace: '*', resource: '*', apiGroup: '*' };
  const both = policy({ user: 'alice', group: 'ops', ...all });
  assert.equal(await allowed(both, ask()), false);
  assert.equal(await allowed(both, ask({ user: { name: 'alice', groups: ['ops'] } })), true);
  const any = policy({ user: '*', ...all });
  assert.equal(await allowed(any, ask()), true);
  assert.equal(
    await allowed(
      any,
      ask({ user: { name: 'system:anonymous', groups: ['system:unauthenticated'] } }),
    ),
    false,
  );
  assert.equal(await allowed(policy(all), ask()), false);
});

test('lines without a version mean what they meant', async () => {
  assert.equal(await allowed('{"user":"alice"}', ask({ group: 'apps' })), true);
  assert.equal(await allowed('{"user":"alice"}', path('/healthz')), true);
  assert.equal(await allowed('{"user":"alice","namespace":"ns"}', path('/healthz')), false);
  assert.equal(await allowed('{}', ask()), true);
});

test('rules are listed for whom they are', async () => {
  const abac = makeAbac(
    parseAbacPolicies(
      [
        policy({ user: 'alice', namespace: 'ns', resource: 'pods', apiGroup: '', readonly: true }),
        policy({ user: 'alice', namespace: '*', nonResourcePath: '/healthz' }),
        policy({ user: 'bob', namespace: '*', resource: '*', apiGroup: '*' }),
      ].join('\n'),
    ),
  );
  assert.deepEqual(await abac.rulesFor(ask().user, 'ns'), {
    resourceRules: [{ verbs: ['get', 'list', 'watch'], apiGroups: [''], resources: ['pods'] }],
    nonResourceRules: [{ verbs: ['*'], nonResourceURLs: ['/healthz'] }],
    incomplete: false,
  });
});

test('comments and empty lines are skipped, other lines are told by number', () => {
  assert.deepEqual(parseAbacPolicies('\n# nothing\n'), []);
  assert.throws(() => parseAbacPolicies('\n{"user":1}'), /line 2: \{"user":1\}: user is no string/);
  assert.throws(
    () => parseAbacPolicies('{"apiVersion":"v1","kind":"Policy"}'),
    /expected abac.authorization.kubernetes.io\/v1beta1 Policy/,
  );
});
