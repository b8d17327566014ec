import type { KubeObject } from '../../object/object.ts';
import type { StatusCause } from '../../object/status-error.ts';
import { schemaFor } from '../../schema/built-in.ts';
import { normalise } from '../../schema/decode.ts';
import type { KindDefinition, WriteInfo } from './resource.ts';

/** Test fixture: a kind's own rules without a server, as `field: message` lines in their order. */

const info: WriteInfo = {
  user: { name: 'tester', groups: [] },
  now: new Date('2026-01-01T00:00:00Z'),
  dryRun: false,
};

function decoded(kind: KindDefinition, parts: object): KubeObject {
  const sent = {
    apiVersion: kind.group === '' ? kind.version : `${kind.group}/${kind.version}`,
    kind: kind.kind,
    metadata: { name: 'x' },
    ...parts,
  };
  const object = JSON.parse(JSON.stringify(sent)) as KubeObject;
  const schema = schemaFor(kind);
  if (schema !== undefined) normalise(object, schema, kind);
  kind.default?.(object);
  return object;
}

/** The object as a create leaves it, before it is judged. */
export function prepared(kind: KindDefinition, parts: object): KubeObject {
  const object = decoded(kind, parts);
  kind.prepareForCreate?.(object, info);
  return object;
}

export function createCauses(kind: KindDefinition, parts: object): string[] {
  const object = prepared(kind, parts);
  return lines([...(kind.validate?.(object) ?? []), ...(kind.validateCreate?.(object) ?? [])]);
}

export function updateCauses(kind: KindDefinition, parts: object, oldParts: object): string[] {
  const [next, old] = [decoded(kind, parts), decoded(kind, oldParts)];
  kind.prepareForUpdate?.(next, old, info);
  return lines([
    ...(kind.validate?.(next, old) ?? []),
    ...(kind.validateUpdate?.(next, old) ?? []),
  ]);
}

/** The object as an update leaves it, before it is judged. */
export function prepareUpdate(kind: KindDefinition, parts: object, oldParts: object): KubeObject {
  const [next, old] = [decoded(kind, parts), decoded(kind, oldParts)];
  kind.prepareForUpdate?.(next, old, info);
  return next;
}

/** The object as a write to the status subresource leaves it, before it is judged. */
export function statusUpdate(kind: KindDefinition, parts: object, oldParts: object): KubeObject {
  const [next, old] = [decoded(kind, parts), decoded(kind, oldParts)];
  if (typeof kind.status === 'object') kind.status.prepareForUpdate?.(next, old, info);
  return next;
}

export function statusCauses(kind: KindDefinition, parts: object, oldParts: object): string[] {
  if (typeof kind.status !== 'object') return [];
  const next = statusUpdate(kind, parts, oldParts);
  return lines(kind.status.validateUpdate?.(next, decoded(kind, oldParts)) ?? []);
}

function lines(causes: readonly StatusCause[]): string[] {
  return causes.map(({ field = '', message }) => `${field}: ${message}`);
}
