import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { KubeObject } from '../../../object/object.ts';
import { StatusError } from '../../../object/status-error.ts';
import { schemaFor } from '../../../schema/built-in.ts';
import type { Schema } from '../../../schema/schema.ts';
import type { Resource } from '../../apis/resource.ts';
import { MemoryListers } from '../../watch/memory-lister.ts';
import { makeAdmissionChain } from '../chain.ts';
import type { AdmissionPlugin, AdmissionRequest } from '../plugin.ts';
import { admissionRequest } from '../request-double.ts';
import { makeMutatingPolicies } from './mutating.ts';

const group = 'admissionregistration.k8s.io';
const rule = { operations: ['*'], apiGroups: ['apps'], apiVersions: ['v1'], resources: ['*'] };

function deploymentRequest(): AdmissionRequest {
  const object: KubeObject = {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web', namespace: 'ns', labels: { a: '1' } },
    spec: {
      replicas: 1,
      selector: { matchLabels: { app: 'web' } },
      template: { spec: { containers: [{ name: 'c', image: 'x' }] } },
    },
  };
  const kind = { group: 'apps', version: 'v1', kind: 'Deployment' };
  const resource = {
    ...kind,
    apiVersion: 'apps/v1',
    resource: 'deployments',
    namespaced: true,
    schema: schemaFor(kind) as Schema,
  } as Resource;
  return { ...admissionRequest({ of: 'deployments', object }), resource };
}

/** Policies `p0`, `p1`, … in that order, each bound. */
function plugin(...specs: object[]): AdmissionPlugin {
  const listers = new MemoryListers();
  for (const [i, spec] of specs.entries()) {
    const name = `p${i}`;
    listers.lister(group, 'mutatingadmissionpolicies').put({
      apiVersion: 'v1',
      kind: 'X',
      metadata: { name },
      spec: { matchConstraints: { resourceRules: [rule] }, ...spec },
    });
    listers.lister(group, 'mutatingadmissionpolicybindings').put({
      apiVersion: 'v1',
      kind: 'X',
      metadata: { name: `${name}-binding` },
      spec: { policyName: name },
    });
  }
  return makeMutatingPolicies({
    policies: listers.lister(group, 'mutatingadmissionpolicies'),
    bindings: listers.lister(group, 'mutatingadmissionpolicybindings'),
    namespaces: listers.lister('', 'namespaces'),
    readNamespace: async (name) => ({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } }),
    authorize: () => ({ verdict: 'allow', reason: '' }),
    findParams: () => undefined,
  });
}

const apply = (expression: string) => ({
  patchType: 'ApplyConfiguration',
  applyConfiguration: { expression },
});
const patch = (expression: string) => ({ patchType: 'JSONPatch', jsonPatch: { expression } });

async function mutated(...specs: object[]): Promise<KubeObject> {
  const request = deploymentRequest();
  await makeAdmissionChain({ plugins: [plugin(...specs)] }).mutate(request);
  return request.object as KubeObject;
}

async function refusal(spec: object): Promise<unknown> {
  try {
    return await mutated(spec);
  } catch (error) {
    assert.ok(error instanceof StatusError, String(error));
    return `${error.code} ${error.reason}: ${error.message}`;
  }
}

test('an apply configuration is merged: keyed lists by key, the rest stays', async () => {
  const { metadata, spec } = await mutated({
    variables: [{ name: 'more', expression: 'object.spec.replicas + 1' }],
    mutations: [
      apply(`Object{
        metadata: Object.metadata{labels: {"b": "2"}},
        spec: Object.spec{
          replicas: variables.more, // one more
          template: Object.spec.template{spec: Object.spec.template.spec{
            containers: [Object.spec.template.spec.containers{name: "side", image: 'a{b: c}'}],
          }}
        }
      }`),
    ],
  });
  assert.deepEqual(metadata.labels, { a: '1', b: '2' });
  assert.equal(spec.replicas, 2);
  assert.deepEqual(spec.template.spec.containers, [
    { name: 'c', image: 'x', resources: {} },
    { name: 'side', image: 'a{b: c}', resources: {} },
  ]);
});

