import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { ApiClient, refused, stored } from '../../verbs/api-client.ts';

/** Policies as clients meet them: written, bound, enforced. */

let api: ApiClient;
before(async () => {
  api = await ApiClient.start();
});
after(() => api.stop());

const registration = '/apis/admissionregistration.k8s.io/v1';
const policies = `${registration}/validatingadmissionpolicies`;
const bindings = `${registration}/validatingadmissionpolicybindings`;
const configMaps = '/api/v1/namespaces/default/configmaps';
const apiVersion = 'admissionregistration.k8s.io/v1';

const rule = {
  operations: ['CREATE', 'UPDATE', 'DELETE'],
  apiGroups: [''],
  apiVersions: ['v1'],
  resources: ['configmaps'],
};

/** A policy for objects labelled with its name, and its binding. */
async function bound(name: string, spec: object, binding: object = {}): Promise<void> {
  const policy = {
    apiVersion,
    kind: 'ValidatingAdmissionPolicy',
    metadata: { name },
    spec: {
      matchConstraints: {
        resourceRules: [rule],
        objectSelector: { matchLabels: { policy: name } },
      },
      ...spec,
    },
  };
  stored(await api.create(policies, policy), 201);
  const bind = {
    apiVersion,
    kind: 'ValidatingAdmissionPolicyBinding',
    metadata: { name: `${name}-binding` },
    spec: { policyName: name, validationActions: ['Deny'], ...binding },
  };
  stored(await api.create(bindings, bind), 201);
  await seen(`${bindings}/${name}-binding`);
}

/** The server's caches are as new as the answer of a list from them. */
async function seen(path: string): Promise<void> {
  const { metadata } = stored(await api.get(path));
  const list = path.slice(0, path.lastIndexOf('/'));
  await api.get(`${list}?resourceVersion=${metadata.resourceVersion}`);
}

const configMap = (name: string, policy: string, data: object) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, labels: { policy } },
  data,
});

/** A custom resource of rules.example.com, and served. */
async function define(given: {
  scope: string;
  plural: string;
  kind: string;
  versions: object[];
}): Promise<void> {
  const { scope, plural, kind, versions } = given;
  const group = 'rules.example.com';
  const name = `${plural}.${group}`;
  const names = { plural, singular: kind.toLowerCase(), kind, listKind: `${kind}List` };
  const definition = {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name },
    spec: { group, scope, names, versions },
  };
  const definitions = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
  const watch = await api.watch(`${definitions}?watch=1`);
  stored(await api.create(definitions, definition), 201);
  for (;;) {
    const { object } = await watch.next();
    const conditions: { type: string; status: string }[] = object.status?.conditions ?? [];
    const established = conditions.some((c) => c.type === 'Established' && c.status === 'True');
    if (object.metadata.name === name && established) break;
  }
  watch.close();
}

test('create, update, patch and delete pass through policies', async () => {
  const validations = [
    { expression: 'object == null || object.data.size != "huge"', message: 'too large' },
    {
      expression: 'request.operation != "DELETE" || oldObject.data.keep != "yes"',
      reason: 'Forbidden',
      messageExpression: '"keep " + string(oldObject.metadata.name)',
    },
  ];
  await bound('sizes', { validations });
  const denied = (name: string, why: string) =>
    `configmaps "${name}" is forbidden: ValidatingAdmissionPolicy 'sizes' with binding 'sizes-binding' denied request: ${why}`;
  const refusal = await api.create(configMaps, configMap('a', 'sizes', { size: 'huge' }));
  refused(refusal, 422, 'Invalid', denied('a', 'too large'));
  assert.deepEqual(refusal.body.details, {
    name: 'a',
    kind: 'configmaps',
    causes: [
      {
        message:
          "ValidatingAdmissionPolicy 'sizes' with binding 'sizes-binding' denied request: too large",
      },
    ],
  });
  stored(await api.create(configMaps, configMap('a', 'sizes', { size: 's', keep: 'yes' })), 201);
  const larger = { data: { size: 'huge' } };
  refused(
    await api.patch(`${configMaps}/a`, 'merge', larger),
    422,
    'Invalid',
    denied('a', 'too large'),
  );
  refused(await api.delete(`${configMaps}/a`), 403, 'Forbidden', denied('a', 'keep a'));
  stored(await api.patch(`${configMaps}/a`, 'merge', { data: { keep: 'no' } }));
  stored(await api.delete(`${configMaps}/a`));
});

