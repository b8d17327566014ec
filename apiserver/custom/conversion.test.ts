import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { ApiClient, stored } from '../verbs/api-client.ts';
import {
  ConversionServer,
  define,
  host,
  hostDefinition,
  hostPath,
  hostVersion,
  hosts,
  type Json,
  redefine,
  webhookConversion,
} from './conversion-fixture.ts';

let api: ApiClient;
let webhook: ConversionServer;
before(async () => {
  [api, webhook] = await Promise.all([ApiClient.start(), ConversionServer.start()]);
});
after(async () => {
  await api.stop();
  webhook.stop();
});

async function defineHosts(plural: string): Promise<void> {
  webhook.answer = hosts;
  await define(api, hostDefinition(plural, webhookConversion(webhook.client)));
  webhook.take();
}

test('every verb in the version that is not stored', async () => {
  await defineHosts('hosts');
  const v1 = (name?: string) => hostPath('hosts', 'v1', name);
  const v2 = (name?: string) => hostPath('hosts', 'v2', name);

  const made = stored(
    await api.create(v2(), host('hosts', 'a', 'v2', { host: 'x', port: 1 })),
    201,
  );
  assert.equal(made.apiVersion, 'example.com/v2');
  assert.deepEqual(made.spec, { host: 'x', port: 1 });
  // to the stored version and back, as upstream answers
  assert.deepEqual(made.metadata.labels, { shown: 'v2' });
  assert.deepEqual(webhook.take(), [1, 1]);
  const kept = stored(await api.get(v1('a')));
  assert.deepEqual(kept.spec, { hostPort: 'x:1' });
  assert.equal(kept.metadata.uid, made.metadata.uid);
  // what was made for the answer serves readers too
  const read = stored(await api.get(v2('a')));
  assert.deepEqual(read, made);
  assert.deepEqual(webhook.take(), []);

  const put = stored(await api.put(v2('a'), { ...read, spec: { host: 'y', port: 2 } }));
  assert.deepEqual(put.spec, { host: 'y', port: 2 });
  assert.equal(put.metadata.generation, 2);
  const merged = stored(await api.patch(v2('a'), 'merge', { spec: { port: 3 } }));
  assert.deepEqual(merged.spec, { host: 'y', port: 3 });
  const patched = stored(
    await api.patch(v2('a'), 'json', [{ op: 'replace', path: '/spec/host', value: 'z' }]),
  );
  assert.deepEqual(patched.spec, { host: 'z', port: 3 });
  const applied = stored(
    await api.patch(`${v2('a')}?fieldManager=me&force=true`, 'apply', {
      ...host('hosts', 'a', 'v2', { port: 4 }),
    }),
  );
  assert.deepEqual(applied.spec, { host: 'z', port: 4 });
  assert.equal(applied.metadata.managedFields.at(-1).apiVersion, 'example.com/v2');
  assert.deepEqual(stored(await api.get(v1('a'))).spec, { hostPort: 'z:4' });

  const same = stored(await api.put(v2('a'), applied));
  assert.equal(same.metadata.resourceVersion, applied.metadata.resourceVersion);
  const dry = stored(
    await api.put(`${v2('a')}?dryRun=All`, { ...applied, spec: { host: 'q', port: 9 } }),
  );
  assert.deepEqual(dry.spec, { host: 'q', port: 9 });
  assert.deepEqual(stored(await api.get(v2('a'))).spec, { host: 'z', port: 4 });
  const dryMade = await api.create(
    `${v2()}?dryRun=All`,
    host('hosts', 'n', 'v2', { host: 'q', port: 9 }),
  );
  assert.deepEqual(stored(dryMade, 201).metadata.labels, { shown: 'v2' });

  const status = stored(
    await api.patch(`${v2('a')}/status`, 'merge', { status: { replicas: 1 }, spec: { port: 7 } }),
  );
  assert.deepEqual([status.spec.port, status.status.replicas], [4, 1]);
  const scaled = stored(await api.patch(`${v2('a')}/scale`, 'merge', { spec: { replicas: 5 } }));
  assert.deepEqual([scaled.spec, scaled.status], [{ replicas: 5 }, { replicas: 1 }]);

  const gone = stored(await api.delete(v2('a')));
  assert.equal(gone.status, 'Success');
  assert.equal((await api.get(v1('a'))).code, 404);
});

