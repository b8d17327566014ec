import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { ApiClient, type Reply } from '../verbs/api-client.ts';
import {
  conditions,
  definition,
  definitions,
  established,
  object,
  objects,
  type Shape,
  spec,
} from '../verbs/definition-fixture.ts';

let api: ApiClient;
before(async () => {
  api = await ApiClient.start();
});
after(() => api.stop());

function ok(reply: Reply, code = 200) {
  assert.equal(reply.code, code, reply.text);
  return reply.body;
}

function invalid(reply: Reply, message: string | RegExp) {
  assert.equal(reply.code, 422, reply.text);
  if (typeof message === 'string') assert.equal(reply.body.message, message);
  else assert.match(reply.body.message, message);
}

test('a definition is established and usable with the next request', async () => {
  const made = ok(
    await api.create(definitions, definition({ plural: 'widgets', kind: 'Widget' })),
    201,
  );
  assert.equal(made.spec.names.listKind, 'WidgetList');
  assert.deepEqual(made.status.storedVersions, ['v1']);
  await established(api, 'widgets.example.com');
  const found = ok(await api.get(`${definitions}/widgets.example.com`));
  assert.deepEqual(conditions(found), { NamesAccepted: 'True', Established: 'True' });
  assert.equal(found.metadata.generation, 1);
  const one = ok(await api.create(objects('widgets'), object('Widget', 'a')), 201);
  assert.equal(one.metadata.generation, 1);
  const list = ok(await api.get(objects('widgets')));
  assert.equal(list.kind, 'WidgetList');
  assert.equal(list.items[0].kind, 'Widget');
  const group = ok(await api.get('/apis/example.com/v1'));
  assert.ok(group.resources.some((r: { name: string }) => r.name === 'widgets'));
});

test('unknown fields are pruned, or refused when strict; defaults are filled in', async () => {
  const schema = spec({
    size: { type: 'integer', default: 3, minimum: 1 },
    open: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
    port: { 'x-kubernetes-int-or-string': true },
    list: {
      type: 'array',
      items: { type: 'object', properties: { a: { type: 'string', default: 'x' } } },
    },
  });
  ok(await api.create(definitions, definition({ plural: 'shapes', kind: 'Shape', schema })), 201);
  await established(api, 'shapes.example.com');
  const sent = object('Shape', 'a', {
    spec: { unknown: 1, open: { any: { thing: 1 } }, port: 'http', list: [{}] },
    top: 1,
  });
  const made = await api.create(objects('shapes'), sent);
  assert.deepEqual(ok(made, 201).spec, {
    size: 3,
    open: { any: { thing: 1 } },
    port: 'http',
    list: [{ a: 'x' }],
  });
  assert.equal(made.body.top, undefined);
  assert.match(String(made.headers['warning']), /unknown field \\"spec.unknown\\"/);
  const strict = await api.create(`${objects('shapes')}?fieldValidation=Strict`, sent);
  assert.equal(strict.code, 400);
  assert.match(
    strict.body.message,
    /strict decoding error: unknown field "spec.unknown", unknown field "top"$/,
  );
  const twice = await api.create(
    `${objects('shapes')}?fieldValidation=Strict`,
    '{"top":1,"apiVersion":"example.com/v1","kind":"Shape","metadata":{"name":"a"},"spec":{"odd":{"a":1,"a":2}}}',
  );
  assert.match(
    twice.body.message,
    /: strict decoding error: duplicate field "spec.odd.a", unknown field "spec.odd", unknown field "top"$/,
  );
  const nothing = await api.create(objects('shapes'), '{"metadata":{"name":"a"}}');
  assert.equal(
    nothing.body.message,
    `the object provided is unrecognized (must be of type Shape): Object 'Kind' is missing in '{"metadata":{"name":"a"}}' ({"metadata":{"name":"a"}})`,
  );
  const unversioned = await api.create(objects('shapes'), '{"kind":"Shape"}');
  assert.equal(
    unversioned.body.message,
    'the API version in the data () does not match the expected API version (example.com/v1)',
  );
  invalid(
    await api.create(objects('shapes'), object('Shape', 'b', { spec: { size: 0 } })),
    'Shape.example.com "b" is invalid: spec.size: Invalid value: 0: spec.size in body should be greater than or equal to 1',
  );
  invalid(
    await api.create(objects('shapes'), object('Shape', 'b', { spec: { size: 'x' } })),
    /spec.size: Invalid value: "string": spec.size in body must be of type integer: "string"/,
  );
  const update = await api.put(`${objects('shapes')}/a`, object('Shape', 'a'));
  invalid(
    update,
    'shapes.example.com "a" is invalid: metadata.resourceVersion: Invalid value: 0: must be specified for an update',
  );
  const smp = await api.patch(`${objects('shapes')}/a`, 'strategic', {});
  assert.equal(smp.code, 415);
  const merged = await api.patch(`${objects('shapes')}/a`, 'merge', { spec: { size: null } });
  assert.equal(ok(merged).spec.size, 3);
  const applied = await api.patch(
    `${objects('shapes')}/applied?fieldManager=me`,
    'apply',
    object('Shape', 'applied', { spec: { size: 5 } }),
  );
  assert.equal(ok(applied, 201).spec.size, 5);
  const wrong = await api.patch(
    `${objects('shapes')}/applied?fieldManager=me`,
    'apply',
    object('Shape', 'applied', { spec: { nope: 5 } }),
  );
  assert.equal(wrong.code, 500);
  assert.match(wrong.body.message, /\.spec\.nope: field not declared in schema/);
});