test('warnings reach the client', async () => {
  const validations = [{ expression: 'false', message: 'think again' }];
  await bound('warns', { validations }, { validationActions: ['Warn'] });
  const made = await api.create(configMaps, configMap('w', 'warns', {}));
  stored(made, 201);
  assert.equal(
    made.headers['warning'],
    `299 - "Validation failed for ValidatingAdmissionPolicy 'warns' with binding 'warns-binding': think again"`,
  );
});

test('the authorizer is that of the server, and asks for who asks', async () => {
  const expression =
    "authorizer.requestResource.check('delete').allowed() && !authorizer.serviceAccount('default', 'nobody').group('').resource('configmaps').namespace('default').check('delete').allowed()";
  await bound('access', { validations: [{ expression }] });
  stored(await api.create(configMaps, configMap('may', 'access', {})), 201);
});

test('custom resources as parameters, of both scopes', async () => {
  for (const [scope, plural, kind] of [
    ['Namespaced', 'limits', 'Limit'],
    ['Cluster', 'widelimits', 'WideLimit'],
  ] as const) {
    const properties = { max: { type: 'integer' } };
    const schema = { openAPIV3Schema: { type: 'object', properties } };
    const versions = [{ name: 'v1', served: true, storage: true, schema }];
    await define({ scope, plural, kind, versions });
    const name = `by-${plural}`;
    const parameterNotFoundAction = 'Deny';
    await bound(
      name,
      {
        paramKind: { apiVersion: 'rules.example.com/v1', kind },
        validations: [{ expression: 'size(object.data) <= params.max', message: 'too many' }],
      },
      { paramRef: { name: 'limit', parameterNotFoundAction } },
    );
    const by = `ValidatingAdmissionPolicy '${name}' with binding '${name}-binding' denied request:`;
    const attempt = (data: object) => api.create(configMaps, configMap(plural, name, data));
    refused(
      await attempt({}),
      422,
      'Invalid',
      `configmaps "${plural}" is forbidden: ${by} failed to configure binding: no params found for policy binding with \`Deny\` parameterNotFoundAction`,
    );
    const where = scope === 'Cluster' ? '' : '/namespaces/default';
    const limit = { apiVersion: 'rules.example.com/v1', kind, metadata: { name: 'limit' }, max: 1 };
    stored(await api.create(`/apis/rules.example.com/v1${where}/${plural}`, limit), 201);
    refused(
      await attempt({ a: '1', b: '2' }),
      422,
      'Invalid',
      `configmaps "${plural}" is forbidden: ${by} too many`,
    );
    stored(await attempt({ a: '1' }), 201);
  }
});

test('a rule for one version sees requests in another, in its own', async () => {
  const schema = {
    openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
  };
  await define({
    scope: 'Namespaced',
    plural: 'things',
    kind: 'Thing',
    versions: [
      { name: 'v1', served: true, storage: true, schema },
      { name: 'v2', served: true, storage: false, schema },
    ],
  });
  const expression =
    'object.apiVersion == "rules.example.com/v1" && request.kind.version == "v1" && request.requestKind.version == "v2" && object.ok';
  const resourceRule = {
    operations: ['*'],
    apiGroups: ['rules.example.com'],
    apiVersions: ['v1'],
    resources: ['things'],
  };
  for (const matchPolicy of ['Exact', 'Equivalent']) {
    await bound(`thing-${matchPolicy.toLowerCase()}`, {
      matchConstraints: { resourceRules: [resourceRule], matchPolicy },
      validations: [{ expression, message: matchPolicy }],
    });
  }
  const things = '/apis/rules.example.com/v2/namespaces/default/things';
  const thing = (ok: boolean) => ({
    apiVersion: 'rules.example.com/v2',
    kind: 'Thing',
    metadata: { name: 'a' },
    ok,
  });
  refused(
    await api.create(things, thing(false)),
    422,
    'Invalid',
    `things.rules.example.com "a" is forbidden: ValidatingAdmissionPolicy 'thing-equivalent' with binding 'thing-equivalent-binding' denied request: Equivalent`,
  );
  stored(await api.create(things, thing(true)), 201);
});

