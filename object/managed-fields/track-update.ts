import type { Schema } from '../../schema/schema.ts';
import { deepEqual } from '../equal.ts';
import { type KubeObject, type ManagedFieldsEntry, timestamp } from '../object.ts';
import { type Comparison, compareObjects, excluding } from './compare.ts';
import {
  difference,
  type FieldSet,
  fieldSetOf,
  intersection,
  isEmpty,
  recursiveDifference,
  union,
} from './field-set.ts';
import {
  capUpdateManagers,
  decodeManagers,
  encodeManagers,
  identify,
  type Manager,
  type Managers,
  setFields,
} from './managers.ts';
import type { Fields } from './shape.ts';

/** Fields that nobody owns. */
const unowned = fieldSetOf(
  ['apiVersion'],
  ['kind'],
  ['metadata'],
  ['metadata', 'name'],
  ['metadata', 'namespace'],
  ['metadata', 'creationTimestamp'],
  ['metadata', 'selfLink'],
  ['metadata', 'uid'],
  ['metadata', 'clusterName'],
  ['metadata', 'generation'],
  ['metadata', 'managedFields'],
  ['metadata', 'resourceVersion'],
);

export function withoutUnowned(set: FieldSet): FieldSet {
  return difference(set, unowned);
}

/** Who writes, and through which door. */
export interface Writer {
  schema: Schema;
  /** The field manager: `kubectl-edit`, or what stands before the slash of the User-Agent. */
  manager: string;
  /** Of the request: `apps/v1`. */
  apiVersion: string;
  /** `status`, `scale` … Empty or absent: the object itself. */
  subresource?: string;
  now: Date;
  /** Fields that a write through this door resets, and so never owns. Upstream's reset fields. */
  reset?: FieldSet;
  /** Versions that still exist; entries of others are dropped. Default: all. */
  served?(apiVersion: string): boolean;
  /** What changed as other versions have it, where an object is another there. By `group/version`. */
  inVersions?: ReadonlyMap<string, Comparison> | undefined;
}

export interface Update extends Writer {
  /** The stored object; undefined on create. */
  old: KubeObject | undefined;
  /** What will be stored. Its own managedFields count as the client's wish. */
  next: KubeObject;
}

/**
 * The managedFields that `next` must be stored with after a create, update or patch. Undefined: none.
 * Neither object is changed. When nothing changed hands the old entries are returned as they are.
 * Source: KEP-555, k8s.io/apimachinery util/managedfields.
 */
export function trackUpdate(update: Update): ManagedFieldsEntry[] | undefined {
  const { old, next } = update;
  const kept = old?.metadata.managedFields;
  const asked = update.subresource ? kept : next.metadata.managedFields;
  const asWished = editedManagers(asked, kept);
  const managers = asWished ?? keptManagers(kept);
  // An object without managers stays without until someone applies.
  if (managers.size === 0 && old?.metadata.uid) return undefined;
  const before = new Map(managers);
  takeFields(managers, old ?? {}, next, update);
  // who owns nothing is no manager
  for (const [id, { set }] of managers) if (isEmpty(set)) managers.delete(id);
  capUpdateManagers(managers);
  if (asWished === undefined && sameManagers(before, managers)) return kept;
  return encodeManagers(managers);
}

/**
 * What the client made of the entries, when it made anything: `[]` and `[{}]` start afresh. Entries
 * that cannot be read count as none (validation has its own say about them), and none means those
 * of the stored object: a client that knows nothing of managedFields must not lose them.
 */
function editedManagers(
  asked: readonly ManagedFieldsEntry[] | undefined | null,
  kept: readonly ManagedFieldsEntry[] | undefined,
): Managers | undefined {
  if (asked === kept || !Array.isArray(asked)) return undefined;
  if (asked.length === 0) return new Map();
  if (asked.length === 1 && Object.keys(asked[0] ?? {}).length === 0) return new Map();
  if (deepEqual(asked, kept)) return undefined;
  try {
    const managers = decodeManagers(asked, false);
    return managers.size > 0 ? managers : undefined;
  } catch {
    return undefined;
  }
}

function keptManagers(kept: readonly ManagedFieldsEntry[] | undefined): Managers {
  try {
    return decodeManagers(kept, true);
  } catch {
    return new Map();
  }
}

function sameManagers(a: Managers, b: Managers): boolean {
  if (a.size !== b.size) return false;
  for (const [id, manager] of a) if (b.get(id) !== manager) return false;
  return true;
}

/** Give the writer what changed, and take it from everyone else. */
export function takeFields(managers: Managers, old: Fields, next: Fields, writer: Writer): void {
  const comparison = compareWithoutManagedFields(old, next, writer);
  dropForgotten(managers, writer);
  const changed = union(comparison.modified, comparison.added);
  // another version may tell of changes where this one's door has put them back
  const untouched = isEmpty(changed) && isEmpty(comparison.removed);
  if (untouched && (writer.inVersions?.size ?? 0) === 0) return;
  for (const [id, manager] of [...managers]) {
    const seen = seenBy(manager, comparison, writer);
    const left = difference(manager.set, intersection(manager.set, seen.changed));
    setFields(managers, id, difference(left, seen.removed));
  }
  const taken = withoutUnowned(changed);
  if (isEmpty(taken)) return;
  const self: Omit<Manager, 'set' | 'time'> = {
    name: writer.manager,
    operation: 'Update',
    apiVersion: writer.apiVersion,
    subresource: writer.subresource ?? '',
  };
  const id = identify(self);
  const previous = managers.get(id);
  const set = previous === undefined ? taken : union(previous.set, taken);
  managers.set(id, { ...self, set, time: timestamp(writer.now) });
}

/** A manager names fields as its version does. */
export function seenBy(
  { apiVersion }: Manager,
  comparison: Comparison,
  { inVersions }: Writer,
): { changed: FieldSet; removed: FieldSet } {
  const { modified, added, removed } = inVersions?.get(apiVersion) ?? comparison;
  return { changed: union(modified, added), removed };
}

/** Entries of versions that are no more say nothing about this object. */
export function dropForgotten(managers: Managers, { served }: Writer): void {
  if (served === undefined) return;
  for (const [id, manager] of [...managers]) {
    if (!served(manager.apiVersion)) managers.delete(id);
  }
}

/** Compare two states of an object as field managers see them. */
export function compareWithoutManagedFields(
  old: Fields,
  next: Fields,
  { schema, reset }: Pick<Writer, 'schema' | 'reset'>,
): Comparison {
  const comparison = compareObjects(withoutManagers(old), withoutManagers(next), schema);
  return excluding(comparison, reset);
}

/** The same object without metadata.managedFields; everything else is shared. */
export function withoutManagers(object: Fields): Fields {
  const metadata = object.metadata as Fields | undefined;
  if (metadata?.managedFields === undefined) return object;
  const { managedFields: _, ...rest } = metadata;
  return { ...object, metadata: rest };
}

/** A set without what a door resets. */
export function withoutReset(set: FieldSet, reset: FieldSet | undefined): FieldSet {
  return reset === undefined ? set : recursiveDifference(set, reset);
}
