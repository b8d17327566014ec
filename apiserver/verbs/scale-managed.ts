import { decodeManagers, encodeManagers } from '../../object/managed-fields/managers.ts';
import type { JsonObject, ManagedFieldsEntry } from '../../object/object.ts';

/**
 * Who owns the replicas, as a Scale shows it and as its object stores it
 * (k8s.io/apimachinery managedfields scalehandler.go).
 */

const scaleVersion = 'autoscaling/v1';
const scaleFields = { 'f:spec': { 'f:replicas': {} } };

/** Entries are of one owner when they differ in time and fields alone. */
function owner({ manager, operation, subresource = '' }: ManagedFieldsEntry): string {
  return JSON.stringify([manager, operation, subresource]);
}

function fieldPath(path: string): string[] {
  return path.split('.').map((part) => `f:${part}`);
}

function owns(fields: JsonObject | undefined, path: readonly string[]): boolean {
  let at: JsonObject | undefined = fields;
  for (const part of path) at = at?.[part] as JsonObject | undefined;
  return at !== undefined;
}

function without(fields: JsonObject, [part = '', ...rest]: readonly string[]): JsonObject {
  const { [part]: inner, ...others } = fields;
  if (inner === undefined || rest.length === 0) return others;
  const left = without(inner as JsonObject, rest);
  return Object.keys(left).length === 0 ? others : { ...others, [part]: left };
}

function nested(path: readonly string[]): JsonObject {
  return path.reduceRight<JsonObject>((inner, part) => ({ [part]: inner }), {});
}

/** The owners of the replicas of an object, as those of its Scale. */
export function toScaleOwners(
  entries: readonly ManagedFieldsEntry[],
  replicasPath: string,
): ManagedFieldsEntry[] {
  const path = fieldPath(replicasPath);
  return entries
    .filter(({ fieldsV1 }) => owns(fieldsV1, path))
    .map((entry) => ({ ...entry, apiVersion: scaleVersion, fieldsV1: scaleFields }));
}

/** Back: who lost the replicas of the Scale loses them in the object, who won them has them there. */
export function toParentOwners(
  scaled: readonly ManagedFieldsEntry[],
  entries: readonly ManagedFieldsEntry[],
  parent: { replicasPath: string; apiVersion: string },
): ManagedFieldsEntry[] {
  const path = fieldPath(parent.replicasPath);
  const left = new Map(scaled.map((entry) => [owner(entry), entry]));
  const result: ManagedFieldsEntry[] = [];
  for (const entry of entries) {
    const fields = (entry.fieldsV1 ?? {}) as JsonObject;
    if (!owns(fields, path) || left.delete(owner(entry))) {
      result.push(entry);
      continue;
    }
    const rest = without(fields, path);
    if (Object.keys(rest).length > 0) result.push({ ...entry, fieldsV1: rest });
  }
  for (const { time: _time, ...entry } of left.values()) {
    // upstream looks for its time among the object's own entries, where it is not
    result.push({ ...entry, apiVersion: parent.apiVersion, fieldsV1: nested(path) });
  }
  return encodeManagers(decodeManagers(result, true)) ?? [];
}
