import type { Schema } from '../schema/schema.ts';

/**
 * The fields that expressions of admission see of `request` and `namespaceObject`
 * (k8s.io/apiserver admission/plugin/cel compile.go, BuildRequestType and BuildNamespaceType).
 */

const text: Schema = { type: 'string' };
const texts: Schema = { type: 'array', items: text };
const time: Schema = { type: 'string', format: 'date-time' };
const anything: Schema = { type: 'any' };

const record = (properties: Record<string, Schema>): Schema => ({ type: 'object', properties });
const map = (additional: Schema): Schema => ({ type: 'object', additional });

const kind = record({ group: text, version: text, kind: text });
const resource = record({ group: text, version: text, resource: text });

export const requestSchema = record({
  kind,
  resource,
  subResource: text,
  requestKind: kind,
  requestResource: resource,
  requestSubResource: text,
  name: text,
  namespace: text,
  operation: text,
  userInfo: record({ username: text, uid: text, groups: texts, extra: map(texts) }),
  dryRun: { type: 'boolean' },
  options: anything,
});

export const namespaceSchema = record({
  metadata: record({
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
  spec: record({ finalizers: texts }),
  status: record({
    conditions: {
      type: 'array',
      items: record({
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

const schemas: Record<string, Schema> = {
  bool: { type: 'boolean' },
  string: text,
  int: { type: 'integer' },
  double: { type: 'number' },
  list: { type: 'array' },
};

/** What is known of a variable from the CEL type of its expression. */
export function schemaOfResult(type: string): Schema {
  return schemas[type] ?? (type.startsWith('list<') ? { type: 'array' } : anything);
}
