import { type FieldSet, isEmpty } from '../../object/managed-fields/field-set.ts';
import {
  decodeManagers,
  encodeManagers,
  identify,
  type Manager,
  type Managers,
} from '../../object/managed-fields/managers.ts';
import type { ManagedFieldsEntry } from '../../object/object.ts';

/**
 * Who owns the replicas, as a Scale shows it and as its object stores it
 * (k8s.io/apimachinery managedfields scalehandler.go).
 */

const scaleVersion = 'autoscaling/v1';
const scaleFields = { 'f:spec': { 'f:replicas': {} } };

function fieldPath(path: string): string[] {
  return path.split('.').map((part) => `f:${part}`);
}

function owns(fields: FieldSet | undefined, path: readonly string[]): boolean {
  let at: FieldSet | undefined = fields;
  for (const part of path) at = at?.[part] as FieldSet | undefined;
  return at !== undefined;
}

function without(fields: FieldSet, [part = '', ...rest]: readonly string[]): FieldSet {
  const { [part]: inner, ...others } = fields;
  if (inner === undefined || rest.length === 0) return others;
  const left = without(inner as FieldSet, rest);
  const [first, ...more] = Object.keys(left);
  if (first === undefined) return others;
  // nothing but itself
  return { ...others, [part]: first === '.' && more.length === 0 ? {} : left };
}

function nested(path: readonly string[]): FieldSet {
  return path.reduceRight<FieldSet>((inner, part) => ({ [part]: inner }), {});
}

/** The owners of the replicas of an object, as those of its Scale. */
export function toScaleOwners(
  entries: readonly ManagedFieldsEntry[],
  replicasPath: string,
): ManagedFieldsEntry[] {
  const path = fieldPath(replicasPath);
  const owners = [...decodeManagers(entries, true).values()].filter(({ set }) => owns(set, path));
  const shown = owners.map((owner) => ({ ...owner, apiVersion: scaleVersion, set: scaleFields }));
  return encodeManagers(byIdentity(shown)) ?? [];
}

/**
 * Back: who lost the replicas of the Scale loses them in the object, who won them has them there.
 * Updaters are told apart by the version they write, and a Scale's is another than its object's: so
 * upstream takes the replicas of every one of them, and gives them back without a time.
 */
export function toParentOwners(
  scaled: readonly ManagedFieldsEntry[],
  entries: readonly ManagedFieldsEntry[],
  parent: { replicasPath: string; apiVersion: string },
): ManagedFieldsEntry[] | undefined {
  const path = fieldPath(parent.replicasPath);
  const left = decodeManagers(scaled, true);
  const before = decodeManagers(entries, true);
  const result: Managers = new Map();
  for (const [id, manager] of before) {
    if (!owns(manager.set, path) || left.delete(id)) {
      result.set(id, manager);
      continue;
    }
    const set = without(manager.set, path);
    if (!isEmpty(set)) result.set(id, { ...manager, set });
  }
  for (const [id, manager] of left) {
    if (!owns(manager.set, fieldPath('spec.replicas'))) continue;
    const { apiVersion } = parent;
    result.set(id, { ...manager, apiVersion, set: nested(path), time: before.get(id)?.time });
  }
  return encodeManagers(result);
}

function byIdentity(managers: readonly Manager[]): Managers {
  return new Map(managers.map((manager) => [identify(manager), manager]));
}