test('lists are converted together, once; selectors look at the version that is asked for', async () => {
  await defineHosts('lists');
  const v1 = hostPath('lists', 'v1');
  const v2 = hostPath('lists', 'v2');
  for (const [i, name] of ['a', 'b', 'c'].entries()) {
    stored(await api.create(v1, host('lists', name, 'v1', { hostPort: `h${i}:${i}` })), 201);
  }
  assert.deepEqual(webhook.take(), []);
  const list = stored(await api.get(v2));
  assert.equal(list.apiVersion, 'example.com/v2');
  assert.deepEqual(
    list.items.map((item: Json) => [item['apiVersion'], item['spec']]),
    [0, 1, 2].map((i) => ['example.com/v2', { host: `h${i}`, port: i }]),
  );
  assert.deepEqual(webhook.take(), [3]);
  const names = async (query: string, accept?: string) => {
    const reply = await api.get(`${v2}?${query}`, accept === undefined ? {} : { accept });
    return stored(reply);
  };
  const labelled = await names('labelSelector=shown%3Dv2&limit=2');
  assert.deepEqual(
    labelled.items.map((item: Json) => item['metadata'].name),
    ['a', 'b'],
  );
  const rest = await names(
    `labelSelector=shown%3Dv2&limit=2&continue=${encodeURIComponent(labelled.metadata.continue)}`,
  );
  assert.deepEqual(
    rest.items.map((item: Json) => item['metadata'].name),
    ['c'],
  );
  const byField = await names('fieldSelector=spec.host%3Dh1');
  assert.deepEqual(
    byField.items.map((item: Json) => item['metadata'].name),
    ['b'],
  );
  assert.equal((await api.get(`${v1}?fieldSelector=spec.host%3Dh1`)).code, 400);
  const table = await names('', 'application/json;as=Table;v=v1;g=meta.k8s.io');
  assert.deepEqual(
    table.rows.map((row: Json) => row['cells']),
    [
      ['a', 'h0'],
      ['b', 'h1'],
      ['c', 'h2'],
    ],
  );
  const partial = await names(
    '',
    'application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io',
  );
  assert.deepEqual(partial.items[0].metadata.labels, { shown: 'v2' });
  const yaml = await api.get(`${v2}/a`, { accept: 'application/yaml' });
  assert.match(yaml.text, /host: h0/);
  // pages of an older revision come from the store and are converted on their own
  webhook.take();
  const exact = await names(
    `resourceVersion=${list.metadata.resourceVersion}&resourceVersionMatch=Exact`,
  );
  assert.deepEqual(exact.items, list.items);
  const none = stored(await api.ask('DELETE', `${v1}?labelSelector=shown%3Dv2`));
  assert.deepEqual(none.items, []);
  const two = stored(await api.ask('DELETE', `${v2}?labelSelector=shown%3Dv2&limit=2`));
  assert.deepEqual(
    two.items.map((item: Json) => item['metadata'].name),
    ['a', 'b'],
  );
  const all = stored(await api.ask('DELETE', v2));
  assert.equal(all.items[0].apiVersion, 'example.com/v2');
  assert.deepEqual(stored(await api.get(v1)).items, []);
});

