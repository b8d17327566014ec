import assert from 'node:assert/strict';
import { after, before, mock, test } from 'node:test';
import { ApiClient, type Reply, stored } from '../verbs/api-client.ts';
import {
  definition,
  definitions,
  established,
  object,
  objects,
} from '../verbs/definition-fixture.ts';

/** What a definition and its objects say while versions age and when the definition goes. */

let api: ApiClient;
before(async () => {
  api = await ApiClient.start();
});
after(() => api.stop());

test('every answer of a deprecated version says so, and which to use', async () => {
  const schema = { openAPIV3Schema: { type: 'object' } };
  const version = (name: string, more: object) => ({
    name,
    served: true,
    storage: false,
    schema,
    ...more,
  });
  const crd = definition({ plural: 'agers', kind: 'Ager' });
  const versions = [
    version('v1alpha1', { deprecated: true, deprecationWarning: 'go away' }),
    version('v1beta1', { deprecated: true }),
    version('v1', { storage: true }),
    version('v2', { served: false }),
  ];
  stored(await api.create(definitions, { ...crd, spec: { ...crd.spec, versions } }), 201);
  await established(api, 'agers.example.com');
  const at = (name: string) => `/apis/example.com/${name}/namespaces/default/agers`;
  const warning = ({ headers }: Reply) => headers['warning'];
  const beta = '299 - "example.com/v1beta1 Ager is deprecated; use example.com/v1 Ager"';
  assert.equal(warning(await api.get(at('v1alpha1'))), '299 - "go away"');
  assert.equal(warning(await api.get(at('v1beta1'))), beta);
  assert.equal(warning(await api.get(`${at('v1beta1')}/none`)), beta);
  assert.equal(warning(await api.delete(`${at('v1beta1')}/none`)), beta);
  assert.equal(warning(await api.get(`${at('v1beta1')}?watch=1&timeoutSeconds=1`)), beta);
  const sent = { ...object('Ager', 'a'), apiVersion: 'example.com/v1beta1', more: 1 };
  assert.equal(
    warning(await api.create(at('v1beta1'), sent)),
    `${beta}, 299 - "unknown field \\"more\\""`,
  );
  assert.equal(warning(await api.get(at('v1'))), undefined);
});

test('names are accepted before what they name is served', async () => {
  const stream = await api.watch(`${definitions}?watch=1`);
  const name = 'phased.example.com';
  stored(await api.create(definitions, definition({ plural: 'phased', kind: 'Phased' })), 201);
  const seen: string[] = [];
  while (!seen.at(-1)?.endsWith('True InitialNamesAccepted')) {
    const { object: shown } = await stream.next();
    if (shown.metadata.name !== name) continue;
    const said = (shown.status.conditions ?? []) as Record<string, string>[];
    seen.push(said.map((c) => `${c['type']} ${c['status']} ${c['reason']}`).join(', '));
  }
  stream.close();
  assert.deepEqual(seen, [
    '',
    'NamesAccepted True NoConflicts, Established False Installing',
    'NamesAccepted True NoConflicts, Established True InitialNamesAccepted',
  ]);
});

test('the server owns the status that it writes', async () => {
  const crd = definition({ plural: 'owned', kind: 'Owned' });
  const made = stored(await api.create(definitions, crd), 201);
  assert.deepEqual(made.status, {
    conditions: null,
    acceptedNames: { plural: '', kind: '' },
    storedVersions: ['v1'],
  });
  await established(api, 'owned.example.com');
  const { managedFields } = stored(await api.get(`${definitions}/owned.example.com`)).metadata;
  const server = managedFields.find((m: { manager: string }) => m.manager === 'kube-apiserver');
  assert.equal(server.operation, 'Update');
  assert.equal(server.subresource, 'status');
  assert.deepEqual(Object.keys(server.fieldsV1['f:status']), ['f:acceptedNames', 'f:conditions']);
});