test('a MutatingAdmissionPolicy changes what is stored', async () => {
  const kinds = { policy: 'MutatingAdmissionPolicy', plural: 'mutatingadmissionpolicies' };
  const policy = {
    apiVersion,
    kind: kinds.policy,
    metadata: { name: 'stamps' },
    spec: {
      matchConstraints: {
        resourceRules: [{ ...rule, operations: ['CREATE', 'UPDATE'] }],
        objectSelector: { matchLabels: { policy: 'stamps' } },
      },
      reinvocationPolicy: 'Never',
      mutations: [
        {
          patchType: 'ApplyConfiguration',
          applyConfiguration: {
            expression: 'Object{data: {"by": request.userInfo.username}}',
          },
        },
        {
          patchType: 'JSONPatch',
          jsonPatch: {
            expression: '[JSONPatch{op: "add", path: "/metadata/labels/seen", value: "yes"}]',
          },
        },
      ],
    },
  };
  stored(await api.create(`${registration}/${kinds.plural}`, policy), 201);
  const binding = {
    apiVersion,
    kind: `${kinds.policy}Binding`,
    metadata: { name: 'stamps' },
    spec: { policyName: 'stamps' },
  };
  const bindingsPath = `${registration}/mutatingadmissionpolicybindings`;
  stored(await api.create(bindingsPath, binding), 201);
  await seen(`${bindingsPath}/stamps`);
  stored(await api.create(configMaps, configMap('stamped', 'stamps', { a: '1' })), 201);
  const { data, metadata } = stored(await api.get(`${configMaps}/stamped`));
  assert.equal(data.a, '1');
  assert.match(data.by, /./);
  assert.deepEqual(metadata.labels, { policy: 'stamps', seen: 'yes' });
});

test('a policy that does not compile is refused with all that is wrong', async () => {
  const policy = {
    apiVersion,
    kind: 'ValidatingAdmissionPolicy',
    metadata: { name: 'wrong' },
    spec: {
      matchConstraints: { resourceRules: [rule] },
      variables: [{ name: 'a', expression: '1 +' }],
      validations: [{ expression: 'params.x == 1' }],
    },
  };
  const reply = await api.create(policies, policy);
  assert.equal(reply.code, 422, reply.text);
  assert.deepEqual(
    reply.body.details.causes.map(({ field }: { field: string }) => field),
    ['spec.variables[0].expression', 'spec.validations[0].expression'],
  );
  assert.match(reply.body.message, /undeclared reference to 'params' \(in container ''\)/);
});

test('an expression sees the options of the request', async () => {
  const expected = `request.operation == 'DELETE'
    ? request.options.kind == 'DeleteOptions' && request.options.gracePeriodSeconds == 7
    : request.options == {'kind': request.operation == 'CREATE' ? 'CreateOptions' : 'UpdateOptions',
        'apiVersion': 'meta.k8s.io/v1', 'fieldManager': 'me', 'fieldValidation': 'Strict'}`;
  await bound('options', { validations: [{ expression: expected }] });
  const made = configMap('options', 'options', {});
  const at = `${configMaps}/options`;
  const asked = '?fieldManager=me&fieldValidation=Strict';
  refused(await api.create(configMaps, made), 422, 'Invalid', /failed expression/);
  stored(await api.create(`${configMaps}${asked}`, made), 201);
  stored(await api.put(`${at}${asked}`, { ...made, data: { a: '1' } }));
  stored(await api.patch(`${at}${asked}`, 'merge', { data: { b: '1' } }));
  refused(await api.delete(at), 422, 'Invalid', /no such key: gracePeriodSeconds/);
  stored(await api.delete(at, { gracePeriodSeconds: 7 }));
});