test('status and scale, columns and selectable fields', async () => {
  const schema = {
    type: 'object',
    properties: {
      spec: {
        type: 'object',
        properties: { replicas: { type: 'integer' }, color: { type: 'string' } },
      },
      status: {
        type: 'object',
        properties: { replicas: { type: 'integer' }, selector: { type: 'string' } },
      },
    },
  };
  const version = {
    subresources: {
      status: {},
      scale: {
        specReplicasPath: '.spec.replicas',
        statusReplicasPath: '.status.replicas',
        labelSelectorPath: '.status.selector',
      },
    },
    additionalPrinterColumns: [
      { name: 'Color', type: 'string', jsonPath: '.spec.color' },
      { name: 'Replicas', type: 'integer', jsonPath: '.spec.replicas', priority: 1 },
    ],
    selectableFields: [{ jsonPath: '.spec.color' }],
  };
  const names = { shortNames: ['gd'], categories: ['all'] };
  const crd = definition({ plural: 'gadgets', kind: 'Gadget', schema, version, names });
  ok(await api.create(definitions, crd), 201);
  await established(api, 'gadgets.example.com');
  const at = objects('gadgets');
  const made = ok(
    await api.create(
      at,
      object('Gadget', 'a', { spec: { replicas: 2, color: 'red' }, status: { replicas: 9 } }),
    ),
    201,
  );
  assert.equal(made.status, undefined);
  ok(await api.create(at, object('Gadget', 'b', { spec: { color: 'blue' } })), 201);
  const status = ok(
    await api.put(`${at}/a/status`, {
      ...made,
      metadata: { ...made.metadata, labels: { x: 'y' } },
      spec: { replicas: 7 },
      status: { replicas: 1, selector: 'app=a' },
    }),
  );
  assert.equal(status.spec.replicas, 2);
  assert.equal(status.metadata.generation, 1);
  assert.equal(status.metadata.labels, undefined);
  const scale = ok(await api.get(`${at}/a/scale`));
  assert.equal(scale.kind, 'Scale');
  assert.deepEqual(scale.spec, { replicas: 2 });
  assert.deepEqual(scale.status, { replicas: 1, selector: 'app=a' });
  const scaled = ok(await api.patch(`${at}/a/scale`, 'merge', { spec: { replicas: 5 } }));
  assert.equal(scaled.spec.replicas, 5);
  const after = ok(await api.get(`${at}/a`));
  assert.equal(after.spec.replicas, 5);
  assert.equal(after.metadata.generation, 2);
  assert.deepEqual(after.status, { replicas: 1, selector: 'app=a' });

  const red = ok(await api.get(`${at}?fieldSelector=spec.color%3Dred`));
  assert.deepEqual(
    red.items.map((item: { metadata: { name: string } }) => item.metadata.name),
    ['a'],
  );
  assert.equal((await api.get(`${at}?fieldSelector=spec.replicas%3D1`)).code, 400);
  const table = ok(await api.get(at, { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io' }));
  assert.deepEqual(
    table.columnDefinitions.map((c: { name: string }) => c.name),
    ['Name', 'Color', 'Replicas'],
  );
  assert.equal(
    table.columnDefinitions[1].description,
    'Custom resource definition column (in JSONPath format): .spec.color',
  );
  const scaleTable = ok(
    await api.get(`${at}/a/scale`, { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io' }),
  );
  assert.deepEqual(
    scaleTable.columnDefinitions
      .slice(1)
      .map(({ name, type }: { name: string; type: string }) => [name, type]),
    [
      ['Desired', 'integer'],
      ['Available', 'integer'],
      ['Age', 'date'],
    ],
  );
  assert.equal(scaleTable.columnDefinitions[1].description, 'Number of desired replicas');
  assert.deepEqual(table.rows[0].cells, ['a', 'red', 5]);
  assert.deepEqual(table.rows[1].cells, ['b', 'blue', null]);
  assert.equal(
    table.columnDefinitions[1].description,
    'Custom resource definition column (in JSONPath format): .spec.color',
  );
  ok(await api.patch(`${at}/b`, 'merge', { spec: { color: null } }));
  const without = await api.get(at, { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io' });
  assert.deepEqual(ok(without).rows[1].cells, ['b', null, null]);
});

test('a changed schema holds for the next request, a new version is served', async () => {
  const crd = definition({
    plural: 'moving',
    kind: 'Moving',
    schema: spec({ a: { type: 'string' } }),
  });
  ok(await api.create(definitions, crd), 201);
  await established(api, 'moving.example.com');
  ok(await api.create(objects('moving'), object('Moving', 'a', { spec: { a: '1', b: '2' } })), 201);
  const [version] = crd.spec.versions;
  const second = {
    ...version,
    name: 'v2',
    storage: false,
    schema: { openAPIV3Schema: spec({ a: { type: 'string' }, b: { type: 'string' } }) },
  };
  const changed = ok(
    await api.patch(`${definitions}/moving.example.com`, 'merge', {
      spec: { versions: [version, second] },
    }),
  );
  assert.equal(changed.metadata.generation, 2);
  const v2 = ok(await api.get('/apis/example.com/v2/namespaces/default/moving/a'));
  assert.equal(v2.apiVersion, 'example.com/v2');
  const switched = ok(
    await api.patch(`${definitions}/moving.example.com`, 'merge', {
      spec: {
        versions: [
          { ...version, storage: false },
          { ...second, storage: true },
        ],
      },
    }),
  );
  assert.deepEqual(switched.status.storedVersions, ['v1', 'v2']);
  const both = ok(
    await api.create('/apis/example.com/v2/namespaces/default/moving', {
      ...object('Moving', 'b', { spec: { a: '1', b: '2' } }),
      apiVersion: 'example.com/v2',
    }),
    201,
  );
  assert.deepEqual(both.spec, { a: '1', b: '2' });
  const old = ok(await api.get(`${objects('moving')}/a`));
  assert.equal(old.apiVersion, 'example.com/v1');
  // the version still lies in the store
  invalid(
    await api.patch(`${definitions}/moving.example.com`, 'merge', {
      spec: { versions: [{ ...second, storage: true }] },
    }),
    /status.storedVersions\[0\]: Invalid value: "v1": (missing from|must appear in) spec.versions/,
  );
});

test('names that are taken are not served', async () => {
  const crd = definition({
    plural: 'gizmos',
    kind: 'Gizmo',
    names: { shortNames: ['wd'] },
  });
  ok(await api.create(definitions, crd), 201);
  await established(api, 'gizmos.example.com');
  const clash = definition({ plural: 'others', kind: 'Gizmo' });
  ok(await api.create(definitions, clash), 201);
  for (;;) {
    const found = ok(await api.get(`${definitions}/others.example.com`));
    const [names] = (found.status.conditions ?? []).filter(
      (c: { type: string }) => c.type === 'NamesAccepted',
    );
    if (names === undefined) continue;
    assert.equal(names.status, 'False');
    assert.equal(names.reason, 'ListKindConflict');
    assert.equal(names.message, '"GizmoList" is already in use');
    break;
  }
  assert.equal((await api.get(objects('others'))).code, 404);
  // names that became free go to whoever waits for them
  ok(await api.delete(`${definitions}/gizmos.example.com`));
  await established(api, 'others.example.com');
  assert.deepEqual(ok(await api.get(objects('others'))).items, []);
  ok(await api.delete(`${definitions}/others.example.com`));
});

test("the status of a definition in one of Kubernetes' groups tells of its approval", async () => {
  const crd = definition({ plural: 'grants', kind: 'Grant', group: 'x.k8s.io' });
  const annotations = { 'api-approved.kubernetes.io': 'unapproved, "for now"' };
  const metadata = { ...crd.metadata, annotations };
  ok(await api.create(definitions, { ...crd, metadata }), 201);
  await established(api, 'grants.x.k8s.io');
  const url = `${definitions}/grants.x.k8s.io`;
  const approval = async () => {
    const found = ok(await api.get(url));
    const type = 'KubernetesAPIApprovalPolicyConformant';
    return found.status.conditions.find((c: { type: string }) => c.type === type);
  };
  const { lastTransitionTime, ...told } = await approval();
  assert.match(lastTransitionTime, /Z$/);
  assert.deepEqual(told, {
    type: 'KubernetesAPIApprovalPolicyConformant',
    status: 'False',
    reason: 'UnapprovedAnnotation',
    message: 'not approved: "unapproved, \\"for now\\""',
  });
  ok(await api.delete(url));
});

test('a definition goes after its objects', async () => {
  ok(await api.create(definitions, definition({ plural: 'goners', kind: 'Goner' })), 201);
  await established(api, 'goners.example.com');
  const held = { ...object('Goner', 'held'), metadata: { name: 'held', finalizers: ['x.io/y'] } };
  ok(await api.create(objects('goners'), held), 201);
  ok(await api.create(objects('goners'), object('Goner', 'free')), 201);
  const stream = await api.watch(`${objects('goners')}?watch=1&resourceVersion=0`);
  assert.deepEqual((await stream.names(2)).sort(), ['ADDED free', 'ADDED held']);
  const marked = ok(await api.delete(`${definitions}/goners.example.com`));
  assert.match(marked.metadata.deletionTimestamp, /Z$/);
  assert.deepEqual((await stream.names(2)).sort(), ['DELETED free', 'MODIFIED held']);
  const late = await api.create(objects('goners'), object('Goner', 'late'));
  assert.equal(late.code, 403, late.text);
  const conditions = async () =>
    ok(await api.get(`${definitions}/goners.example.com`)).status.conditions;
  type Told = { type: string; reason: string };
  const terminating = (told: Told[]) => told.find(({ type }) => type === 'Terminating');
  let told = terminating(await conditions());
  while (told?.reason === 'InstanceDeletionPending') told = terminating(await conditions());
  assert.equal(told?.reason, 'InstanceDeletionInProgress');
  ok(await api.patch(`${objects('goners')}/held`, 'merge', { metadata: { finalizers: null } }));
  assert.deepEqual(await stream.names(1), ['DELETED held']);
  await stream.end();
  assert.equal((await api.get(`${definitions}/goners.example.com`)).code, 404);
  assert.equal((await api.get(objects('goners'))).code, 404);
  // and may come again
  ok(await api.create(definitions, definition({ plural: 'goners', kind: 'Goner' })), 201);
  await established(api, 'goners.example.com');
  assert.deepEqual(ok(await api.get(objects('goners'))).items, []);
});

test('a definition is marked, emptied and gone, each step told under its own name', async () => {
  ok(await api.create(definitions, definition({ plural: 'steps', kind: 'Step' })), 201);
  await established(api, 'steps.example.com');
  const at = `${definitions}/steps.example.com`;
  const { resourceVersion, managedFields } = ok(await api.get(at)).metadata;
  const entry = managedFields.find((e: { subresource?: string }) => e.subresource === 'status');
  assert.deepEqual([entry.manager, entry.operation], ['kube-apiserver', 'Update']);
  ok(await api.create(objects('steps'), object('Step', 'one')), 201);
  const stream = await api.watch(
    `${definitions}?watch=1&fieldSelector=metadata.name%3Dsteps.example.com&resourceVersion=${resourceVersion}`,
  );
  ok(await api.delete(at));
  const seen: unknown[] = [];
  for (let i = 0; i < 3; i++) {
    const { type, object: told } = await stream.next();
    const { deletionGracePeriodSeconds, finalizers } = told.metadata;
    const terminating = told.status.conditions.find(
      (condition: { type: string }) => condition.type === 'Terminating',
    );
    seen.push([type, terminating.reason, finalizers?.length, deletionGracePeriodSeconds]);
  }
  assert.deepEqual(seen, [
    ['MODIFIED', 'InstanceDeletionPending', 1, undefined],
    ['MODIFIED', 'InstanceDeletionInProgress', 1, undefined],
    ['DELETED', 'InstanceDeletionInProgress', 1, undefined],
  ]);
  stream.close();
});

test('definitions that cannot be', async () => {
  const bad = (more: Partial<Shape>) =>
    api.create(definitions, definition({ plural: 'bads', kind: 'Bad', ...more }));
  const at = 'spec.validation.openAPIV3Schema';
  invalid(
    await bad({ group: 'nodots' }),
    /spec.group: Invalid value: "nodots": should be a domain with at least one dot/,
  );
  invalid(await bad({ scope: 'Everywhere' }), /spec.scope: Unsupported value: "Everywhere"/);
  invalid(
    await bad({ version: { storage: false } }),
    /must have exactly one version marked as storage/,
  );
  invalid(
    await bad({ schema: { type: 'object', properties: { spec: {} } } }),
    `CustomResourceDefinition.apiextensions.k8s.io "bads.example.com" is invalid: ${at}.properties[spec].type: Required value: must not be empty for specified object fields`,
  );
  invalid(
    await bad({ schema: spec({ a: { type: 'string', default: 1 } }) }),
    /properties\[spec\]\.properties\[a\]\.default: Invalid value: "integer"/,
  );
  const rule = (text: string, more: object = {}) =>
    bad({
      schema: spec(
        { a: { type: 'integer' } },
        { 'x-kubernetes-validations': [{ rule: text, ...more }] },
      ),
    });
  const where = `${at}.properties[spec].x-kubernetes-validations[0]`;
  const refused = async (reply: Promise<Reply>, field: string, message: RegExp) => {
    const got = await reply;
    invalid(got, message);
    assert.equal(got.body.details.causes[0].field, field);
  };
  await refused(rule('self.a >'), `${where}.rule`, /compilation failed: ERROR: <input>:1:\d+: /);
  await refused(rule('self.b > 1'), `${where}.rule`, /compilation failed: .*undefined field 'b'/);
  await refused(
    rule('other.a > 1'),
    `${where}.rule`,
    /compilation failed: .*undeclared reference to 'other'/,
  );
  await refused(rule('self.a'), `${where}.rule`, /must evaluate to a bool/);
  await refused(rule('size(self.a, 3) > 1'), `${where}.rule`, /compilation failed/);
  await refused(rule(''), `${where}.rule`, /rule is not specified/);
  await refused(
    rule('true', { messageExpression: '1 +' }),
    `${where}.messageExpression`,
    /messageExpression compilation failed/,
  );
  assert.equal((await api.get(`${definitions}/bads.example.com`)).code, 404);
});