test('a definition on its way out', async () => {
  stored(await api.create(definitions, definition({ plural: 'leavers', kind: 'Leaver' })), 201);
  await established(api, 'leavers.example.com');
  const held = { ...object('Leaver', 'held'), metadata: { name: 'held', finalizers: ['x.io/y'] } };
  stored(await api.create(objects('leavers'), held), 201);
  const url = `${definitions}/leavers.example.com`;
  const stream = await api.watch(`${objects('leavers')}?watch=1`);
  await stream.names(1);
  const marked = stored(await api.delete(url));
  assert.equal(marked.metadata.deletionGracePeriodSeconds, undefined);
  // its objects are deleted as by anybody
  const { object: going } = await stream.next();
  stream.close();
  assert.equal(going.metadata.generation, 2);
  assert.equal(going.metadata.deletionGracePeriodSeconds, 0);
  const refused = await api.create(objects('leavers'), object('Leaver', 'late'));
  assert.equal(refused.code, 403);
  assert.equal(
    refused.body.message,
    'leavers.example.com "late" is forbidden: create not allowed while custom resource definition is terminating',
  );
  const { body: group } = await api.get('/apis/example.com/v1');
  const told = group.resources.find((one: { name: string }) => one.name === 'leavers');
  assert.deepEqual(told.verbs, ['delete', 'deletecollection', 'get', 'list', 'watch']);
  const again = await api.create(definitions, definition({ plural: 'leavers', kind: 'Leaver' }));
  assert.equal(again.code, 409);
  assert.equal(
    again.body.message,
    'object is being deleted: customresourcedefinitions.apiextensions.k8s.io "leavers.example.com" already exists',
  );
  const second = stored(await api.delete(url));
  assert.equal(second.metadata.deletionGracePeriodSeconds, 0);
  stored(
    await api.patch(`${objects('leavers')}/held`, 'merge', { metadata: { finalizers: null } }),
  );
});

test('metadata of an object inside another has its type, and its owners', async () => {
  const inner = {
    type: 'object',
    'x-kubernetes-embedded-resource': true,
    'x-kubernetes-preserve-unknown-fields': true,
  };
  const schema = {
    type: 'object',
    properties: { spec: { type: 'object', properties: { inner } } },
  };
  stored(
    await api.create(definitions, definition({ plural: 'holders', kind: 'Holder', schema })),
    201,
  );
  await established(api, 'holders.example.com');
  const holder = (name: string, metadata: unknown) =>
    object('Holder', name, { spec: { inner: { apiVersion: 'v1', kind: 'Pod', metadata } } });
  const wrong = await api.create(objects('holders'), holder('a', { name: 1 }));
  assert.equal(wrong.code, 400);
  assert.equal(
    wrong.body.message,
    'Holder in version "v1" cannot be handled as a Holder: spec.inner.metadata: Invalid value: {"name":1}: json: cannot unmarshal number into Go struct field ObjectMeta.name of type string',
  );
  const sent = holder('a', { bogus: 1, creationTimestamp: null, finalizers: ['x/y'] });
  const strict = await api.create(`${objects('holders')}?fieldValidation=Strict`, sent);
  assert.match(
    strict.body.message,
    /strict decoding error: unknown field "spec.inner.metadata.bogus"$/,
  );
  const made = await api.create(objects('holders'), sent);
  assert.equal(made.headers['warning'], '299 - "unknown field \\"spec.inner.metadata.bogus\\""');
  const { metadata, spec } = stored(made, 201);
  assert.deepEqual(spec.inner.metadata, { finalizers: ['x/y'] });
  const owned = metadata.managedFields[0].fieldsV1['f:spec']['f:inner'];
  assert.deepEqual(owned['f:metadata'], {
    '.': {},
    'f:finalizers': { '.': {}, 'v:"x/y"': {} },
  });
  const none = stored(await api.create(objects('holders'), holder('b', null)), 201);
  assert.deepEqual(none.spec.inner.metadata, {});
});

