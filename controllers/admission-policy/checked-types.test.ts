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

test('mistakes are told all, for objects of built-in types', async () => {
  const { typeProblem } = await import('../../cel/admission.ts');
  const { celTypeOf } = await import('../../cel/check/schema-type.ts');
  const { schemaFor } = await import('../../schema/built-in.ts');
  const schema = schemaFor({ group: 'apps', version: 'v1', kind: 'Deployment' });
  const object = schema && celTypeOf(schema, 'Deployment7');
  const variables = [{ name: 'replicas', expression: 'object.spec.replicas' }];
  const problem = (expression: string) =>
    object && typeProblem(expression, variables, { object, params: undefined });
  assert.equal(problem('variables.replicas > 1 && object.spec.strategy.type == "x"'), undefined);
  assert.equal(
    problem("object.spec.replicas > '5' || object.foo"),
    [
      "ERROR: <input>:1:22: found no matching overload for '_>_' applied to '(int, string)'",
      " | object.spec.replicas > '5' || object.foo",
      ' | .....................^',
      "ERROR: <input>:1:37: undefined field 'foo'",
      " | object.spec.replicas > '5' || object.foo",
      ` | ${'.'.repeat(36)}^`,
    ].join('\n'),
  );
  assert.match(
    problem('object.spec == object.status') ?? '',
    /applied to '\(Deployment7\.spec, Deployment7\.status\)'/,
  );
  assert.match(
    problem("variables.replicas + 'a' == 'b'") ?? '',
    /'_\+_' applied to '\(int, string\)'/,
  );
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
  assert.deepEqual(any, { type: 'object', properties: {} });
  assert.deepEqual(none, { type: 'object', properties: {} });
  assert.equal(typeFromOpenApi({}, kind), undefined);
});
