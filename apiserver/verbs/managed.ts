import { deepEqual } from '../../object/equal.ts';
import { type FieldSet, fieldSetOf } from '../../object/managed-fields/field-set.ts';
import { typeErrors } from '../../object/managed-fields/to-set.ts';
import {
  trackUpdate as track,
  withoutManagers,
  type Writer,
} from '../../object/managed-fields/track-update.ts';
import { type KubeObject, type ManagedFieldsEntry, parseApiVersion } from '../../object/object.ts';
import { definitionFor } from '../../schema/built-in.ts';
import type { Resource, StatusSubresource } from '../apis/resource.ts';

/** Field ownership of the generic verbs: which door resets what, and the entries to store. */

const statusReset = fieldSetOf(['status']);

/** Of a custom resource, and of kinds that say so, all of it. */
export function metadataKeptByStatus(
  resource: Resource,
): NonNullable<StatusSubresource['keepsMetadata']> {
  if (resource.custom !== undefined) return 'all';
  return (typeof resource.status === 'object' ? resource.status.keepsMetadata : undefined) ?? [];
}

/** By the resource: what a write to its status does not change. */
const mainResets = new WeakMap<Resource, FieldSet>();

function mainReset(resource: Resource): FieldSet {
  let reset = mainResets.get(resource);
  if (reset === undefined) {
    const kept = metadataKeptByStatus(resource);
    const metadata = kept === 'all' ? [['metadata']] : kept.map((field) => ['metadata', field]);
    reset = fieldSetOf(['spec'], ...metadata);
    mainResets.set(resource, reset);
  }
  return reset;
}

/** A write to the object never owns status, one to status owns nothing else. Upstream's GetResetFields. */
export function resetPaths(resource: Resource, subresource: string): FieldSet | undefined {
  const { status = false } = resource;
  if (status === false || (status !== true && status.withObject === true)) return undefined;
  if (subresource === 'status') return mainReset(resource);
  return subresource === '' ? statusReset : undefined;
}

/** Whether a manager's version is one of the kind: entries of others say nothing about its objects. */
export function knownVersion(resource: Resource): (apiVersion: string) => boolean {
  if (resource.custom !== undefined) return resource.custom.hasVersion;
  return (apiVersion) => {
    if (apiVersion === resource.apiVersion) return true;
    const gv = parseApiVersion(apiVersion);
    return gv !== undefined && definitionFor({ ...gv, kind: resource.kind }) !== undefined;
  };
}

/**
 * Of a custom resource, before a door resets anything: whether its fields can have owners. Status that
 * is dropped is not validated, but it is looked at here; when it does not fit, all entries go
 * (fieldmanager.go, UpdateNoErrors).
 */
export function canBeManaged(resource: Resource, object: KubeObject): boolean {
  if (resource.custom === undefined) return true;
  return typeErrors(withoutManagers(object), resource.schema, true).length === 0;
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
  if (!canBeManaged(resource, object)) delete object.metadata.managedFields;
}

interface TrackedWriter {
  resource: Resource;
  manager: string;
  subresource: string;
  now: Date;
  inVersions?: Writer['inVersions'];
}

export function trackChange(
  resource: Resource,
  next: KubeObject,
  old: KubeObject,
  writer: Omit<TrackedWriter, 'resource'>,
): void {
  setManagedFields(next, old, { resource, ...writer });
}

/**
 * An apply that in the end changed nothing but times of managers keeps those that were: `0.5` over
 * `500m` is no write (handlers/fieldmanager equality.go).
 */
export function keepTimes(next: KubeObject, old: KubeObject): void {
  const [entries, kept] = [next.metadata.managedFields, old.metadata.managedFields];
  if (entries === undefined || entries === kept || entries.length !== kept?.length) return;
  const timeless = (entry: ManagedFieldsEntry): object => ({ ...entry, time: undefined });
  if (!deepEqual(entries.map(timeless), kept.map(timeless))) return;
  const unmanaged = (object: KubeObject): object => ({
    ...object,
    metadata: { ...object.metadata, managedFields: undefined },
  });
  if (deepEqual(unmanaged(next), unmanaged(old))) next.metadata.managedFields = kept;
}

function setManagedFields(
  next: KubeObject,
  old: KubeObject | undefined,
  writer: TrackedWriter,
): void {
  const { resource, manager, subresource, now, inVersions } = writer;
  const reset = resetPaths(resource, subresource);
  const entries = track({
    old,
    next,
    schema: resource.schema,
    manager,
    apiVersion: resource.apiVersion,
    subresource,
    now,
    served: knownVersion(resource),
    inVersions,
    ...(reset === undefined ? {} : { reset }),
  });
  if (entries === undefined) delete next.metadata.managedFields;
  else next.metadata.managedFields = entries;
}
