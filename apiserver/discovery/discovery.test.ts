import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { catalog } from '../apis/catalog.ts';
import { makeResource } from '../apis/make-resource.ts';
import type { Resource } from '../apis/resource.ts';
import { Discovery } from './discovery.ts';
import { compareVersions } from './priorities.ts';
import { versionDocument } from './version.ts';

const aggregatedV2 = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList';
const resources = catalog.map((kind) => makeResource(kind, () => ({ type: 'object' })));

function discovery(list: readonly Resource[] = resources): Discovery {
  return new Discovery(list, { serverAddress: '10.0.0.1:6443' });
}

// oxlint-disable-next-line no-explicit-any -- documents are read as a client reads them
function parsed(path: string, accept?: string, list?: readonly Resource[]): any {
  const document = discovery(list).document(path, accept);
  assert.ok(document, path);
  return JSON.parse(document.bytes.toString());
}

describe('discovery', () => {
  test('groups are shown by priority and the preferred version comes first', () => {
    const names = parsed('/apis').groups.map((g: { name: string }) => g.name);
    assert.deepEqual(names.slice(0, 3), ['apiregistration.k8s.io', 'apps', 'events.k8s.io']);
    assert.equal(names.at(-1), 'flowcontrol.apiserver.k8s.io');
    const { versions, preferredVersion } = parsed('/apis/autoscaling');
    assert.deepEqual(
      versions.map((v: { version: string }) => v.version),
      ['v2', 'v1'],
    );
    assert.deepEqual(preferredVersion, { groupVersion: 'autoscaling/v2', version: 'v2' });
  });

  test('a resource is listed with its subresources and the hash of its stored form', () => {
    const { resources: list, apiVersion } = parsed('/api/v1');
    assert.equal(apiVersion, undefined);
    const find = (name: string) => list.find((r: { name: string }) => r.name === name);
    assert.equal(find('pods').storageVersionHash, 'xPOwRZ+Yhw8=');
    assert.deepEqual(find('pods/eviction'), {
      name: 'pods/eviction',
      singularName: '',
      namespaced: true,
      group: 'policy',
      version: 'v1',
      kind: 'Eviction',
      verbs: ['create'],
    });
    assert.equal(find('bindings').storageVersionHash, undefined);
  });

  test('the first acceptable form is taken, the aggregated ones carry an ETag', () => {
    const d = discovery();
    const v2 = d.document('/apis', `${aggregatedV2},application/json`);
    assert.match(v2?.contentType ?? '', /v=v2;as=APIGroupDiscoveryList$/);
    assert.match(v2?.etag ?? '', /^"[0-9A-F]{128}"$/);
    const beta = aggregatedV2.replace('v=v2', 'v=v2beta1');
    assert.throws(() => d.document('/apis', beta), { code: 406 });
    const older = d.document('/apis', `${beta},application/json`);
    assert.equal(older?.contentType, 'application/json');
    assert.equal(d.document('/apis', `application/json,${aggregatedV2};q=0.1`).etag, v2.etag);
    assert.equal(d.document('/apis/apps', `${aggregatedV2},*/*`)?.contentType, 'application/json');
    assert.throws(() => d.document('/apis', 'text/html'), /only the following media types/);
  });

  test('documents are encoded once and unknown paths are left to others', () => {
    const d = discovery();
    assert.equal(d.document('/apis/apps/v1', undefined), d.document('/apis/apps/v1/', undefined));
    assert.equal(d.has('/apis/nowhere.example'), false);
  });

  test('custom resources come after the built-in groups and name their group and version', () => {
    const widget: Resource = {
      ...makeResource(
        {
          group: 'example.org',
          version: 'v1beta1',
          kind: 'Widget',
          resource: 'widgets',
          namespaced: true,
          storagePath: 'example.org/widgets',
          status: true,
        },
        () => ({ type: 'object' }),
      ),
      // Discovery only asks whether there is one.
      custom: { definitionName: 'widgets.example.org' } as NonNullable<Resource['custom']>,
    };
    const v1: Resource = { ...widget, version: 'v1', apiVersion: 'example.org/v1' };
    const { items } = parsed('/apis', aggregatedV2, [widget, v1, ...resources]);
    const group = items.at(-1);
    assert.equal(group.metadata.name, 'example.org');
    assert.deepEqual(
      group.versions.map((v: { version: string }) => v.version),
      ['v1', 'v1beta1'],
    );
    assert.deepEqual(group.versions[1].resources[0].responseKind, {
      group: 'example.org',
      version: 'v1beta1',
      kind: 'Widget',
    });
  });

  test('versions are ordered by stability, then by number', () => {
    const sorted = ['v1alpha1', 'foo', 'v2', 'v10', 'v1beta2', 'v1beta1', 'v1'].sort(
      compareVersions,
    );
    assert.deepEqual(sorted, ['v10', 'v2', 'v1', 'v1beta2', 'v1beta1', 'v1alpha1', 'foo']);
  });

  test('/version names the served contract in a form clients can parse', () => {
    const version = versionDocument() as Record<string, string>;
    assert.match(version.gitVersion ?? '', /^v\d+\.\d+\.\d+$/);
    assert.equal(version.compiler, 'node');
  });
});
