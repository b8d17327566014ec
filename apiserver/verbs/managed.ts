import { type FieldSet, fieldSetOf } from '../../object/managed-fields/field-set.ts';
import { trackUpdate as track } from '../../object/managed-fields/track-update.ts';
import type { KubeObject } from '../../object/object.ts';
import type { Resource } from '../apis/resource.ts';

/** Field ownership of the generic verbs: which door resets what, and the entries to store. */

const statusReset = fieldSetOf(['status']);
const mainReset = fieldSetOf(
  ['spec'],
  ['metadata', 'finalizers'],
  ['metadata', 'ownerReferences'],
  ['metadata', 'deletionTimestamp'],
);

/** A write to the object never owns status, one to status owns nothing else. Upstream's GetResetFields. */
export function resetPaths(resource: Resource, subresource: string): FieldSet | undefined {
  if (resource.status === undefined || resource.status === false) return undefined;
  return subresource === 'status' ? mainReset : subresource === '' ? statusReset : undefined;
}

/** The object with the managedFields it is stored with. Changes `object` in place. */
export function trackCreate(
  resource: Resource,
  object: KubeObject,
  manager: string,
  now: Date,
): void {
  setManagedFields(object, undefined, {
    resource,
    manager,
    now,
    subresource: '',
  });
}

export function trackChange(
  resource: Resource,
  next: KubeObject,
  old: KubeObject,
  writer: { manager: string; subresource: string; now: Date },
): void {
  setManagedFields(next, old, { resource, ...writer });
}

function setManagedFields(
  next: KubeObject,
  old: KubeObject | undefined,
  writer: { resource: Resource; manager: string; subresource: string; now: Date },
): void {
  const { resource, manager, subresource, now } = writer;
  const reset = resetPaths(resource, subresource);
  const entries = track({
    old,
    next,
    schema: resource.schema,
    manager,
    apiVersion: resource.apiVersion,
    subresource,
    now,
    ...(reset === undefined ? {} : { reset }),
  });
  if (entries === undefined) delete next.metadata.managedFields;
  else next.metadata.managedFields = entries;
}
