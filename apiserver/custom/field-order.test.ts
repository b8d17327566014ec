import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { ApiClient, refused, type Reply, stored } from '../verbs/api-client.ts';
import { definition, definitions, object, objects } from '../verbs/definition-fixture.ts';

/** Custom objects have their fields by name, as upstream's server answers (apiextensions-apiserver 0.36.4). */

let api: ApiClient;

before(async () => {
  api = await ApiClient.start();
  const made = definition({ plural: 'widgets', kind: 'Widget' });
  const [v1] = made.spec.versions;
  const schema = {
    openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
  };
  made.spec.versions = [
    { ...v1, schema },
    { ...v1, schema, name: 'v2', storage: false },
  ] as typeof made.spec.versions;
  stored(await api.create(definitions, made), 201);
});
after(() => api.stop());

const widgets = objects('widgets');
const second = widgets.replace('/v1/', '/v2/');

/** What differs from run to run, levelled. */
function textOf({ text }: Reply): string {
  return text
    .replaceAll(/"uid":"[^"]*"/g, '"uid":"U"')
    .replaceAll(/"(creationTimestamp|time)":"[^"]*"/g, '"$1":"T"')
    .replaceAll(/"resourceVersion":"\d+"/g, '"resourceVersion":"R"')
    .replaceAll(/"managedFields":\[.*?\],"name"/g, '"managedFields":[],"name"');
}

const sent = (name: string, version = 'v1') => ({
  spec: { b: 1, a: { '10': 1, '9': [{ z: 1, y: 2 }] } },
  ...object('Widget', name),
  metadata: { name, labels: { z: '1', a: '2' }, annotations: { n: '"' } },
  apiVersion: `example.com/${version}`,
  data: {},
});

const spec = '{"a":{"10":1,"9":[{"y":2,"z":1}]},"b":1}';
const shown = (name: string, version = 'v1', more = '') =>
  `{"apiVersion":"example.com/${version}","data":{},"kind":"Widget","metadata":{"annotations":{"n":"\\""},"creationTimestamp":"T","generation":1,"labels":{"a":"2","z":"1"},"managedFields":[],"name":"${name}","namespace":"default","resourceVersion":"R","uid":"U"},"spec":${spec}${more}}`;

test('what was written, is read, is listed and watched', async () => {
  assert.equal(textOf(await api.create(widgets, sent('a'))), `${shown('a')}\n`);
  assert.equal(textOf(await api.create(second, sent('b', 'v2'))), `${shown('b', 'v2')}\n`);
  assert.equal(textOf(await api.get(`${widgets}/a`)), `${shown('a')}\n`);
  assert.equal(textOf(await api.get(`${second}/a`)), `${shown('a', 'v2')}\n`);
  const list = (version: string, items: string, metadata: string) =>
    `{"apiVersion":"example.com/${version}","items":[${items}],"kind":"WidgetList","metadata":${metadata}}\n`;
  const last = '{"continue":"","resourceVersion":"R"}';
  const both = `${shown('a')},${shown('b')}`;
  assert.equal(textOf(await api.get(widgets)), list('v1', both, last));
  assert.equal(
    textOf(await api.get(second)),
    list('v2', both.replaceAll('com/v1', 'com/v2'), last),
  );
  const page = textOf(await api.get(`${widgets}?limit=1`));
  const metadata = /\{"continue":"[\w-]+","remainingItemCount":1,"resourceVersion":"R"\}\}\n$/;
  assert.match(page, metadata);
  const watched = await api.get(`${widgets}?watch=1&resourceVersion=0&timeoutSeconds=1`);
  assert.equal(textOf(watched).split('\n')[0], `{"type":"ADDED","object":${shown('a')}}`);
  const empty = textOf(await api.get(widgets.replace('default', 'none')));
  assert.equal(empty, list('v1', '', last));
});

test('what is owned, patched, only tried and printed for people', async () => {
  const made = (await api.create(widgets, sent('c'))).text;
  assert.match(
    made,
    /"managedFields":\[\{"apiVersion":"example.com\/v1","fieldsType":"FieldsV1","fieldsV1":\{"f:data":\{\},"f:metadata":/,
  );
  assert.match(made, /"manager":"tester","operation":"Update","time":/);
  const change = { status: 1, spec: { '1': 1, '0': 2 } };
  const after =
    /"uid":"[^"]*"\},"spec":\{"0":2,"1":1,"a":\{"10":1,"9":.*\},"b":1\},"status":1\}\n$/;
  assert.match((await api.patch(`${widgets}/c?dryRun=All`, 'merge', change)).text, after);
  assert.match((await api.patch(`${widgets}/c`, 'merge', change)).text, after);
  assert.match((await api.patch(`${widgets}/c`, 'merge', change)).text, after, 'nothing changed');
  const tried = textOf(await api.create(`${second}?dryRun=All`, sent('d', 'v2')));
  assert.equal(tried, `${shown('d', 'v2').replace('"resourceVersion":"R",', '')}\n`);
  const pretty = (await api.get(`${widgets}/c?pretty=1`)).text;
  assert.match(pretty, /^\{\n {2}"apiVersion": "example.com\/v1",\n {2}"data": \{\},\n {2}"kind"/);
  assert.match(pretty, /"a": \{\n {6}"10": 1,\n {6}"9": \[/);
  const list = (await api.get(`${widgets}?pretty=1&limit=1`)).text;
  assert.match(list, /^\{\n {2}"apiVersion": "example.com\/v1",\n {2}"items": \[\n {4}\{\n/);
});

test('what a refused patch would have made', async () => {
  stored(await api.create(widgets, sent('f')), 201);
  const change = { metadata: { bogus: '<' } };
  const reply = await api.patch(`${widgets}/f?fieldValidation=Strict`, 'merge', change);
  const metadata = String.raw`{\"annotations\":{\"n\":\"\\\"\"},\"bogus\":\"\\u003c\",\"creationTimestamp\":`;
  const start = String.raw`patch: Invalid value: "{\"apiVersion\":\"example.com/v1\",\"data\":{},\"kind\":\"Widget\",\"metadata\":`;
  refused(reply, 422, 'Invalid', /unknown field "metadata.bogus"$/);
  assert.ok(reply.body.message.includes(start + metadata), reply.body.message);
});

test('metadata alone is that of all kinds, objects in tables are themselves', async () => {
  stored(await api.create(widgets, sent('e')), 201);
  const as = (what: string) => ({ accept: `application/json;as=${what};v=v1;g=meta.k8s.io` });
  const partial = await api.get(`${widgets}/e`, as('PartialObjectMetadata'));
  assert.equal(
    Object.keys(partial.body.metadata).join(' '),
    'name namespace uid resourceVersion generation creationTimestamp labels annotations managedFields',
  );
  assert.equal(
    Object.keys(partial.body.metadata.managedFields[0]).join(' '),
    'manager operation apiVersion time fieldsType fieldsV1',
  );
  const table = textOf(await api.get(`${widgets}/e?includeObject=Object`, as('Table')));
  assert.ok(table.includes(`"object":${shown('e')}}`));
});
