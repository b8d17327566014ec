import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { definition, definitions } from './definition-fixture.ts';
import { ApiClient, refused, stored } from './api-client.ts';

/** Expectations are the answers of upstream's generic API server with apiextensions-apiserver 0.36.4. */

let api: ApiClient;
before(async () => {
  api = await ApiClient.start();
  stored(
    await api.create(
      definitions,
      definition({ plural: 'widgets', kind: 'Widget', version: { subresources: { status: {} } } }),
    ),
    201,
  );
  stored(
    await api.create(widgets, { apiVersion: 'example.com/v1', kind: 'Widget', ...named }),
    201,
  );
  stored(await api.create(configMaps, { apiVersion: 'v1', kind: 'ConfigMap', ...named }), 201);
});
after(() => api.stop());

const widgets = '/apis/example.com/v1/namespaces/default/widgets';
const configMaps = '/api/v1/namespaces/default/configmaps';
const named = { metadata: { name: 'a' } };

test('a patch cannot make another kind of a custom object', async () => {
  for (const [patch, message] of [
    [{ kind: 'X' }, 'X.example.com "a" is invalid: kind: Invalid value: "X": must be Widget'],
    [
      { apiVersion: 'apps/v1' },
      'Widget.apps "a" is invalid: apiVersion: Invalid value: "apps/v1": must be example.com/v1',
    ],
    [
      { apiVersion: 'apps/v1', kind: 'X' },
      'X.apps "a" is invalid: [kind: Invalid value: "X": must be Widget, apiVersion: Invalid value: "apps/v1": must be example.com/v1]',
    ],
    [{ kind: null }, /^ "" is invalid: patch: Invalid value: .*: Object 'Kind' is missing in '\{/],
    [
      { apiVersion: 'a/b/c' },
      /^ "" is invalid: patch: .*: unexpected GroupVersion string: a\/b\/c$/,
    ],
    [
      { kind: 5 },
      /^ "" is invalid: patch: .*: couldn't get version\/kind; json parse error: json: cannot unmarshal number into Go struct field \.kind of type string$/,
    ],
  ] as const) {
    const operations = Object.entries(patch).map(([field, value]) =>
      value === null
        ? { op: 'remove', path: `/${field}` }
        : { op: 'replace', path: `/${field}`, value },
    );
    refused(await api.patch(`${widgets}/a`, 'merge', patch), 422, 'Invalid', message);
    refused(await api.patch(`${widgets}/a`, 'json', operations), 422, 'Invalid', message);
  }
  refused(
    await api.patch(`${widgets}/a`, 'merge', { apiVersion: null }),
    500,
    'InternalError',
    "Internal error occurred: Object 'apiVersion' is missing in 'object has no apiVersion field'",
  );
  const status = stored(await api.patch(`${widgets}/a/status`, 'merge', { kind: 'X' }));
  assert.equal(status.kind, 'Widget');
});

test('nor one of a built-in object, unless it is a strategic one, which cannot say it', async () => {
  for (const [patch, message] of [
    [
      { kind: 'X' },
      /^ "" is invalid: patch: Invalid value: .*: no kind "X" is registered for version "v1" in scheme "pkg\/api\/legacyscheme\/scheme.go:30"$/,
    ],
    [
      { apiVersion: 'apps/v1' },
      /^ "" is invalid: patch: .*: no kind "ConfigMap" is registered for version "apps\/v1" in scheme/,
    ],
    [
      { kind: 'Pod' },
      /^ "" is invalid: patch: .*: converting \(v1.Pod\) to \(core.ConfigMap\): unknown conversion$/,
    ],
    [
      { apiVersion: 'a/b/c' },
      /^ "" is invalid: patch: .*: unexpected GroupVersion string: a\/b\/c$/,
    ],
  ] as const) {
    refused(await api.patch(`${configMaps}/a`, 'merge', patch), 422, 'Invalid', message);
    const strategic = stored(await api.patch(`${configMaps}/a`, 'strategic', patch));
    assert.deepEqual([strategic.kind, strategic.apiVersion], ['ConfigMap', 'v1']);
  }
  for (const patch of [{ kind: '' }, { kind: null }, { apiVersion: '' }, { apiVersion: null }]) {
    const merged = stored(await api.patch(`${configMaps}/a`, 'merge', patch));
    assert.deepEqual([merged.kind, merged.apiVersion], ['ConfigMap', 'v1']);
  }
});
