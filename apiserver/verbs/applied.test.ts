import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { definition, definitions } from './definition-fixture.ts';
import { ApiClient, refused, stored } from './api-client.ts';

/** Expectations are the answers of upstream's generic API server with apiextensions-apiserver 0.36.4. */

let api: ApiClient;
before(async () => {
  api = await ApiClient.start();
  const text = { type: 'string' };
  const spec = {
    type: 'object',
    properties: { text, nullable: { ...text, nullable: true }, preset: { ...text, default: 'a' } },
  };
  stored(
    await api.create(
      definitions,
      definition({
        plural: 'widgets',
        kind: 'Widget',
        schema: { type: 'object', properties: { spec } },
      }),
    ),
    201,
  );
});
after(() => api.stop());

const widgets = '/apis/example.com/v1/namespaces/default/widgets';
const configMaps = '/api/v1/namespaces/default/configmaps';

const widget = (name: string, spec: object) => ({
  apiVersion: 'example.com/v1',
  kind: 'Widget',
  metadata: { name },
  spec,
});

test('null in an applied custom object is judged, not dropped', async () => {
  const apply = (name: string, spec: object) =>
    api.patch(`${widgets}/${name}?fieldManager=x`, 'apply', widget(name, spec));
  refused(
    await apply('a', { text: null }),
    422,
    'Invalid',
    'Widget.example.com "a" is invalid: spec.text: Invalid value: "null": spec.text in body must be of type string: "null"',
  );
  assert.deepEqual(stored(await apply('b', { nullable: null }), 201).spec, {
    nullable: null,
    preset: 'a',
  });
  // an update of the same drops it
  const made = stored(await api.create(widgets, widget('c', { text: null })), 201);
  assert.deepEqual(made.spec, { preset: 'a' });
});

test('managers of versions that the kind does not have are dropped', async () => {
  const configMap = {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'a' },
    data: { a: '1' },
  };
  stored(await api.create(configMaps, configMap), 201);
  const entry = (manager: string, apiVersion: string) => ({
    manager,
    operation: 'Update',
    apiVersion,
    time: '2020-01-01T00:00:00Z',
    fieldsType: 'FieldsV1',
    fieldsV1: { 'f:data': { 'f:a': {} } },
  });
  const edited = stored(
    await api.patch(`${configMaps}/a`, 'merge', {
      metadata: { managedFields: [entry('old', 'v7'), entry('k', 'v1'), entry('l', 'apps/v1')] },
    }),
  );
  assert.deepEqual(edited.metadata.managedFields, [entry('k', 'v1')]);

  stored(await api.create(widgets, widget('versions', { text: 'a' })), 201);
  const gone = stored(
    await api.patch(`${widgets}/versions`, 'merge', {
      metadata: { managedFields: [entry('old', 'example.com/v7')] },
    }),
  );
  assert.equal(gone.metadata.managedFields, undefined);
});

test('kubectl that takes over what it wrote, and changes nothing, has no time', async () => {
  const last = 'kubectl.kubernetes.io/last-applied-configuration';
  const bare = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'own' }, data: { a: '1' } };
  const annotations = { [last]: `${JSON.stringify(bare)}\n` };
  stored(
    await api.create(`${configMaps}?fieldManager=kubectl-client-side-apply`, {
      ...bare,
      metadata: { name: 'own', annotations },
    }),
    201,
  );
  const applied = stored(
    await api.patch(`${configMaps}/own?fieldManager=kubectl`, 'apply', {
      ...bare,
      metadata: { name: 'own', namespace: 'default' },
    }),
  );
  const [kubectl] = applied.metadata.managedFields;
  assert.deepEqual(kubectl, {
    manager: 'kubectl',
    operation: 'Apply',
    apiVersion: 'v1',
    fieldsType: 'FieldsV1',
    fieldsV1: { 'f:data': { 'f:a': {} } },
  });
  assert.match(applied.metadata.annotations[last], /"namespace":"default"/);
});

test('what the server makes itself is owned by it', async () => {
  const role = '/apis/rbac.authorization.k8s.io/v1/clusterroles/system:basic-user';
  interface Owner {
    manager: string;
    operation: string;
    subresource?: string;
  }
  // the status of a FlowSchema comes a little later
  const managers = async (path: string) =>
    (stored(await api.get(path)).metadata.managedFields as Owner[])
      .filter(({ subresource }) => subresource === undefined)
      .map(({ manager, operation }) => [manager, operation]);
  assert.deepEqual(await managers(role), [['kube-apiserver', 'Update']]);
  assert.deepEqual(await managers('/apis/flowcontrol.apiserver.k8s.io/v1/flowschemas/exempt'), [
    ['api-priority-and-fairness-config-producer-v1', 'Update'],
  ]);
  const reply = await api.patch(`${role}?fieldManager=x`, 'apply', {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRole',
    metadata: { name: 'system:basic-user' },
    rules: [],
  });
  refused(
    reply,
    409,
    'Conflict',
    'Apply failed with 1 conflict: conflict with "kube-apiserver" using rbac.authorization.k8s.io/v1: .rules',
  );
});
