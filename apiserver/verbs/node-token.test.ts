import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { ApiClient, refused, stored } from './api-client.ts';

let api: ApiClient;
before(async () => {
  api = await ApiClient.start({ flags: { 'enable-admission-plugins': 'NodeRestriction' } });
});
after(() => api.stop());

const core = '/api/v1/namespaces/default';
const group = 'rbac.authorization.k8s.io';

test('a kubelet gets the token of its pod without naming an audience, and none for others', async () => {
  const sources = [{ serviceAccountToken: { path: 'token' } }];
  await api.create(`${core}/serviceaccounts`, {
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    metadata: { name: 'default' },
  });
  // accounts and roles are read from caches
  const settled = () => new Promise((resolve) => setTimeout(resolve, 200));
  await settled();
  const pod = stored(
    await api.create(`${core}/pods`, {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'p' },
      spec: {
        nodeName: 'n1',
        serviceAccountName: 'default',
        containers: [{ name: 'c', image: 'x' }],
        volumes: [{ name: 't', projected: { sources } }],
      },
    }),
    201,
  );
  await api.create(`/apis/${group}/v1/clusterroles`, {
    apiVersion: `${group}/v1`,
    kind: 'ClusterRole',
    metadata: { name: 'tokens' },
    rules: [{ apiGroups: [''], resources: ['serviceaccounts/token'], verbs: ['create'] }],
  });
  await api.create(`/apis/${group}/v1/clusterrolebindings`, {
    apiVersion: `${group}/v1`,
    kind: 'ClusterRoleBinding',
    metadata: { name: 'tokens' },
    roleRef: { apiGroup: group, kind: 'ClusterRole', name: 'tokens' },
    subjects: [{ apiGroup: group, kind: 'User', name: 'system:node:n1' }],
  });
  await settled();
  const boundObjectRef = { apiVersion: 'v1', kind: 'Pod', name: 'p', uid: pod.metadata.uid };
  const ask = (spec: object) =>
    api.create(
      `${core}/serviceaccounts/default/token`,
      {
        apiVersion: 'authentication.k8s.io/v1',
        kind: 'TokenRequest',
        spec: { boundObjectRef, ...spec },
      },
      { headers: { 'impersonate-user': 'system:node:n1', 'impersonate-group': 'system:nodes' } },
    );
  const { status } = stored(await ask({}), 201);
  assert.match(status.token, /^ey/);
  refused(
    await ask({ audiences: ['vault'] }),
    403,
    'Forbidden',
    'serviceaccounts "default" is forbidden: audience "vault" not found in pod spec volume, system:node:n1 is not authorized to request tokens for this audience',
  );
});
