import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { KubeObject } from '../../../object/object.ts';
import { definitionFromStored, definitionToStored } from './stored-definition.ts';

const schema = { openAPIV3Schema: { type: 'object' } };

test('a definition comes back from its stored form as it was', () => {
  const definition: KubeObject = {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: 'widgets.example.org' },
    spec: {
      group: 'example.org',
      names: { plural: 'widgets', kind: 'Widget' },
      scope: 'Namespaced',
      versions: [
        {
          name: 'v1',
          served: true,
          storage: true,
          schema,
          additionalPrinterColumns: [{ name: 'Size', type: 'integer', jsonPath: '.spec.size' }],
        },
      ],
      conversion: {
        strategy: 'Webhook',
        webhook: { clientConfig: { url: 'https://x.example' }, conversionReviewVersions: ['v1'] },
      },
    },
  };
  const stored = definitionToStored(definition);
  assert.equal(stored.apiVersion, 'apiextensions.k8s.io/v1beta1');
  assert.equal(stored.spec.version, 'v1');
  assert.equal(stored.spec.preserveUnknownFields, false);
  assert.equal(stored.spec.versions[0].additionalPrinterColumns[0].JSONPath, '.spec.size');
  assert.deepEqual(definitionFromStored(stored), definition);
});

test('what upstream wrote once for all versions is read into every version', () => {
  const read = definitionFromStored({
    apiVersion: 'apiextensions.k8s.io/v1beta1',
    kind: 'CustomResourceDefinition',
    metadata: { name: 'widgets.example.org' },
    spec: {
      group: 'example.org',
      version: 'v1',
      preserveUnknownFields: false,
      validation: schema,
      subresources: { status: {} },
      versions: [
        { name: 'v1', served: true, storage: true },
        { name: 'v2', served: true, storage: false },
      ],
    },
  });
  for (const version of read.spec.versions) {
    assert.deepEqual(version.schema, schema);
    assert.deepEqual(version.subresources, { status: {} });
  }
  assert.equal(read.spec.validation, undefined);
  assert.equal(read.spec.version, undefined);
});
