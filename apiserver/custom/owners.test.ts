import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { ApiClient } from '../verbs/api-client.ts';
import {
  ConversionServer,
  define,
  host,
  hostDefinition,
  hostPath,
  type Json,
  webhookConversion,
} from './conversion-fixture.ts';

/** Who owns the fields of an object that others know in another version, where they have other names. */

let api: ApiClient;
let webhook: ConversionServer;
before(async () => {
  [api, webhook] = await Promise.all([ApiClient.start(), ConversionServer.start()]);
});
after(async () => {
  await api.stop();
  webhook.stop();
});

const owners = (object: Json): string[] =>
  object['metadata'].managedFields.map(({ manager, apiVersion, fieldsV1 }: Json) => {
    const fields = Object.keys(fieldsV1['f:spec'] ?? {}).join(',');
    return [manager, apiVersion, fields].join(' ');
  });

test('a change in one version takes fields from owners in another', async () => {
  await define(api, hostDefinition('owned', webhookConversion(webhook.client)));
  const object = host('owned', 'a', 'v1', { hostPort: 'x:1', replicas: 1 });
  const made = await api.create(`${hostPath('owned', 'v1')}?fieldManager=first`, object);
  assert.deepEqual(owners(made.body), ['first example.com/v1 .,f:hostPort,f:replicas']);
  const url = hostPath('owned', 'v2', 'a');
  const changed = await api.patch(`${url}?fieldManager=second`, 'merge', { spec: { host: 'y' } });
  assert.equal(changed.code, 200, changed.text);
  assert.deepEqual(owners(changed.body), [
    'first example.com/v1 .,f:replicas',
    'second example.com/v2 f:host',
  ]);
});

test('an apply meets owners in another version', async () => {
  await define(api, hostDefinition('applied', webhookConversion(webhook.client)));
  const apply = (version: string, spec: Json, query: string) =>
    api.patch(
      `${hostPath('applied', version, 'a')}?${query}`,
      'apply',
      host('applied', 'a', version, spec),
    );
  const made = await apply('v1', { hostPort: 'x:1' }, 'fieldManager=first');
  assert.equal(made.code, 201, made.text);
  const refused = await apply('v2', { host: 'y' }, 'fieldManager=second');
  assert.equal(refused.code, 409, refused.text);
  assert.equal(
    refused.body.message,
    'Apply failed with 1 conflict: conflict with "first": .spec.hostPort',
  );
  const forced = await apply('v2', { host: 'y' }, 'fieldManager=second&force=true');
  assert.equal(forced.code, 200, forced.text);
  assert.deepEqual(owners(forced.body), ['second example.com/v2 f:host']);
});

test('an apply takes nothing out that others own under another name', async () => {
  await define(api, hostDefinition('shared', webhookConversion(webhook.client)));
  const apply = (version: string, spec: Json, manager: string) =>
    api.patch(
      `${hostPath('shared', version, 'a')}?fieldManager=${manager}`,
      'apply',
      host('shared', 'a', version, spec),
    );
  await apply('v1', { hostPort: 'x:1', replicas: 1 }, 'first');
  const both = await apply('v2', { host: 'x', port: 1, replicas: 1 }, 'second');
  assert.equal(both.code, 200, both.text);
  const left = await apply('v2', {}, 'second');
  assert.deepEqual(left.body.spec, { host: 'x', port: 1, replicas: 1 });
  assert.deepEqual(owners(left.body), [
    'second example.com/v2 ',
    'first example.com/v1 f:hostPort,f:replicas',
  ]);
  const none = await apply('v1', { replicas: 1 }, 'first');
  assert.deepEqual(none.body.spec, { replicas: 1 });
});

test('an apply takes out what it applied in another version', async () => {
  await define(api, hostDefinition('moved', webhookConversion(webhook.client)));
  const apply = (version: string, spec: Json) =>
    api.patch(
      `${hostPath('moved', version, 'a')}?fieldManager=one`,
      'apply',
      host('moved', 'a', version, spec),
    );
  await apply('v1', { hostPort: 'x:1', replicas: 1 });
  const left = await apply('v2', { replicas: 1 });
  assert.deepEqual(left.body.spec, { replicas: 1 });
  assert.deepEqual(owners(left.body), ['one example.com/v2 f:replicas']);
});

test('an apply in another version has the labels of the one before, whoever converts', async () => {
  for (const [name, conversion] of [
    ['labelled', { strategy: 'None' }],
    ['labelledtoo', webhookConversion(webhook.client)],
  ] as const) {
    await define(api, hostDefinition(name, conversion));
    const apply = (version: string) => {
      const object = host(name, 'a', version, { replicas: 1 });
      const labels = { [version]: 'yes' };
      const body = { ...object, metadata: { ...object['metadata'], labels } };
      return api.patch(`${hostPath(name, version, 'a')}?fieldManager=one`, 'apply', body);
    };
    assert.equal((await apply('v1')).code, 201);
    const moved = await apply('v2');
    assert.equal(moved.code, 200, moved.text);
    assert.equal(moved.body.metadata.name, 'a');
    const { v1, v2 } = moved.body.metadata.labels;
    assert.deepEqual([v1, v2], [undefined, 'yes']);
    assert.deepEqual(owners(moved.body), ['one example.com/v2 f:replicas']);
  }
});

