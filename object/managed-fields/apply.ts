import { deepEqual } from '../equal.ts';
import { type KubeObject, type ManagedFieldsEntry, parseApiVersion, timestamp } from '../object.ts';
import { badRequest, StatusError } from '../status-error.ts';
import { type Conflict, conflictError, conflictsOf } from './conflict.ts';
import { difference, type FieldSet, intersection, isEmpty } from './field-set.ts';
import { allowedByLastApplied, withLastApplied } from './last-applied.ts';
import {
  decodeManagers,
  encodeManagers,
  identify,
  type Manager,
  type Managers,
  setFields,
} from './managers.ts';
import { mergeObjects } from './merge.ts';
import { prune } from './prune.ts';
import type { Fields } from './shape.ts';
import { toFieldSet, typeError } from './to-set.ts';
import {
  compareWithoutManagedFields,
  dropForgotten,
  seenBy,
  takeFields,
  type Writer,
  withoutManagers,
  withoutReset,
  withoutUnowned,
} from './track-update.ts';

export interface Apply extends Writer {
  /** The stored object; undefined when the apply creates it. */
  live: KubeObject | undefined;
  /** The configuration as the client sent it, decoded and not defaulted. */
  config: KubeObject;
  force: boolean;
  /** What is left of the merged object where owners in other versions have a say in that. */
  pruned?: Fields;
}

export interface Applied {
  /** The merged object without managedFields, not yet defaulted. Shares data with the arguments. */
  object: KubeObject;
  managedFields: ManagedFieldsEntry[] | undefined;
}

/**
 * Server-side apply: merge the configuration, remove what this manager applied before and nobody
 * else owns, and hand over ownership. Nothing given is changed.
 * @throws StatusError 409 with one FieldManagerConflict cause per field unless forced, 400 when the
 * configuration carries managedFields, 500 (as upstream) when it does not fit the schema
 */
export function applyPatch(apply: Apply): Applied {
  const { config, live } = apply;
  checkConfig(apply);
  const managers = liveManagers(apply);
  const result = applyOnce(apply, managers);
  const applied = 'conflicts' in result ? resolve(apply, managers, result.conflicts) : result;
  const base = live === undefined ? undefined : withoutManagers(live);
  const object = withLastApplied(apply.manager, applied.object as KubeObject, config);
  // kubectl's annotation is kept true afterwards: it is no change of its own
  if (base !== undefined && deepEqual(base, applied.object)) {
    return unchanged(apply, object, applied);
  }
  return { object, managedFields: encodeManagers(stamped(applied.managers, apply)) };
}

function checkConfig(apply: Apply): void {
  const { managedFields } = apply.config.metadata ?? {};
  if (managedFields !== undefined && managedFields !== null) {
    throw badRequest('metadata.managedFields must be nil');
  }
  checkTypes(apply);
}

/** A configuration that does not fit the schema: what upstream's typed parser says of it. */
function checkTypes({ config, schema }: Apply): void {
  const wrong = typeError(config, schema);
  if (wrong === undefined) return;
  const { name = '', namespace = '' } = config.metadata ?? {};
  const { group, version } = parseApiVersion(config.apiVersion) ?? { group: '', version: '' };
  throw new StatusError(
    500,
    '',
    `failed to create typed patch object (${namespace}/${name}; ${group}/${version}, Kind=${config.kind}): ${wrong}`,
  );
}

/** Whoever wrote an object before fields were tracked owns them together. */
function liveManagers(apply: Apply): Managers {
  let managers: Managers;
  try {
    managers = decodeManagers(apply.live?.metadata.managedFields, true);
  } catch (error) {
    throw new StatusError(500, '', `failed to decode managed fields: ${(error as Error).message}`);
  }
  if (managers.size === 0 && apply.live !== undefined) {
    takeFields(managers, {}, apply.live, { ...apply, manager: 'before-first-apply' });
  }
  return managers;
}

interface Outcome {
  object: Fields;
  managers: Managers;
}

/** Before anything is removed. */
export interface Merge {
  live: Fields;
  merged: Fields;
  /** What the manager applied the last time. */
  last: Manager | undefined;
  /** Of now, with what this manager applies now. */
  managers: Managers;
}

/** The first half of an {@link applyPatch}, for who asks other versions of the object. */
export function mergePatch(apply: Apply): Merge {
  checkConfig(apply);
  return mergeOnce(apply, liveManagers(apply));
}

function mergeOnce(apply: Apply, before: Managers): Merge {
  const { schema, reset } = apply;
  const live = apply.live === undefined ? {} : withoutManagers(apply.live);
  const managers = new Map(before);
  dropForgotten(managers, apply);
  const self = applier(apply);
  const last = managers.get(identify(self));
  const set = withoutReset(toFieldSet(apply.config, schema), reset);
  managers.set(identify(self), { ...self, set, time: last?.time });
  return { live, merged: mergeObjects(live, apply.config, schema), last, managers };
}

function applyOnce(apply: Apply, before: Managers): Outcome | { conflicts: Conflict[] } {
  const { live, merged, last, managers } = mergeOnce(apply, before);
  const id = identify(applier(apply));
  const { set } = managers.get(id) as Manager;
  const object =
    apply.pruned ?? (last === undefined ? merged : prune(merged, last.set, managers, apply.schema));
  const comparison = compareWithoutManagedFields(live, object, apply);
  const taken = new Map<string, { manager: Manager; set: FieldSet }>();
  for (const [other, manager] of managers) {
    if (other === id) continue;
    const lost = intersection(manager.set, seenBy(manager, comparison, apply).changed);
    if (!isEmpty(lost)) taken.set(other, { manager, set: lost });
  }
  if (taken.size > 0 && !apply.force) return { conflicts: conflictsOf(taken) };
  for (const [other, manager] of [...managers]) {
    if (other === id) continue;
    const left = difference(manager.set, taken.get(other)?.set ?? {});
    const { removed } = seenBy(manager, comparison, apply);
    setFields(managers, other, difference(left, removed));
  }
  setFields(managers, id, withoutUnowned(set));
  return { object, managers };
}

function applier(apply: Apply): Omit<Manager, 'set' | 'time'> {
  return {
    name: apply.manager,
    operation: 'Apply',
    apiVersion: apply.apiVersion,
    subresource: apply.subresource ?? '',
  };
}

/** kubectl may take over from itself: what its client-side apply wrote is no conflict. */
function resolve(apply: Apply, managers: Managers, conflicts: Conflict[]): Outcome {
  const allowed = apply.manager === 'kubectl' ? allowedByLastApplied(apply) : undefined;
  const left = allowed === undefined ? conflicts : conflicts.filter((c) => !allowed(c.path));
  if (left.length > 0) throw conflictError(left);
  const forced = applyOnce({ ...apply, force: true }, managers);
  if ('conflicts' in forced) throw conflictError(forced.conflicts);
  return forced;
}

function stamped(managers: Managers, apply: Apply): Managers {
  const id = identify(applier(apply));
  const self = managers.get(id);
  if (self !== undefined) managers.set(id, { ...self, time: timestamp(apply.now) });
  return managers;
}

/** The object did not change: no time does, and who owns for the first time has none. */
function unchanged(apply: Apply, object: KubeObject, { managers }: Outcome): Applied {
  const kept = apply.live?.metadata.managedFields;
  const entries = encodeManagers(managers);
  return { object, managedFields: deepEqual(entries, kept) ? kept : entries };
}
