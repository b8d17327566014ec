import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { ApiClient, refused, stored } from './api-client.ts';

let api: ApiClient;
before(async () => {
  api = await ApiClient.start();
});
after(() => api.stop());

const claims = '/apis/resource.k8s.io/v1/namespaces/default/resourceclaims';
const claim = (name: string, adminAccess: boolean, more: object = {}) => ({
  apiVersion: 'resource.k8s.io/v1',
  kind: 'ResourceClaim',
  metadata: { name },
  spec: {
    devices: {
      requests: [{ name: 'r', exactly: { deviceClassName: 'c', adminAccess, ...more } }],
    },
  },
});
const label =
  'Forbidden: admin access to devices requires the `resource.kubernetes.io/admin-access: true` label on the containing namespace';

/** Lets the user do these to claims of every namespace. */
async function allow(user: string, rules: Record<string, string[]>): Promise<void> {
  const group = 'rbac.authorization.k8s.io';
  const at = `/apis/${group}/v1`;
  await api.create(`${at}/clusterroles`, {
    apiVersion: `${group}/v1`,
    kind: 'ClusterRole',
    metadata: { name: user },
    rules: Object.entries(rules).map(([resource, verbs]) => ({
      apiGroups: ['resource.k8s.io'],
      resources: [resource],
      verbs,
    })),
  });
  await api.create(`${at}/clusterrolebindings`, {
    apiVersion: `${group}/v1`,
    kind: 'ClusterRoleBinding',
    metadata: { name: user },
    roleRef: { apiGroup: group, kind: 'ClusterRole', name: user },
    subjects: [{ apiGroup: group, kind: 'User', name: user }],
  });
}

test('a claim is given away by those who may bind, told with what else is wrong', async () => {
  const { body } = await api.create(claims, claim('given', false));
  await allow('writer', { 'resourceclaims/status': ['update', 'patch'] });
  await allow('scheduler', {
    'resourceclaims/status': ['update', 'patch'],
    'resourceclaims/binding': ['patch'],
  });
  const as = (name: string) => ({ headers: { 'impersonate-user': name } });
  const results = [{ request: 'r', driver: 'd.e', pool: 'p', device: 'x' }];
  const status = { allocation: { devices: { results } } };
  const at = `${claims}/given/status`;
  // roles are read from a cache
  await new Promise((resolve) => setTimeout(resolve, 200));
  const wrong = { ...status, reservedFor: [{ resource: 'pods', name: 'p' }] };
  const reply = await api.put(at, { ...body, status: wrong }, as('writer'));
  refused(reply, 422, 'Invalid', /^ResourceClaim.resource.k8s.io "given" is invalid: /);
  assert.deepEqual(
    reply.body.details.causes.map(({ field, message }: Record<string, string>) => [field, message]),
    [
      [
        'status',
        'Forbidden: changing status.allocation or status.reservedFor requires resource="resourceclaims/binding", verb="update" permission: resourceclaims.resource.k8s.io is forbidden: User "writer" cannot update resource "resourceclaims/binding" in API group "resource.k8s.io" at the cluster scope',
      ],
      ['status.reservedFor[0].uid', 'Required value'],
    ],
  );
  refused(
    await api.put(at, { ...body, status }, as('scheduler')),
    422,
    'Invalid',
    /cannot update resource "resourceclaims\/binding"/,
  );
  stored(await api.patch(at, 'merge', { status }, as('scheduler')));
  const devices = [{ driver: 'd.e', pool: 'p', device: 'x' }];
  refused(
    await api.patch(at, 'merge', { status: { devices } }, as('scheduler')),
    422,
    'Invalid',
    'ResourceClaim.resource.k8s.io "given" is invalid: status.devices: Forbidden: changing status.devices requires resource="resourceclaims/driver", verb="[arbitrary-node:patch]" permission: resourceclaims.resource.k8s.io "d.e" is forbidden: User "scheduler" cannot arbitrary-node:patch resource "resourceclaims/driver" in API group "resource.k8s.io" in the namespace "default"',
  );
});

test('a claim to devices in use is refused with what else is wrong', async () => {
  const asked = await api.create(claims, claim('admin', true, { allocationMode: 'Some' }));
  refused(
    asked,
    422,
    'Invalid',
    `ResourceClaim.resource.k8s.io "admin" is invalid: [spec.devices.requests[0].adminAccess: ${label}, spec.devices.requests[0].exactly.allocationMode: Unsupported value: "Some": supported values: "All", "ExactCount"]`,
  );
});