test('who owns what is forgotten when the version of an owner cannot be asked', async () => {
  await define(api, hostDefinition('kept', webhookConversion(webhook.client)));
  const object = host('kept', 'a', 'v2', { host: 'x', port: 1 });
  await api.create(`${hostPath('kept', 'v2')}?fieldManager=first`, object);
  // the object lies in the store in v1: only for its owner in v2 somebody must be asked
  const { answer } = webhook;
  webhook.answer = () => ({ result: { status: 'Failure', message: 'no' } });
  const url = `${hostPath('kept', 'v1', 'a')}?fieldManager=second`;
  const applied = await api.patch(url, 'apply', host('kept', 'a', 'v1', { hostPort: 'x:1' }));
  assert.equal(applied.code, 500, applied.text);
  assert.equal(applied.body.message, 'conversion webhook for example.com/v1, Kind=Kept failed: no');
  const changed = await api.patch(url, 'merge', { spec: { hostPort: 'y:1' } });
  webhook.answer = answer;
  assert.equal(changed.code, 200, changed.text);
  assert.equal(changed.body.metadata.managedFields, undefined);
});

test('and when it lacks a field', async () => {
  await define(api, hostDefinition('apart', { strategy: 'None' }));
  const url = (version: string) => `${hostPath('apart', version, 'a')}?fieldManager=${version}`;
  const made = host('apart', 'a', 'v1', { hostPort: 'x:1', replicas: 1 });
  assert.equal((await api.create(`${hostPath('apart', 'v1')}?fieldManager=v1`, made)).code, 201);
  const applied = await api.patch(url('v2'), 'apply', host('apart', 'a', 'v2', { port: 2 }));
  assert.equal(applied.code, 500, applied.text);
  assert.equal(
    applied.body.message,
    'failed to convert new object: .spec.port: field not declared in schema',
  );
  const changed = await api.patch(url('v2'), 'merge', { spec: { port: 2 } });
  // nor is the field stored, in v1
  assert.deepEqual(changed.body.spec, { replicas: 1 });
  assert.equal(changed.body.metadata.managedFields, undefined);
});

test('what the door of the object puts back is told in the version of the request only', async () => {
  await define(api, hostDefinition('doors', { strategy: 'None' }));
  const object = (version: string) => host('doors', 'a', version, { replicas: 1 });
  await api.patch(`${hostPath('doors', 'v1', 'a')}?fieldManager=spec`, 'apply', object('v1'));
  const status = { ...object('v1'), spec: undefined, status: { replicas: 2 } };
  const path = `${hostPath('doors', 'v1', 'a')}/status?fieldManager=status`;
  const update = async (version: string) => {
    const url = hostPath('doors', version, 'a');
    const { resourceVersion } = (await api.get(url)).body.metadata;
    const sent = { ...object(version), metadata: { name: 'a', resourceVersion } };
    return api.put(`${url}?fieldManager=spec`, sent);
  };
  const names = ({ body, text }: { body: Json; text: string }): string[] => {
    assert.deepEqual(body['status'], { replicas: 2 }, text);
    return body['metadata'].managedFields.map(({ manager }: Json) => manager);
  };
  assert.deepEqual(names(await api.patch(path, 'apply', status)), ['spec', 'status']);
  assert.deepEqual(names(await update('v1')), ['spec', 'status']);
  // an apply of what others own in another version meets them, though it would not be stored
  const all = { ...object('v2'), status: { replicas: 3 } };
  const refused = await api.patch(`${hostPath('doors', 'v2', 'a')}?fieldManager=m`, 'apply', all);
  assert.equal(
    refused.body.message,
    'Apply failed with 1 conflict: conflict with "status" with subresource "status": .status.replicas',
  );
  assert.deepEqual(names(await update('v2')), ['spec']);
  // at that of the status it is told in all
  const patch = { spec: { replicas: 5 }, metadata: { labels: { a: 'b' } } };
  const url = `${hostPath('doors', 'v2', 'a')}/status`;
  const [spec] = (await api.patch(url, 'merge', patch)).body.metadata.managedFields;
  assert.deepEqual(
    [spec.apiVersion, spec.fieldsV1],
    ['example.com/v1', { 'f:spec': { 'f:replicas': {} } }],
  );
});

test('owners in another version see objects with elements that are twice the same', async () => {
  const definition = hostDefinition('twice', { strategy: 'None' });
  const tags = { type: 'array', items: { type: 'string' }, 'x-kubernetes-list-type': 'set' };
  for (const { schema } of definition['spec'].versions) {
    schema.openAPIV3Schema.properties.spec.properties.tags = tags;
  }
  await define(api, definition);
  const path = `${hostPath('twice', 'v1', 'a')}?fieldManager=m`;
  await api.patch(path, 'apply', host('twice', 'a', 'v1', { tags: ['a'] }));
  const url = `${hostPath('twice', 'v2', 'a')}/status`;
  const changed = await api.patch(url, 'merge', { spec: { tags: ['b', 'b'] } });
  assert.deepEqual(changed.body.spec, { tags: ['a'] }, changed.text);
  assert.deepEqual(owners(changed.body), ['m example.com/v1 f:tags']);
});