test('a watch shows one version: initial events, bookmarks, changes, ends of what is selected', async () => {
  await defineHosts('watched');
  const v1 = (name?: string) => hostPath('watched', 'v1', name);
  const v2 = hostPath('watched', 'v2');
  stored(await api.create(v1(), host('watched', 'a', 'v1', { hostPort: 'x:1' })), 201);
  const initial =
    'watch=1&sendInitialEvents=true&allowWatchBookmarks=true&resourceVersionMatch=NotOlderThan';
  const whole = await api.watch(`${v2}?${initial}`);
  const some = await api.watch(`${v2}?watch=1&fieldSelector=spec.host%3Dx`);
  const named = await api.watch(`${v2}?watch=1&fieldSelector=metadata.name%3Da`);
  const labelled = await api.watch(`${v2}?watch=1&labelSelector=shown%3Dv2`);
  const old = await api.watch(`${v1()}?watch=1`);
  const first = await whole.next();
  assert.deepEqual([first.type, first.object.spec], ['ADDED', { host: 'x', port: 1 }]);
  const bookmark = await whole.next();
  assert.equal(bookmark.type, 'BOOKMARK');
  assert.equal(bookmark.object.apiVersion, 'example.com/v2');
  assert.deepEqual(bookmark.object.metadata.annotations, { 'k8s.io/initial-events-end': 'true' });
  assert.deepEqual(await some.names(1), ['ADDED a']);
  assert.deepEqual(webhook.take(), [1]);

  stored(await api.patch(v1('a'), 'merge', { spec: { hostPort: 'y:2' } }));
  const second = await whole.next();
  assert.deepEqual([second.type, second.object.spec], ['MODIFIED', { host: 'y', port: 2 }]);
  const left = await some.next();
  // what leaves a selector is shown as it was, at the revision of the change
  assert.deepEqual([left.type, left.object.spec], ['DELETED', { host: 'x', port: 1 }]);
  assert.equal(left.object.metadata.resourceVersion, second.object.metadata.resourceVersion);
  assert.deepEqual(webhook.take(), [1]);
  stored(await api.delete(v1('a')));
  const third = await whole.next();
  assert.deepEqual([third.type, third.object.spec], ['DELETED', { host: 'y', port: 2 }]);
  assert.deepEqual(webhook.take(), []);
  for (const stream of [named, labelled, old]) {
    assert.deepEqual(await stream.names(3), ['ADDED a', 'MODIFIED a', 'DELETED a']);
  }
  for (const stream of [whole, some, named, labelled, old]) stream.close();
});

test('tables and metadata of a watch are those of the version', async () => {
  await defineHosts('forms');
  const v2 = hostPath('forms', 'v2');
  const tables = await api.watch(`${v2}?watch=1`, {
    accept: 'application/json;as=Table;v=v1;g=meta.k8s.io',
  });
  const metadata = await api.watch(`${v2}?watch=1`, {
    accept: 'application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io',
  });
  stored(await api.create(v2, host('forms', 'a', 'v2', { host: 'x', port: 1 })), 201);
  assert.deepEqual((await tables.next()).object.rows[0].cells, ['a', 'x']);
  const partial = await metadata.next();
  assert.deepEqual(partial.object.metadata.labels, { shown: 'v2' });
  tables.close();
  metadata.close();
});

test('the storage version changes: what lies in the store is converted and rewritten by its next write', async () => {
  await defineHosts('moving');
  const name = 'moving.example.com';
  const v2 = (one?: string) => hostPath('moving', 'v2', one);
  stored(
    await api.create(hostPath('moving', 'v1'), host('moving', 'a', 'v1', { hostPort: 'x:1' })),
    201,
  );
  const watching = await api.watch(`${v2()}?watch=1`);
  await watching.names(1);
  const changed = await redefine(api, name, {
    versions: [hostVersion('v1', false), hostVersion('v2', true)],
  });
  assert.deepEqual(changed['status'].storedVersions, ['v1', 'v2']);
  // as upstream, watches end with the definition they began with
  assert.equal(await watching.next(), undefined);
  webhook.take();
  const read = stored(await api.get(v2('a')));
  assert.deepEqual(read.spec, { host: 'x', port: 1 });
  assert.deepEqual(webhook.take(), [1]);
  const same = stored(await api.put(v2('a'), read));
  assert.notEqual(same.metadata.resourceVersion, read.metadata.resourceVersion);
  webhook.take();
  assert.deepEqual(stored(await api.get(v2('a'))).spec, { host: 'x', port: 1 });
  assert.deepEqual(webhook.take(), []);
  const again = stored(await api.put(v2('a'), same));
  assert.equal(again.metadata.resourceVersion, same.metadata.resourceVersion);
});

test('None: versions differ by their schemas, and lists and watches say so', async () => {
  await define(api, hostDefinition('plain', { strategy: 'None' }));
  const v1 = hostPath('plain', 'v1');
  const v2 = hostPath('plain', 'v2');
  stored(await api.create(v1, host('plain', 'a', 'v1', { hostPort: 'x:1', replicas: 2 })), 201);
  const watching = await api.watch(`${v2}?watch=1`);
  const event = await watching.next();
  assert.deepEqual(
    [event.object.apiVersion, event.object.spec],
    ['example.com/v2', { replicas: 2 }],
  );
  const list = stored(await api.get(v2));
  assert.deepEqual(list.items[0].spec, { replicas: 2 });
  watching.close();
});

