import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { schemaFor } from '../../schema/built-in.ts';
import { ensureGenerated } from '../../schema/generate.ts';
import { ProtobufReader } from '../../schema/protobuf-reader.ts';
import { catalog } from '../apis/catalog.ts';
import { makeResource } from '../apis/make-resource.ts';
import type { CustomBehaviour, Resource } from '../apis/resource.ts';
import { OpenApiV2, openApiV2 } from './openapi-v2.ts';
import { OpenApiV3 } from './openapi-v3.ts';

// oxlint-disable-next-line no-explicit-any -- documents are read as the JSON they are
type Tree = any;

let resources: Resource[] = [];

before(() => {
  ensureGenerated();
  resources = catalog.map((kind) => makeResource(kind, (gvk) => schemaFor(gvk) as never));
});

const widget: Resource = {
  ...({} as Resource),
  group: 'example.com',
  version: 'v1',
  apiVersion: 'example.com/v1',
  kind: 'Widget',
  listKind: 'WidgetList',
  resource: 'widgets',
  namespaced: true,
  verbs: ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'],
  status: true,
  custom: {
    selectablePaths: ['spec.size'],
    openAPIV3Schema: {
      type: 'object',
      description: 'A widget.',
      properties: {
        spec: {
          type: 'object',
          required: ['size', 'port'],
          properties: {
            size: { type: 'integer', minimum: 1, nullable: true, description: 'How big.' },
            port: {
              'x-kubernetes-int-or-string': true,
              anyOf: [{ type: 'integer' }, { type: 'string' }],
            },
            free: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true, properties: {} },
            share: { 'x-kubernetes-int-or-string': true, default: '10%' },
            limit: {
              'x-kubernetes-int-or-string': true,
              anyOf: [{ type: 'integer', minimum: 3 }, { type: 'string' }],
            },
            template: {
              type: 'object',
              'x-kubernetes-embedded-resource': true,
              required: ['kind'],
              properties: { spec: { type: 'object', allOf: [{ required: ['a'] }] } },
            },
          },
        },
      },
    },
  } as unknown as CustomBehaviour,
};

const read = (bytes: Buffer | undefined): Tree => JSON.parse(bytes?.toString() ?? '');

function references(value: unknown, found: Set<string> = new Set()): Set<string> {
  if (typeof value !== 'object' || value === null) return found;
  for (const [key, part] of Object.entries(value)) {
    if (key === '$ref' && typeof part === 'string') found.add(part);
    else references(part, found);
  }
  return found;
}

test('the index lists a document for every group version, and every document holds together', () => {
  const openApi = new OpenApiV3([...resources, widget]);
  const { paths } = read(openApi.index().bytes);
  for (const key of ['api/v1', 'apis/apps', 'apis/apps/v1', 'apis/example.com/v1', 'version']) {
    assert.equal(paths[key].serverRelativeURL, `/openapi/v3/${key}?hash=${openApi.hash(key)}`);
  }
  for (const key of Object.keys(paths)) {
    const document = read(openApi.document(key, undefined)?.bytes);
    const schemas = document.components.schemas ?? {};
    const wanted = [...references(document)].map((ref) => ref.replace('#/components/schemas/', ''));
    assert.deepEqual(
      wanted.sort(),
      Object.keys(schemas).filter((name) => wanted.includes(name)),
      key,
    );
    const ids = Object.values(document.paths).flatMap((item: Tree) =>
      Object.values(item).flatMap((operation: Tree) => operation.operationId ?? []),
    );
    assert.equal(new Set(ids).size, ids.length, key);
  }
  assert.equal(openApi.document('apis/none/v1', undefined), undefined);
});

test('operations and their parameters', () => {
  const { paths } = read(new OpenApiV3(resources).document('api/v1', undefined)?.bytes);
  const pods = paths['/api/v1/namespaces/{namespace}/pods'];
  assert.equal(pods.get.operationId, 'listCoreV1NamespacedPod');
  assert.deepEqual(
    pods.parameters.map((p: Tree) => p.name),
    ['namespace', 'pretty'],
  );
  assert.ok(pods.post.parameters.some((p: Tree) => p.name === 'fieldValidation'));
  const pod = paths['/api/v1/namespaces/{namespace}/pods/{name}'];
  const answer = (operation: Tree): string =>
    operation.responses[200].content['application/json'].schema.$ref.split('.').at(-1);
  assert.equal(answer(pod.delete), 'Pod');
  assert.equal(answer(paths['/api/v1/namespaces/{namespace}/secrets/{name}'].delete), 'Status');
  const proxy = paths['/api/v1/nodes/{name}/proxy/{path}'];
  assert.equal(proxy.options['x-kubernetes-group-version-kind'].kind, 'NodeProxyOptions');
  assert.equal(paths['/api/v1/watch/componentstatuses'], undefined);
});

test('fields say their default, their list type and what they are', () => {
  const { components } = read(new OpenApiV3(resources).document('apis/apps/v1', undefined)?.bytes);
  const strategy = components.schemas['io.k8s.api.apps.v1.DeploymentSpec'].properties.strategy;
  assert.deepEqual(strategy.default, {});
  assert.deepEqual(strategy.allOf, [
    { $ref: '#/components/schemas/io.k8s.api.apps.v1.DeploymentStrategy' },
  ]);
  assert.equal(strategy['x-kubernetes-patch-strategy'], 'retainKeys');
  assert.ok(strategy.description.length > 0);
  const options = components.schemas['io.k8s.apimachinery.pkg.apis.meta.v1.DeleteOptions'];
  assert.deepEqual(
    options['x-kubernetes-group-version-kind'].map((kind: Tree) => `${kind.group}/${kind.version}`),
    ['/v1', 'apps/v1'],
  );
});

