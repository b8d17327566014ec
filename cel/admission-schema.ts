import type { Schema } from '../schema/schema.ts';

/**
 * The fields that expressions of admission see of `request` and `namespaceObject`
 * (k8s.io/apiserver admission/plugin/cel compile.go, BuildRequestType and BuildNamespaceType).
 */

const text: Schema = { type: 'string' };
const texts: Schema = { type: 'array', items: text };
const time: Schema = { type: 'string', format: 'date-time' };
const anything: Schema = { type: 'any' };

const record = (name: string, properties: Record<string, Schema>): Schema => ({
  type: 'object',
  name: `kubernetes.${name}`,
  properties,
});
const map = (additional: Schema): Schema => ({ type: 'object', additional });

const kind = record('GroupVersionKind', { group: text, version: text, kind: text });
const resource = record('GroupVersionResource', { group: text, version: text, resource: text });

export const requestSchema = record('AdmissionRequest', {
  kind,
  resource,
  subResource: text,
  requestKind: kind,
  requestResource: resource,
  requestSubResource: text,
  name: text,
  namespace: text,
  operation: text,
  userInfo: record('UserInfo', { username: text, uid: text, groups: texts, extra: map(texts) }),
  dryRun: { type: 'boolean' },
  options: anything,
});

export const namespaceSchema = record('Namespace', {
  metadata: record('NamespaceMetadata', {
    name: text,
    generateName: text,
    namespace: text,
    labels: map(text),
    annotations: map(text),
    // upstream's own spelling: no value has it
    UID: text,
    creationTimestamp: time,
    deletionGracePeriodSeconds: { type: 'integer' },
    deletionTimestamp: time,
    generation: { type: 'integer' },
    resourceVersion: text,
    finalizers: texts,
  }),
  spec: record('NamespaceSpec', { finalizers: texts }),
  status: record('NamespaceStatus', {
    conditions: {
      type: 'array',
      items: record('NamespaceCondition', {
        status: text,
        type: text,
        lastTransitionTime: time,
        message: text,
        reason: text,
      }),
    },
    phase: text,
  }),
});
