import { strict as assert } from 'node:assert';
import { after, before, test } from 'node:test';
import { ApiClient, refused, stored } from './api-client.ts';

let api: ApiClient;
before(async () => {
  api = await ApiClient.start();
  for (const name of ['default', 'robot']) {
    const kind = 'ServiceAccount';
    await api.create(accounts, { apiVersion: 'v1', kind, metadata: { name } });
  }
});
after(() => api.stop());

const accounts = '/api/v1/namespaces/default/serviceaccounts';
const pods = '/api/v1/namespaces/default/pods';

const pod = (name: string, spec: object = {}) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name },
  spec: { containers: [{ name: 'c', image: 'i' }], ...spec },
});

const binding = (name: string, node: string, metadata: object = {}) => ({
  apiVersion: 'v1',
  kind: 'Binding',
  metadata: { name, ...metadata },
  target: { kind: 'Node', name: node },
});

async function denyCreation(name: string, resources: string[], expression: string): Promise<void> {
  const policies = '/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies';
  const kind = 'ValidatingAdmissionPolicy';
  const apiVersion = 'admissionregistration.k8s.io/v1';
  await api.create(policies, {
    apiVersion,
    kind,
    metadata: { name },
    spec: {
      matchConstraints: {
        resourceRules: [
          { apiGroups: ['*'], apiVersions: ['*'], operations: ['CREATE', 'DELETE'], resources },
        ],
      },
      validations: [{ expression, message: 'not so' }],
    },
  });
  await api.create('/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicybindings', {
    apiVersion,
    kind: `${kind}Binding`,
    metadata: { name },
    spec: { policyName: name, validationActions: ['Deny'] },
  });
}

test('a binding puts the pod on the node, with what admission adds', async () => {
  await api.create('/api/v1/nodes', {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name: 'n', labels: { 'topology.kubernetes.io/zone': 'z1', other: 'x' } },
  });
  await api.create(pods, pod('bound'));
  await api.patch(`${pods}/bound/status`, 'merge', { status: { nominatedNodeName: 'm' } });
  refused(
    await api.create(`${pods}/bound/binding`, binding('other', 'n')),
    400,
    'BadRequest',
    'name in URL does not match name in Binding object',
  );
  // the plugin reads nodes from a cache
  await new Promise((resolve) => setTimeout(resolve, 200));
  const sent = binding('bound', 'n', { annotations: { by: 'me' } });
  assert.equal((await api.create(`${pods}/bound/binding`, sent)).code, 201);
  const { metadata, spec, status } = (await api.get(`${pods}/bound`)).body;
  assert.equal(spec.nodeName, 'n');
  assert.deepEqual(metadata.labels, { 'topology.kubernetes.io/zone': 'z1' });
  assert.deepEqual(metadata.annotations, { by: 'me' });
  assert.equal(status.nominatedNodeName, undefined);
  const [scheduled] = status.conditions;
  assert.equal(`${scheduled.type} ${scheduled.status}`, 'PodScheduled True');
  refused(
    await api.create(`${pods}/bound/binding`, sent),
    409,
    'Conflict',
    'Operation cannot be fulfilled on pods/binding "bound": pod bound is already assigned to node "n"',
  );
});

test('a target that is no node is an error without a reason, as upstream', async () => {
  await api.create(pods, pod('lost'));
  const kind = 'target.kind: Unsupported value: "Pod": supported values: "Node", "<empty>"';
  const to = (target: object) => ({ ...binding('lost', ''), target });
  const reply = await api.create(`${pods}/lost/binding`, to({ kind: 'Pod' }));
  refused(reply, 500, undefined, `[${kind}, target.name: Required value]`);
  assert.equal(reply.body.details, undefined);
  refused(
    await api.create(`${pods}/lost/binding`, to({ kind: 'Node' })),
    500,
    undefined,
    'target.name: Required value',
  );
});

test('a gated pod is not bound, nor one the body does not name', async () => {
  await api.create(pods, pod('gated', { schedulingGates: [{ name: 'wait' }] }));
  refused(
    await api.create('/api/v1/namespaces/default/bindings', binding('gated', 'n')),
    409,
    'Conflict',
    'Operation cannot be fulfilled on pods/binding "gated": pod gated has non-empty .spec.schedulingGates',
  );
});

test('bindings, evictions and token requests are admitted', async () => {
  const denied = (what: string) =>
    `${what} ValidatingAdmissionPolicy 'strict' with binding 'strict' denied request: not so`;
  await denyCreation(
    'strict',
    ['pods/binding', 'pods/eviction', 'serviceaccounts/token'],
    "request.operation == 'DELETE' || request.kind.kind == 'Nothing'",
  );
  await api.create(pods, pod('held'));
  const deadline = Date.now() + 10_000;
  const rehearse = () => api.create(`${pods}/held/binding?dryRun=All`, binding('held', 'n'));
  let answer = await rehearse();
  // the policy is read from a cache
  while (answer.code === 201 && Date.now() < deadline) {
    await new Promise((resolve) => setTimeout(resolve, 50));
    answer = await rehearse();
  }
  refused(answer, 422, 'Invalid', denied('pods "held" is forbidden:'));
  refused(
    await api.create(`${pods}/held/eviction`, {
      apiVersion: 'policy/v1',
      kind: 'Eviction',
      metadata: { name: 'held' },
    }),
    422,
    'Invalid',
    denied('pods "held" is forbidden:'),
  );
  refused(
    await api.create(`${accounts}/robot/token`, {
      apiVersion: 'authentication.k8s.io/v1',
      kind: 'TokenRequest',
      spec: {},
    }),
    422,
    'Invalid',
    denied('serviceaccounts "robot" is forbidden:'),
  );
});

test('a LimitRange without a name is admitted under the one that it is given', async () => {
  await denyCreation('named', ['limitranges'], 'request.name == object.metadata.name');
  const range = { apiVersion: 'v1', kind: 'LimitRange', metadata: {} };
  const made = await api.create('/api/v1/namespaces/default/limitranges', range);
  assert.match(stored(made, 201).metadata.name, /^[0-9a-f-]{36}$/);
  await api.delete('/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies/named');
});