test('a definition that waits for an object says so every minute', async () => {
  stored(await api.create(definitions, definition({ plural: 'waiters', kind: 'Waiter' })), 201);
  await established(api, 'waiters.example.com');
  const held = { ...object('Waiter', 'held'), metadata: { name: 'held', finalizers: ['x.io/y'] } };
  stored(await api.create(objects('waiters'), held), 201);
  const url = `${definitions}/waiters.example.com`;
  const stream = await api.watch(`${definitions}?watch=1`);
  stored(await api.delete(url));
  const terminating = async (): Promise<string> => {
    for (;;) {
      const { object: shown } = await stream.next();
      if (shown.metadata.name !== 'waiters.example.com') continue;
      const said = (shown.status.conditions ?? []) as Record<string, string>[];
      const found = said.find(({ type }) => type === 'Terminating');
      if (found !== undefined) return `${found['status']} ${found['reason']} ${found['message']}`;
    }
  };
  const going = 'True InstanceDeletionInProgress CustomResource deletion is in progress';
  assert.match(await terminating(), /^True InstanceDeletionPending /);
  assert.equal(await terminating(), going);
  // it waits when the object is marked
  const objectsGo = await api.watch(`${objects('waiters')}?watch=1`);
  while ((await objectsGo.next()).object.metadata.deletionTimestamp === undefined);
  objectsGo.close();
  mock.timers.enable({ apis: ['Date'], now: Date.now() + 61_000 });
  try {
    assert.equal(
      await terminating(),
      'True InstanceDeletionCheck could not confirm zero CustomResources remaining: context deadline exceeded',
    );
  } finally {
    mock.timers.reset();
  }
  assert.equal(await terminating(), going);
  stream.close();
  await api.patch(`${objects('waiters')}/held`, 'merge', { metadata: { finalizers: null } });
});

test('what is served under names that were taken away is gone with them', async () => {
  const name = 'renamed.example.com';
  stored(await api.create(definitions, definition({ plural: 'renamed', kind: 'Renamed' })), 201);
  await established(api, name);
  const status = { acceptedNames: null };
  stored(await api.patch(`${definitions}/${name}/status`, 'merge', { status }));
  await until(async () => {
    const { body } = await api.get(`${definitions}/${name}`);
    return body.status.acceptedNames.plural === 'renamed';
  });
  const { body } = await api.get('/apis/example.com/v1');
  const served = body.resources.map((one: { name: string }) => one.name);
  assert.ok(served.includes('renamed') && !served.includes(''), served.join(' '));
});

test('what versions are stored is for whoever writes the status to say, but for none', async () => {
  const name = 'storers.example.com';
  const crd = definition({ plural: 'storers', kind: 'Storer' });
  const [first] = crd.spec.versions;
  const versions = [first, { ...first, name: 'v2', storage: false }];
  stored(await api.create(definitions, { ...crd, spec: { ...crd.spec, versions } }), 201);
  await established(api, name);
  for (const [asked, left] of [
    [['v2'], ['v2']],
    [[], ['v1']],
  ]) {
    const status = { storedVersions: asked };
    const said = stored(await api.patch(`${definitions}/${name}/status`, 'merge', { status }));
    assert.deepEqual(said.status.storedVersions, left);
  }
  const status = { storedVersions: ['v2'] };
  stored(await api.patch(`${definitions}/${name}/status`, 'merge', { status }));
  // the server decides about it again, and leaves that alone
  const names = { shortNames: ['st'] };
  const conditions = null;
  stored(await api.patch(`${definitions}/${name}/status`, 'merge', { status: { conditions } }));
  stored(await api.patch(`${definitions}/${name}/status`, 'merge', { status }));
  const at = objects('storers').replace('/v1/', '/v2/');
  await until(async () => (await api.get(at)).code === 404);
  const gone = stored(await api.get(`${definitions}/${name}`));
  assert.deepEqual([gone.status.conditions, gone.status.storedVersions], [null, ['v2']]);
  // who has no conditions is not established again before there is something to decide
  stored(await api.patch(`${definitions}/${name}`, 'merge', { spec: { names } }));
  await established(api, name);
});

test('names that change while a definition goes are accepted', async () => {
  const name = 'goers.example.com';
  stored(await api.create(definitions, definition({ plural: 'goers', kind: 'Goer' })), 201);
  await established(api, name);
  const held = object('Goer', 'held');
  const metadata = { ...held.metadata, finalizers: ['a/b'] };
  stored(await api.create(objects('goers'), { ...held, metadata }), 201);
  stored(await api.delete(`${definitions}/${name}`));
  const names = { shortNames: ['go'] };
  stored(await api.patch(`${definitions}/${name}`, 'merge', { spec: { names } }));
  await until(async () => {
    const { body } = await api.get(`${definitions}/${name}`);
    return body.status.acceptedNames.shortNames?.[0] === 'go';
  });
  const free = { metadata: { finalizers: [] } };
  stored(await api.patch(`${objects('goers')}/held`, 'merge', free));
  await until(async () => (await api.get(`${definitions}/${name}`)).code === 404);
});

async function until(done: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 10_000;
  while (!(await done())) {
    assert.ok(Date.now() < deadline, 'not in time');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
