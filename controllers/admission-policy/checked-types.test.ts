import assert from 'node:assert/strict';
import { test } from 'node:test';
import { typeFromOpenApi } from './open-api-type.ts';
import { typesToCheck } from './types-to-check.ts';

const served = (group: string, version: string, resource: string, kind: string) => ({
  group,
  version,
  resource,
  kind,
  namespaced: true,
  verbs: [],
});

test('the kinds that rules name, without wildcards and subresources', () => {
  const all = [
    served('apps', 'v1', 'deployments', 'Deployment'),
    served('', 'v1', 'pods', 'Pod'),
    served('', 'v1', 'configmaps', 'ConfigMap'),
  ];
  const of = (...resourceRules: object[]) =>
    typesToCheck(
      { apiVersion: '', kind: '', metadata: {}, spec: { matchConstraints: { resourceRules } } },
      all,
    ).map(({ group, version, kind }) => `${group}/${version} ${kind}`);
  const rule = { apiGroups: ['apps', ''], apiVersions: ['v1'], resources: ['deployments', 'pods'] };
  assert.deepEqual(of(rule), ['/v1 Pod', 'apps/v1 Deployment']);
  assert.deepEqual(of({ ...rule, apiGroups: ['*'] }), []);
  assert.deepEqual(of({ ...rule, apiVersions: ['*'] }), []);
  assert.deepEqual(of({ ...rule, resources: ['*', 'pods/log', 'pods'] }), ['/v1 Pod']);
  assert.deepEqual(of(rule, { ...rule, resources: ['configmaps'] }), [
    '/v1 ConfigMap',
    '/v1 Pod',
    'apps/v1 Deployment',
  ]);
  assert.deepEqual(of(), []);
});

test('types from OpenAPI: references, also to themselves, maps and what is open', () => {
  const kind = { group: 'example.com', version: 'v1', kind: 'Tree' };
  const schemas = {
    Tree: {
      type: 'object',
      properties: {
        metadata: { allOf: [{ $ref: '#/components/schemas/Meta' }] },
        children: { type: 'array', items: { $ref: '#/components/schemas/Tree' } },
        port: { 'x-kubernetes-int-or-string': true },
        any: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
        none: { type: 'object' },
      },
      'x-kubernetes-group-version-kind': [kind],
    },
    Meta: {
      type: 'object',
      properties: {
        labels: { type: 'object', additionalProperties: { type: 'string' } },
        at: { type: 'string', format: 'date-time' },
      },
    },
  };
  const type = typeFromOpenApi({ components: { schemas } }, kind);
  const { metadata, children, port, any, none } = type?.properties ?? {};
  assert.deepEqual(metadata?.properties, {
    labels: { type: 'object', additional: { type: 'string' } },
    at: { type: 'string', format: 'date-time' },
  });
  assert.equal(children?.items?.properties?.['children']?.items, children?.items);
  assert.deepEqual(port, { type: 'any', intOrString: true });
  assert.equal(any?.type, 'any');
  assert.deepEqual(none, { type: 'object', properties: {} });
  assert.equal(typeFromOpenApi({}, kind), undefined);
});
