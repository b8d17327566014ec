import type { KubeObject } from '../../object/object.ts';
import type { Resource, WriteInfo } from '../apis/resource.ts';
import { metadataKeptByStatus } from './managed.ts';

/** An object has parts with doors of their own: what a write through one leaves as it was. */

const sharedParts = new Set(['apiVersion', 'kind', 'metadata', 'status']);

/** Whether a write to the object leaves its status alone. */
function keepsStatus({ status = false }: Resource): boolean {
  return status === true || (status !== false && status.withObject !== true);
}

/** Status belongs to the status subresource, everything else to the object; admission is no exception. */
function keepOtherPart(
  resource: Resource,
  next: KubeObject,
  old: KubeObject,
  subresource: string,
): void {
  if (subresource === 'status') {
    for (const field of Object.keys(next)) if (!sharedParts.has(field)) delete next[field];
    for (const field of Object.keys(old)) if (!sharedParts.has(field)) next[field] = old[field];
  } else if (keepsStatus(resource)) {
    if (old['status'] === undefined) delete next['status'];
    else next['status'] = old['status'];
  }
}

/** Admission may change the part that is written, not the other one. */
export function takeBack(
  resource: Resource,
  next: KubeObject,
  old: KubeObject,
  prepared: { subresource: string; status: unknown },
): void {
  if (prepared.subresource === 'status') keepOtherPart(resource, next, old, 'status');
  else if (!keepsStatus(resource)) return;
  else if (prepared.status === undefined) delete next['status'];
  else next['status'] = prepared.status;
}

/** The kind's own rules come after. */
export function prepareUpdate(
  resource: Resource,
  next: KubeObject,
  old: KubeObject,
  info: WriteInfo,
): void {
  keepOtherPart(resource, next, old, '');
  resource.prepareForUpdate?.(next, old, info);
}

/** A write to status changes status, and of the metadata what the kind lets it. */
export function prepareStatus(
  resource: Resource,
  next: KubeObject,
  old: KubeObject,
  info: WriteInfo,
): void {
  keepOtherPart(resource, next, old, 'status');
  const { metadata } = next;
  const kept = metadataKeptByStatus(resource);
  if (kept === 'all') {
    const { managedFields } = metadata;
    next.metadata = { ...old.metadata };
    if (managedFields !== undefined) next.metadata.managedFields = managedFields;
    else delete next.metadata.managedFields;
  } else for (const field of kept) restore(metadata, old.metadata, field);
  if (typeof resource.status === 'object') resource.status.prepareForUpdate?.(next, old, info);
}

function restore<K extends keyof KubeObject['metadata']>(
  metadata: KubeObject['metadata'],
  old: KubeObject['metadata'],
  field: K,
): void {
  if (old[field] === undefined) delete metadata[field];
  else metadata[field] = old[field];
}