test('JSON patches: conditional, with literals as values; a failed test changes nothing', async () => {
  const { metadata, spec } = await mutated({
    mutations: [
      patch(`[
        JSONPatch{op: "test", path: "/spec/replicas", value: 1},
        JSONPatch{op: "replace", path: "/spec/replicas", value: 7},
        JSONPatch{op: "add", path: "/metadata/labels/" + jsonpatch.escapeKey("x/y"), value: "z"},
        JSONPatch{op: "add", path: "/spec/template/metadata", value: Object.spec.template.metadata{labels: {"l": "1"}}}
      ]`),
      patch(
        '[JSONPatch{op: "test", path: "/spec/replicas", value: 1}, JSONPatch{op: "remove", path: "/spec"}]',
      ),
      patch('has(object.spec.paused) ? [JSONPatch{op: "remove", path: "/spec"}] : []'),
    ],
  });
  assert.equal(spec.replicas, 7);
  assert.deepEqual(metadata.labels, { a: '1', 'x/y': 'z' });
  assert.deepEqual(spec.template.metadata, { labels: { l: '1' } });
});

test('what goes wrong refuses, in upstream words, unless the policy says Ignore', async () => {
  const by = "403 Invalid: policy 'p0' with binding 'p0-binding' denied request:";
  const cases: [mutation: object, why: string][] = [
    [
      apply('Object{spec: Object.spec{selector: Object.spec.selector{matchLabels: {"l": "v"}}}}'),
      'error applying patch: invalid ApplyConfiguration: may not mutate atomic arrays, maps or structs: .spec.selector',
    ],
    [
      apply('Object{spec: Object.specx{replicas: 1}}'),
      'type mismatch: unexpected type name "Object.specx", expected "Object.spec", which matches field name path from root Object type',
    ],
    [
      apply('Object{spec: Object.spec{replicasx: 1}}'),
      'error applying patch: failed to convert patch object to typed object: .spec.replicasx: field not declared in schema',
    ],
    [apply('"I am a teapot"'), 'must evaluate to Object but got string'],
    [
      patch('[JSONPatch{op: "remove", path: "/spec/gone"}]'),
      "JSON Patch: error in remove for path: '/spec/gone': Unable to remove nonexistent key: gone: missing value",
    ],
    [
      patch('[JSONPatch{op: "add", path: object.x, value: 1}]'),
      `expression '[JSONPatch{op: "add", path: object.x, value: 1}]' resulted in error: no such key: x`,
    ],
  ];
  for (const [mutation, why] of cases) {
    assert.equal(await refusal({ mutations: [mutation] }), `${by} ${why}`);
    await mutated({ mutations: [mutation], failurePolicy: 'Ignore' });
  }
  assert.equal(
    await refusal({
      paramKind: { apiVersion: 'a.io/v1', kind: 'Gone' },
      mutations: [apply('Object{}')],
    }),
    `403 Forbidden: policy "p0" denied request: failed to configure policy: failed to find resource referenced by paramKind: 'a.io/v1, Kind=Gone'`,
  );
});

test('a JSON patch cannot give a built-in type fields that it does not have', async () => {
  const mutations = [patch('[JSONPatch{op: "add", path: "/spec/foo", value: 1}]')];
  for (const failurePolicy of ['Fail', 'Ignore']) {
    assert.equal(
      await refusal({ mutations, failurePolicy }),
      '500 InternalError: Internal error occurred: strict decoding error: unknown field "spec.foo"',
    );
  }
});

test('policies run in order; those that want to see later changes run once more', async () => {
  const count = (reinvocationPolicy: string) => ({
    reinvocationPolicy,
    mutations: [
      apply(
        'Object{metadata: Object.metadata{annotations: {"seen": (has(object.metadata.annotations) && "seen" in object.metadata.annotations ? object.metadata.annotations.seen : "") + string(object.spec.replicas)}}}',
      ),
    ],
  });
  const raise = { mutations: [apply('Object{spec: Object.spec{replicas: 5}}')] };
  const seen = async (...specs: object[]) => (await mutated(...specs)).metadata.annotations?.seen;
  assert.equal(await seen(count('IfNeeded'), raise), '15');
  assert.equal(await seen(count('Never'), raise), '1');
  assert.equal(await seen(raise, count('Never')), '5');
  const conditional = { ...raise, matchConditions: [{ name: 'c', expression: 'object == null' }] };
  assert.equal(await seen(conditional, count('Never')), '1');
});
