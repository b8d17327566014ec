import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { ApiClient, refused, stored } from './api-client.ts';

let api: ApiClient;
const folder = mkdtempSync(join(tmpdir(), 'too-large-'));
const definitions = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
const things = '/apis/example.com/v1/things';
const open = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };

before(async () => {
  api = await ApiClient.start({ store: { sqlite: join(folder, 'store') } });
  const definition = {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: 'things.example.com' },
    spec: {
      group: 'example.com',
      scope: 'Cluster',
      names: { plural: 'things', kind: 'Thing' },
      versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: open } }],
    },
  };
  const stream = await api.watch(`${definitions}?watch=1`);
  stored(await api.create(definitions, definition), 201);
  for (;;) {
    const { object } = await stream.next();
    const conditions: { type: string; status: string }[] = object.status?.conditions ?? [];
    if (conditions.some(({ type, status }) => type === 'Established' && status === 'True')) break;
  }
  stream.close();
});
after(async () => {
  await api.stop();
  rmSync(folder, { recursive: true });
});

/** `fields` many fields: each costs twice, once more in managedFields. */
const thing = (name: string, fields: number, filler: number) => ({
  apiVersion: 'example.com/v1',
  kind: 'Thing',
  metadata: { name },
  text: 'x'.repeat(filler),
  many: Object.fromEntries(Array.from({ length: fields }, (_, i) => [`field-number-${i}`, 1])),
});

test('too large for the store, even without managedFields', async () => {
  const message = 'etcdserver: request is too large';
  refused(await api.create(things, thing('a', 1, 2_000_000)), 500, undefined, message);
  stored(await api.create(things, thing('a', 1, 1)), 201);
  refused(
    await api.patch(`${things}/a`, 'merge', { text: 'x'.repeat(2_000_000) }),
    500,
    undefined,
    message,
  );
  assert.equal(stored(await api.get(`${things}/a`)).text, 'x');
});

test('what fits without its managedFields goes without them', async () => {
  const made = stored(await api.create(things, thing('b', 10_000, 1_200_000)), 201);
  assert.equal(made.metadata.managedFields, undefined);
  stored(await api.create(things, thing('c', 10_000, 1)), 201);
  const patched = await api.patch(`${things}/c`, 'merge', { text: 'x'.repeat(1_200_000) });
  assert.equal(stored(patched).metadata.managedFields, undefined);
});

test('a kind of another name is refused', async () => {
  refused(
    await api.create(things, { ...thing('d', 1, 1), kind: 'Other' }),
    422,
    'Invalid',
    'Other.example.com "d" is invalid: kind: Invalid value: "Other": must be Thing',
  );
});
