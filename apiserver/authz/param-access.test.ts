import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Attributes } from './authorizer.ts';
import { makeParamCheck } from './param-access.ts';

const alice = { name: 'alice', groups: ['dev', 'ops'], extra: { b: ['2'], a: ['1', '3'] } };
const shown = '&{alice  [dev ops] map[a:[1 3] b:[2]]}';

/** A server where alice may read ConfigMaps named `mine`, and what was asked of it. */
function world() {
  const asked: string[] = [];
  const check = makeParamCheck({
    authorize({ verb, group, version, resource, namespace, name }: Attributes) {
      asked.push([verb, group, version, resource, namespace, name].join(' '));
      return resource === 'configmaps' && name === 'mine'
        ? { verdict: 'allow', reason: '' }
        : { verdict: 'no-opinion', reason: '' };
    },
    resourceOf: (group, version, kind) =>
      group === '' && version === 'v1' && kind === 'ConfigMap' ? 'configmaps' : undefined,
    policy: async (resource, name) =>
      resource === 'validatingadmissionpolicies' && name === 'p' ? policy('v1') : undefined,
  });
  return { asked, check };
}

const policy = (version: string, kind = 'ConfigMap') => ({
  apiVersion: 'admissionregistration.k8s.io/v1',
  kind: 'ValidatingAdmissionPolicy',
  metadata: { name: 'p' },
  spec: { paramKind: { apiVersion: version, kind } },
});
const binding = (paramRef: object | undefined, policyName = 'p') => ({
  apiVersion: 'admissionregistration.k8s.io/v1',
  kind: 'ValidatingAdmissionPolicyBinding',
  metadata: { name: 'b' },
  spec: { policyName, ...(paramRef === undefined ? {} : { paramRef }) },
});

test('a policy needs the right to read every object of its paramKind', async () => {
  const { asked, check } = world();
  const resource = 'mutatingadmissionpolicies';
  const refusal = (kind: string, apiVersion: string) => ({
    field: 'spec.paramKind',
    text: `user ${shown} must have "get" permission on all objects of the referenced paramKind (kind=${kind}, apiVersion=${apiVersion})`,
  });
  const made = (object: ReturnType<typeof policy>) =>
    check({ user: alice, resource, object, oldObject: undefined });
  assert.deepEqual(await made(policy('v1')), refusal('ConfigMap', 'v1'));
  assert.deepEqual(await made(policy('a.b/v2', 'X')), refusal('X', 'a.b/v2'));
  assert.deepEqual(asked, ['get  v1 configmaps * *', 'get a.b v2 * * *']);
  const same = { user: alice, resource, object: policy('v1'), oldObject: policy('v1') };
  assert.equal(await check(same), undefined);
  const master = { name: 'm', groups: ['system:masters'] };
  assert.equal(await check({ ...same, user: master, oldObject: undefined }), undefined);
});

test('a binding needs the right to read what it refers to', async () => {
  const { asked, check } = world();
  const resource = 'validatingadmissionpolicybindings';
  const made = (object: ReturnType<typeof binding>) =>
    check({ user: alice, resource, object, oldObject: undefined });
  const refusal = (verb: string) => ({
    field: 'spec.paramRef',
    text: `user ${verb} does not have "${shown}" permission on the object referenced by paramRef`,
  });
  assert.equal(await made(binding(undefined)), undefined);
  assert.equal(await made(binding({ name: 'mine', namespace: 'ns' })), undefined);
  assert.deepEqual(await made(binding({ name: 'other', namespace: 'ns' })), refusal('get'));
  assert.deepEqual(await made(binding({ selector: {} })), refusal('list'));
  assert.deepEqual(await made(binding({ name: 'mine' }, 'unknown')), refusal('get'));
  assert.deepEqual(asked, [
    'get  v1 configmaps ns mine',
    'get  v1 configmaps ns other',
    'list  v1 configmaps  ',
    'get * * *  mine',
  ]);
});
