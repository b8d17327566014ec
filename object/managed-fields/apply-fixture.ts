import type { Schema } from '../../schema/schema.ts';
import type { KubeObject } from '../object.ts';
import { type Applied, applyPatch } from './apply.ts';
import { trackUpdate } from './track-update.ts';

/** For tests: a kind with one of every sort of field, and what the verbs do around our functions. */

const text: Schema = { type: 'string' };
const texts: Schema = { type: 'object', additional: text };
const metadata: Schema = {
  type: 'object',
  name: 'meta.ObjectMeta',
  zero: {},
  properties: {
    name: text,
    namespace: text,
    uid: text,
    resourceVersion: text,
    labels: texts,
    annotations: texts,
    finalizers: { type: 'array', items: text, listType: 'set', patchStrategy: 'merge' },
  },
};
const port: Schema = {
  type: 'object',
  properties: {
    port: { type: 'integer' },
    protocol: { type: 'string', default: 'TCP' },
    name: text,
  },
};
const container: Schema = {
  type: 'object',
  properties: {
    name: text,
    image: text,
    args: { type: 'array', items: text, listType: 'atomic' },
    ports: { type: 'array', items: port, listType: 'map', listMapKeys: ['port', 'protocol'] },
    resources: { type: 'object', zero: {}, properties: { limits: texts } },
  },
};
const schema: Schema = {
  type: 'object',
  name: 'apps.Thing',
  properties: {
    apiVersion: text,
    kind: text,
    metadata,
    spec: {
      type: 'object',
      zero: {},
      properties: {
        replicas: { type: 'integer' },
        paused: { type: 'boolean' },
        selector: { type: 'object', mapType: 'atomic', properties: { matchLabels: texts } },
        containers: {
          type: 'array',
          zero: null,
          items: container,
          listType: 'map',
          listMapKeys: ['name'],
        },
        free: { type: 'object', preserveUnknown: true },
      },
    },
    status: { type: 'object', zero: {}, properties: { ready: { type: 'integer' } } },
  },
};

export const base = { schema, apiVersion: 'apps/v1', now: new Date('2026-04-01T00:00:00Z') };
export const later = new Date('2026-04-02T00:00:00Z');

export function thing(spec: object, meta: object = {}): KubeObject {
  return { apiVersion: 'apps/v1', kind: 'Thing', metadata: { name: 'x', ...meta }, spec };
}

/** What the verb does with the result: the object with its entries, as stored. */
export function stored({ object, managedFields }: Applied): KubeObject {
  const metadata = { ...object.metadata, uid: 'u', ...(managedFields && { managedFields }) };
  return { ...object, metadata };
}

export function created(object: KubeObject, manager = 'creator'): KubeObject {
  const managedFields = trackUpdate({ ...base, old: undefined, next: object, manager });
  return stored({ object, managedFields });
}

export function apply(
  live: KubeObject | undefined,
  config: KubeObject,
  manager = 'applier',
  extra: { force?: boolean; now?: Date; subresource?: string } = {},
): Applied {
  return applyPatch({ ...base, force: false, ...extra, live, config, manager });
}

export function fieldsOf(object: KubeObject, manager: string): unknown {
  return object.metadata.managedFields?.find((e) => e.manager === manager)?.fieldsV1;
}

export const web = {
  name: 'web',
  image: 'one',
  ports: [{ port: 80, protocol: 'TCP' }],
  resources: {},
};
