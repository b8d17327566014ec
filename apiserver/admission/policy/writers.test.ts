import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { ApiClient, refused, stored } from '../../verbs/api-client.ts';

/** Who may write a policy, and what a policy sees of a Scale. */

let api: ApiClient;
before(async () => {
  api = await ApiClient.start();
});
after(() => api.stop());

const registration = '/apis/admissionregistration.k8s.io/v1';
const rbac = '/apis/rbac.authorization.k8s.io/v1';
const apiVersion = 'admissionregistration.k8s.io/v1';
const deployments = '/apis/apps/v1/namespaces/default/deployments';

const policy = (name: string, rule: object, spec: object) => ({
  apiVersion,
  kind: 'ValidatingAdmissionPolicy',
  metadata: { name },
  spec: { matchConstraints: { resourceRules: [rule] }, ...spec },
});
const update = { operations: ['UPDATE'], apiGroups: ['apps'], apiVersions: ['v1'] };

async function seen(path: string): Promise<void> {
  const { metadata } = stored(await api.get(path));
  await api.get(
    `${path.slice(0, path.lastIndexOf('/'))}?resourceVersion=${metadata.resourceVersion}`,
  );
}

test('an author of policies cannot have parameters read that are not theirs to read', async () => {
  const role = {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRole',
    metadata: { name: 'authors' },
    rules: [{ verbs: ['*'], apiGroups: ['admissionregistration.k8s.io'], resources: ['*'] }],
  };
  stored(await api.create(`${rbac}/clusterroles`, role), 201);
  const bind = {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRoleBinding',
    metadata: { name: 'authors' },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'authors' },
    subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: 'alice' }],
  };
  stored(await api.create(`${rbac}/clusterrolebindings`, bind), 201);
  await seen(`${rbac}/clusterroles/authors`);
  await seen(`${rbac}/clusterrolebindings/authors`);
  const body = policy(
    'peek',
    { ...update, resources: ['deployments'] },
    {
      paramKind: { apiVersion: 'v1', kind: 'Secret' },
      validations: [{ expression: 'params.data.size() > 0' }],
    },
  );
  const headers = { 'impersonate-user': 'alice' };
  const policies = `${registration}/validatingadmissionpolicies`;
  refused(
    await api.ask('POST', policies, { body, headers }),
    422,
    'Invalid',
    'ValidatingAdmissionPolicy.admissionregistration.k8s.io "peek" is invalid: spec.paramKind: Forbidden: user &{alice  [system:authenticated] map[]} must have "get" permission on all objects of the referenced paramKind (kind=Secret, apiVersion=v1)',
  );
  const { paramKind: _, ...spec } = body.spec as { paramKind?: object };
  const without = { ...body, spec: { ...spec, validations: [{ expression: 'true' }] } };
  stored(await api.ask('POST', policies, { body: without, headers }), 201);
});

test('a policy on scale sees the Scale', async () => {
  const rule = { ...update, resources: ['deployments/scale'] };
  const validations = [
    { expression: 'object.kind == "Scale" && object.spec.replicas <= oldObject.spec.replicas + 2' },
  ];
  const path = `${registration}/validatingadmissionpolicies`;
  stored(await api.create(path, policy('steps', rule, { validations })), 201);
  const bindings = `${registration}/validatingadmissionpolicybindings`;
  const binding = {
    apiVersion,
    kind: 'ValidatingAdmissionPolicyBinding',
    metadata: { name: 'steps' },
    spec: { policyName: 'steps', validationActions: ['Deny'] },
  };
  stored(await api.create(bindings, binding), 201);
  await seen(`${bindings}/steps`);
  const labels = { app: 'scaled' };
  const deployment = {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'scaled' },
    spec: {
      replicas: 1,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [{ name: 'a', image: 'b' }] } },
    },
  };
  stored(await api.create(deployments, deployment), 201);
  const scaled = (replicas: number) =>
    api.patch(`${deployments}/scaled/scale`, 'merge', { spec: { replicas } });
  const { code, text } = await scaled(4);
  assert.equal(code, 422);
  assert.match(text, /ValidatingAdmissionPolicy 'steps' with binding 'steps' denied request/);
  assert.equal(stored(await scaled(3))['spec'].replicas, 3);
});