test('a definition that changes is believed: what is stored is pruned and filled in as it says now', async () => {
  const definition = hostDefinition('late', { strategy: 'None' });
  definition['spec'].versions = [hostVersion('v1', true)];
  await define(api, definition);
  const v1 = hostPath('late', 'v1');
  stored(await api.create(v1, host('late', 'a', 'v1', { hostPort: 'x:1', replicas: 2 })), 201);
  const version = hostVersion('v1', true);
  version['schema'].openAPIV3Schema.properties.spec.properties = {
    replicas: { type: 'integer' },
    color: { type: 'string', default: 'red' },
  };
  version['selectableFields'] = [{ jsonPath: '.spec.color' }];
  await redefine(api, 'late.example.com', { versions: [version] });
  assert.deepEqual(stored(await api.get(`${v1}/a`)).spec, { replicas: 2, color: 'red' });
  const found = stored(await api.get(`${v1}?fieldSelector=spec.color%3Dred`));
  assert.equal(found.items.length, 1);
});

test('matchPolicy Equivalent: a policy for one version judges what is written in the other', async () => {
  await defineHosts('judged');
  const registration = '/apis/admissionregistration.k8s.io/v1';
  const apiVersion = 'admissionregistration.k8s.io/v1';
  const rule = {
    operations: ['CREATE'],
    apiGroups: ['example.com'],
    apiVersions: ['v2'],
    resources: ['judged'],
  };
  const policy = {
    apiVersion,
    kind: 'ValidatingAdmissionPolicy',
    metadata: { name: 'judged' },
    spec: {
      matchConstraints: { resourceRules: [rule] },
      validations: [{ expression: "object.spec.host != 'bad'", message: 'no bad hosts' }],
    },
  };
  stored(await api.create(`${registration}/validatingadmissionpolicies`, policy), 201);
  const binding = {
    apiVersion,
    kind: 'ValidatingAdmissionPolicyBinding',
    metadata: { name: 'judged' },
    spec: { policyName: 'judged', validationActions: ['Deny'] },
  };
  const bindings = `${registration}/validatingadmissionpolicybindings`;
  const bound = stored(await api.create(bindings, binding), 201);
  await api.get(`${bindings}?resourceVersion=${bound.metadata.resourceVersion}`);
  const bad = await api.create(
    hostPath('judged', 'v1'),
    host('judged', 'a', 'v1', { hostPort: 'bad:1' }),
  );
  assert.equal(bad.code, 422, bad.text);
  assert.match(bad.body.message, /no bad hosts/);
  stored(
    await api.create(hostPath('judged', 'v1'), host('judged', 'a', 'v1', { hostPort: 'x:1' })),
    201,
  );
});

test('a definition whose webhook nobody can trust is not established', async () => {
  const caBundle = Buffer.from('no certificate').toString('base64');
  const definition = hostDefinition(
    'untrusted',
    webhookConversion({ ...webhook.client, caBundle }),
  );
  const path = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
  stored(await api.create(path, definition), 201);
  const watching = await api.watch(
    `${path}?watch=1&fieldSelector=metadata.name%3Duntrusted.example.com`,
  );
  const established = async (): Promise<Json> => {
    for (;;) {
      const { conditions = [] } = (await watching.next()).object.status;
      const found = conditions.find(({ type }: Json) => type === 'Established');
      if (found !== undefined) return found;
    }
  };
  const { status, reason, message } = (await established()) as Json & { status: string };
  assert.deepEqual(
    [status, reason, message],
    ['False', 'InvalidCABundle', 'The conversion webhook CABundle is invalid'],
  );
  assert.equal((await api.get(hostPath('untrusted', 'v1'))).code, 404);
  await redefine(api, 'untrusted.example.com', { conversion: webhookConversion(webhook.client) });
  while ((await established())['status'] !== 'True');
  stored(await api.get(hostPath('untrusted', 'v1')));
  watching.close();
});