test('a custom resource is published with what every object has', () => {
  const document = read(
    new OpenApiV3([widget]).document('apis/example.com/v1', 'application/json')?.bytes,
  );
  const definition = document.components.schemas['com.example.v1.Widget'];
  assert.deepEqual(Object.keys(definition.properties).sort(), [
    'apiVersion',
    'kind',
    'metadata',
    'spec',
  ]);
  assert.equal(definition.properties.spec.properties.size.nullable, true);
  assert.deepEqual(definition['x-kubernetes-group-version-kind'], [
    { group: 'example.com', version: 'v1', kind: 'Widget' },
  ]);
  const patch = document.paths['/apis/example.com/v1/namespaces/{namespace}/widgets/{name}'].patch;
  assert.ok(!Object.keys(patch.requestBody.content).some((type) => type.includes('strategic')));
  const { definitions } = openApiV2([widget]) as Tree;
  const { properties: spec, required } = definitions['com.example.v1.Widget'].properties.spec;
  // null may stand where v2 cannot say so
  assert.deepEqual(required, ['port']);
  assert.equal(spec.size.type, undefined);
  assert.equal(spec.port.anyOf, undefined);
  assert.deepEqual(spec.free, { 'x-kubernetes-preserve-unknown-fields': true });
  assert.deepEqual(spec.share, { 'x-kubernetes-int-or-string': true });
});

test('a custom resource is published in the words of every reader', () => {
  const document = read(
    new OpenApiV3([widget]).document('apis/example.com/v1', 'application/json')?.bytes,
  );
  assert.deepEqual(document.info, { title: 'Kubernetes CRD Swagger', version: 'v0.1.0' });
  assert.deepEqual(Object.keys(document.components), ['schemas']);
  const definition = document.components.schemas['com.example.v1.Widget'];
  const list = document.components.schemas['com.example.v1.WidgetList'];
  for (const one of [definition, list]) {
    assert.deepEqual(one['x-kubernetes-selectable-fields'], [{ fieldPath: 'spec.size' }]);
  }
  assert.match(definition.properties.metadata.description, /^Standard object's metadata\. More/);
  const spec = definition.properties.spec.properties;
  const intOrString = [{ type: 'integer' }, { type: 'string' }];
  assert.deepEqual(spec.share.anyOf, intOrString);
  assert.equal(spec.port.allOf, undefined);
  assert.deepEqual(spec.limit.allOf, [{ anyOf: intOrString }]);
  const { template } = spec;
  assert.deepEqual(template.required, ['kind', 'apiVersion']);
  assert.deepEqual(Object.keys(template.properties).sort(), [
    'apiVersion',
    'kind',
    'metadata',
    'spec',
  ]);
  const { definitions } = openApiV2([widget]) as Tree;
  const inV2 = definitions['com.example.v1.Widget'].properties.spec.properties.template;
  assert.deepEqual(inV2.properties.spec, { type: 'object' });
  assert.match(inV2.properties.metadata.$ref, /ObjectMeta$/);
});

test('what has not changed is taken over, what has gets another hash', () => {
  const first = new OpenApiV3([...resources, widget]);
  const apps = first.document('apis/apps/v1', undefined);
  const before = first.hash('apis/example.com/v1');
  const custom = {
    ...widget.custom,
    openAPIV3Schema: { type: 'object', description: 'Another.' },
  } as unknown as CustomBehaviour;
  const second = new OpenApiV3([...resources, { ...widget, custom }], first);
  assert.equal(second.document('apis/apps/v1', undefined), apps);
  assert.notEqual(second.hash('apis/example.com/v1'), before);
});

/** Walks every field; throws when lengths or tags do not fit. Returns the fields of the top. */
function fieldsOf(bytes: Buffer): Map<number, Buffer[]> {
  const reader = new ProtobufReader(bytes);
  const found = new Map<number, Buffer[]>();
  reader.fields(bytes.length, (number, wire) => {
    if (wire !== 2) return false;
    const value = Buffer.from(reader.bytes());
    found.set(number, [...(found.get(number) ?? []), value]);
    return true;
  });
  return found;
}

test('both protobuf forms have the messages of gnostic', () => {
  const type = 'application/com.github.proto-openapi.spec.v2@v1.0+protobuf';
  const v2 = fieldsOf(
    new OpenApiV2([...resources, widget]).document(type)?.bytes ?? Buffer.alloc(0),
  );
  assert.equal(v2.get(1)?.[0]?.toString(), '2.0');
  const definitions = fieldsOf(v2.get(9)?.[0] ?? Buffer.alloc(0)).get(1) ?? [];
  const names = definitions.map((entry) => fieldsOf(entry).get(1)?.[0]?.toString());
  assert.ok(names.includes('io.k8s.api.core.v1.Pod'));
  assert.ok(names.includes('com.example.v1.Widget'));
  const v3 = new OpenApiV3(resources).document(
    'apis/apps/v1',
    'application/com.github.proto-openapi.spec.v3@v1.0+protobuf',
  );
  const components = fieldsOf(
    fieldsOf(v3?.bytes ?? Buffer.alloc(0)).get(5)?.[0] ?? Buffer.alloc(0),
  );
  const schemas = fieldsOf(components.get(1)?.[0] ?? Buffer.alloc(0)).get(1) ?? [];
  assert.equal(
    fieldsOf(schemas[0] ?? Buffer.alloc(0))
      .get(1)?.[0]
      ?.toString(),
    'io.k8s.api.apps.v1.ControllerRevision',
  );
  assert.equal(new OpenApiV2(resources).document('text/html'), undefined);
});
