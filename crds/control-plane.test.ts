import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { ApiClient } from '../apiserver/verbs/api-client.ts';
import { parseYaml } from '../object/yaml.ts';
import { controlPlanes, parseSpec } from './control-plane.ts';

interface Schema {
  type?: string;
  description?: string;
  default?: unknown;
  enum?: string[];
  properties?: Record<string, Schema>;
  items?: Schema;
  additionalProperties?: Schema;
  'x-kubernetes-validations'?: { rule: string; message?: string }[];
  'x-kubernetes-list-type'?: string;
  'x-kubernetes-preserve-unknown-fields'?: boolean;
}

const text = readFileSync(new URL('./control-plane.yaml', import.meta.url), 'utf8');
// oxlint-disable-next-line no-explicit-any -- a parsed YAML document
const crd = parseYaml(text) as any;
const version = crd.spec.versions[0];
const root: Schema = version.schema.openAPIV3Schema;
const spec: Schema = root.properties?.spec ?? {};

/** A value for every property of the schema: nothing left out. */
function sample(schema: Schema): unknown {
  if (schema.properties !== undefined) {
    const entries = Object.entries(schema.properties);
    return Object.fromEntries(entries.map(([name, child]) => [name, sample(child)]));
  }
  if (schema.items !== undefined) return [sample(schema.items)];
  if (schema.additionalProperties !== undefined) return { key: 'value' };
  if (schema['x-kubernetes-preserve-unknown-fields']) return { any: 'thing' };
  if (schema.type === 'boolean') return true;
  if (schema.type === 'integer') return 7;
  return schema.enum?.[0] ?? 'text';
}

/** What the API server makes of `{}`: defaults only, absent fields absent. */
function defaulted(schema: Schema, value: unknown): unknown {
  const start = value === undefined ? schema.default : value;
  if (schema.properties === undefined || typeof start !== 'object' || start === null) return start;
  const entries = Object.entries(schema.properties).map(([name, child]) => [
    name,
    defaulted(child, (start as Record<string, unknown>)[name]),
  ]);
  return Object.fromEntries(entries.filter(([, v]) => v !== undefined));
}

function walk(schema: Schema, path: string, visit: (schema: Schema, path: string) => void): void {
  visit(schema, path);
  for (const [name, child] of Object.entries(schema.properties ?? {})) {
    walk(child, `${path}.${name}`, visit);
  }
  if (schema.items !== undefined) walk(schema.items, `${path}[]`, visit);
}

function withoutAbsent(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}

/** The reader gives empty maps and lists where the schema gives nothing: the same to every user. */
function withoutEmpty(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  const entries = Object.entries(value).map(([name, v]) => [name, withoutEmpty(v)] as const);
  const isEmpty = (v: unknown) =>
    v === undefined || (typeof v === 'object' && Object.keys(v ?? {}).length === 0);
  return Object.fromEntries(entries.filter(([, v]) => !isEmpty(v)));
}

describe('the ControlPlane schema and its reader', () => {
  it('know the same fields', () => {
    const everything = sample(spec);
    assert.deepEqual(withoutAbsent(parseSpec(everything)), everything);
  });

  it('have the same defaults', () => {
    assert.deepEqual(withoutEmpty(parseSpec({})), withoutEmpty(defaulted(spec, {})));
  });

  it('are about the same resource', () => {
    assert.equal(crd.spec.group, controlPlanes.group);
    assert.equal(crd.spec.names.plural, controlPlanes.resource);
    assert.equal(crd.spec.names.kind, controlPlanes.kind);
    assert.equal(version.name, controlPlanes.version);
    assert.equal(crd.metadata.name, `${controlPlanes.resource}.${controlPlanes.group}`);
  });
});

describe('the ControlPlane schema', () => {
  it('describes every field of the spec but those whose meaning is core/v1', () => {
    const borrowed = /\.(tolerations|topologySpreadConstraints)\[\]|\.(requests|limits)$/;
    const missing: string[] = [];
    walk(spec, 'spec', (schema, path) => {
      if (schema.description === undefined && !path.endsWith('[]') && !borrowed.test(path)) {
        missing.push(path);
      }
    });
    assert.deepEqual(missing, []);
  });

  it('says in words what each rule wants, and which lists may be merged', () => {
    walk(root, '', (schema, path) => {
      for (const rule of schema['x-kubernetes-validations'] ?? []) {
        assert.ok((rule.message ?? '').length > 20, `${path}: ${rule.rule}`);
      }
      if (schema.type === 'array') assert.ok(schema['x-kubernetes-list-type'], path);
    });
  });

  it('says in the default of an object what its fields would be by themselves', () => {
    // kube-apiserver judges such a default by the rules before the fields have their own defaults
    walk(spec, 'spec', (schema, path) => {
      if (schema.properties === undefined || schema.default === undefined) return;
      for (const [name, value] of Object.entries(schema.default as Record<string, unknown>)) {
        assert.deepEqual(value, schema.properties[name]?.default, `${path}.${name}`);
      }
    });
  });

  it('is taken by the API server, which judges definitions as upstream does', async () => {
    const api = await ApiClient.start();
    try {
      const path = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
      const answer = await api.create(`${path}?fieldValidation=Strict`, crd);
      assert.equal(answer.code, 201, answer.text);
    } finally {
      await api.stop();
    }
  });

  it('treats the pods of the three components alike', () => {
    const { apiServer, etcd, controllers } = spec.properties ?? {};
    assert.deepEqual(etcd?.properties?.pod, apiServer?.properties?.pod);
    assert.deepEqual(controllers?.properties?.pod, apiServer?.properties?.pod);
  });
});
