import { deepEqual } from '../../object/equal.ts';
import { timestamp } from '../../object/object.ts';
import type { Condition, Definition, DefinitionNames } from './definition.ts';

/**
 * What the server decides about a definition: are its names free, is it established, which versions
 * may be stored (apiextensions-apiserver controller/status and controller/establish). Pure.
 */
export function decideStatus(
  definition: Definition,
  others: readonly Definition[],
  now: Date,
): Definition['status'] {
  const status = definition.status ?? {};
  const conflicts = namesTaken(definition, others);
  const conditions = [...(status.conditions ?? [])];
  if (conflicts === undefined) {
    set(conditions, now, {
      type: 'NamesAccepted',
      status: 'True',
      reason: 'NoConflicts',
      message: 'no conflicts found',
    });
    set(conditions, now, {
      type: 'Established',
      status: 'True',
      reason: 'InitialNamesAccepted',
      message: 'the initial names have been accepted',
    });
  } else {
    set(conditions, now, {
      type: 'NamesAccepted',
      status: 'False',
      reason: conflicts.reason,
      message: conflicts.message,
    });
    if (!conditions.some((c) => c.type === 'Established')) {
      set(conditions, now, {
        type: 'Established',
        status: 'False',
        reason: 'NotAccepted',
        message: 'not all names are accepted',
      });
    }
  }
  const storage = definition.spec.versions.find((version) => version.storage)?.name;
  const storedVersions = [...(status.storedVersions ?? [])];
  if (storage !== undefined && !storedVersions.includes(storage)) storedVersions.push(storage);
  const acceptedNames =
    conflicts === undefined ? fullNames(definition.spec.names) : status.acceptedNames;
  const next: Definition['status'] = { ...status, conditions, storedVersions };
  if (acceptedNames !== undefined) next.acceptedNames = acceptedNames;
  return deepEqual(next, definition.status) ? definition.status : next;
}

export function fullNames(names: DefinitionNames): DefinitionNames {
  return {
    ...names,
    singular: names.singular || names.kind.toLowerCase(),
    listKind: names.listKind || `${names.kind}List`,
  };
}

function namesTaken(
  definition: Definition,
  others: readonly Definition[],
): { reason: string; message: string } | undefined {
  const mine = fullNames(definition.spec.names);
  for (const other of others) {
    if (other.metadata.name === definition.metadata.name) continue;
    if (other.spec.group !== definition.spec.group) continue;
    const theirs = other.status?.acceptedNames;
    if (theirs === undefined) continue;
    const words = new Set([theirs.plural, theirs.singular, ...(theirs.shortNames ?? [])]);
    const kinds = new Set([theirs.kind, theirs.listKind]);
    if (words.has(mine.plural)) return taken('PluralConflict', mine.plural);
    if (words.has(mine.singular)) return taken('SingularConflict', mine.singular ?? '');
    const short = (mine.shortNames ?? []).find((name) => words.has(name));
    if (short !== undefined) return taken('ShortNamesConflict', short);
    if (kinds.has(mine.kind)) return taken('KindConflict', mine.kind);
    if (kinds.has(mine.listKind)) return taken('ListKindConflict', mine.listKind ?? '');
  }
  return undefined;
}

function taken(reason: string, name: string): { reason: string; message: string } {
  return { reason, message: `${JSON.stringify(name)} is already in use` };
}

/** lastTransitionTime moves only with the status. */
function set(
  conditions: Condition[],
  now: Date,
  wanted: Omit<Condition, 'lastTransitionTime'>,
): void {
  const at = conditions.findIndex((condition) => condition.type === wanted.type);
  const old = conditions[at];
  const next: Condition = {
    ...wanted,
    lastTransitionTime:
      old?.status === wanted.status && old.lastTransitionTime !== undefined
        ? old.lastTransitionTime
        : timestamp(now),
  };
  if (at < 0) conditions.push(next);
  else conditions[at] = next;
}
