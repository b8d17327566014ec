import type { ManagedFieldsEntry } from '../object.ts';
import { type FieldSet, isEmpty, sortSet, union } from './field-set.ts';
import { checkFields } from './field-path.ts';

/** The managers of an object: `metadata.managedFields` by identity, and back. */

export interface Manager {
  readonly name: string;
  readonly operation: 'Apply' | 'Update';
  readonly apiVersion: string;
  readonly subresource: string;
  readonly time: string | undefined;
  readonly set: FieldSet;
}

/** By identity: see {@link identify}. */
export type Managers = Map<string, Manager>;

/** Entries by updates that are kept apart; the oldest are merged into one. */
export const maxUpdateManagers = 10;
const ancientChanges = 'ancient-changes';

/** Appliers are one manager across versions; updaters are one per version. */
export function identify(manager: Omit<Manager, 'set' | 'time'>): string {
  const version = manager.operation === 'Apply' ? '' : manager.apiVersion;
  return `${manager.operation}\n${manager.name}\n${version}\n${manager.subresource}`;
}

/**
 * @param trusted entries that this server wrote: their fields are not checked again
 * @throws Error saying what is wrong with an entry
 */
export function decodeManagers(
  entries: readonly ManagedFieldsEntry[] | undefined | null,
  trusted: boolean,
): Managers {
  const managers: Managers = new Map();
  (entries ?? []).forEach((entry, i) => {
    if (entry.operation !== 'Apply' && entry.operation !== 'Update') {
      throw new Error('operation must be `Apply` or `Update`');
    }
    if (entry.apiVersion === undefined || entry.apiVersion === '') {
      throw new Error('apiVersion must not be empty');
    }
    if (entry.fieldsType !== 'FieldsV1') {
      throw new Error(
        entry.fieldsType === undefined || entry.fieldsType === ''
          ? `missing fieldsType in managed fields entry ${i}`
          : `invalid fieldsType ${JSON.stringify(entry.fieldsType)} in managed fields entry ${i}`,
      );
    }
    const fields = (entry.fieldsV1 ?? {}) as unknown as FieldSet;
    const manager: Manager = {
      name: entry.manager ?? '',
      operation: entry.operation,
      apiVersion: entry.apiVersion,
      subresource: entry.subresource ?? '',
      time: entry.time,
      set: trusted ? fields : sortSet(checkFields(fields)),
    };
    managers.set(identify(manager), manager);
  });
  return managers;
}

/** In upstream's order: appliers first, then by time, name, version, subresource. */
export function encodeManagers(managers: Managers): ManagedFieldsEntry[] | undefined {
  if (managers.size === 0) return undefined;
  return [...managers.values()].sort(compareManagers).map((manager) => ({
    ...(manager.name === '' ? {} : { manager: manager.name }),
    operation: manager.operation,
    apiVersion: manager.apiVersion,
    ...(manager.time === undefined ? {} : { time: manager.time }),
    fieldsType: 'FieldsV1' as const,
    fieldsV1: manager.set as unknown as NonNullable<ManagedFieldsEntry['fieldsV1']>,
    ...(manager.subresource === '' ? {} : { subresource: manager.subresource }),
  }));
}

function compareManagers(a: Manager, b: Manager): number {
  return (
    compareText(a.operation, b.operation) ||
    compareText(a.time ?? '', b.time ?? '') ||
    compareText(a.name, b.name) ||
    compareText(a.apiVersion, b.apiVersion) ||
    compareText(a.subresource, b.subresource)
  );
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Replace a manager's set; a manager that owns nothing is no manager. */
export function setFields(managers: Managers, id: string, set: FieldSet): void {
  const manager = managers.get(id);
  if (manager === undefined || manager.set === set) return;
  if (isEmpty(set)) managers.delete(id);
  else managers.set(id, { ...manager, set });
}

/** Merge the oldest update managers, per version, until few enough are left. */
export function capUpdateManagers(managers: Managers): void {
  const updaters = [...managers].filter(([, manager]) => manager.operation === 'Update');
  if (updaters.length <= maxUpdateManagers) return;
  updaters.sort(
    ([idA, a], [idB, b]) => compareText(a.time ?? '', b.time ?? '') || compareText(idA, idB),
  );
  const firstOf = new Map<string, string>();
  let left = updaters.length;
  for (const [id, manager] of updaters) {
    if (left <= maxUpdateManagers) return;
    const { apiVersion } = manager;
    const bucket: Omit<Manager, 'set' | 'time'> = {
      name: ancientChanges,
      operation: 'Update',
      apiVersion,
      subresource: '',
    };
    const first = firstOf.get(apiVersion);
    if (first === undefined) {
      firstOf.set(apiVersion, id);
      continue;
    }
    const bucketId = identify(bucket);
    const before = (id === bucketId ? undefined : managers.get(bucketId)) ?? managers.get(first);
    if (id === bucketId || !managers.has(bucketId)) managers.delete(first);
    const set = union(before?.set ?? {}, manager.set);
    managers.set(bucketId, { ...bucket, set, time: manager.time });
    if (id !== bucketId) managers.delete(id);
    left--;
  }
}
