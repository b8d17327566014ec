import { deepEqual } from '../../object/equal.ts';
import { timestamp } from '../../object/object.ts';
import { caBundleProblem } from '../apis/apiextensions/ca-bundle.ts';
import { approvalCondition } from '../apis/apiextensions/definition-approval.ts';
import { isEstablished } from '../apis/apiextensions/definition-conversion.ts';
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
  const { accepted, conflict: conflicts } = acceptNames(definition, others);
  const conditions = [...(status.conditions ?? [])];
  if (conflicts === undefined) {
    set(conditions, now, {
      type: 'NamesAccepted',
      status: 'True',
      reason: 'NoConflicts',
      message: 'no conflicts found',
    });
    set(conditions, now, establishedCondition(definition));
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
  const approval = approvalCondition(definition);
  if (approval !== undefined) set(conditions, now, approval);
  const storage = definition.spec.versions.find((version) => version.storage)?.name;
  const storedVersions = [...(status.storedVersions ?? [])];
  if (storage !== undefined && !storedVersions.includes(storage)) storedVersions.push(storage);
  const next: Definition['status'] = {
    ...status,
    conditions,
    storedVersions,
    acceptedNames: accepted,
  };
  return deepEqual(next, definition.status) ? definition.status : next;
}

/** Whoever is not established yet, and can never be converted, is not served. */
function establishedCondition(definition: Definition): Omit<Condition, 'lastTransitionTime'> {
  const { caBundle = '' } = definition.spec.conversion?.webhook?.clientConfig ?? {};
  if (!isEstablished(definition) && caBundleProblem(caBundle) !== undefined) {
    return {
      type: 'Established',
      status: 'False',
      reason: 'InvalidCABundle',
      message: 'The conversion webhook CABundle is invalid',
    };
  }
  return {
    type: 'Established',
    status: 'True',
    reason: 'InitialNamesAccepted',
    message: 'the initial names have been accepted',
  };
}

export function fullNames(names: DefinitionNames): DefinitionNames {
  return {
    ...names,
    singular: names.singular || names.kind.toLowerCase(),
    listKind: names.listKind || `${names.kind}List`,
  };
}

interface Conflict {
  reason: string;
  message: string;
}

/** Each name that is free, or its own already, is accepted by itself; the last refusal is told. */
function acceptNames(
  definition: Definition,
  others: readonly Definition[],
): { accepted: DefinitionNames; conflict: Conflict | undefined } {
  const asked = fullNames(definition.spec.names);
  const mine = definition.status?.acceptedNames;
  const words = new Set<string>();
  const kinds = new Set<string>();
  for (const other of others) {
    if (other.metadata.name === definition.metadata.name) continue;
    const theirs = other.status?.acceptedNames;
    if (other.spec.group !== definition.spec.group || theirs === undefined) continue;
    for (const word of [theirs.plural, theirs.singular, ...(theirs.shortNames ?? [])]) {
      if (word) words.add(word);
    }
    for (const kind of [theirs.kind, theirs.listKind]) if (kind) kinds.add(kind);
  }
  const accepted: DefinitionNames = { ...(mine ?? { plural: '', kind: '' }) };
  let conflict: Conflict | undefined;
  const take = (
    field: 'plural' | 'singular' | 'kind' | 'listKind',
    used: ReadonlySet<string>,
    reason: string,
  ): void => {
    const name = asked[field] ?? '';
    if (name !== mine?.[field] && used.has(name)) conflict = taken(reason, [name]);
    else accepted[field] = name;
  };
  take('plural', words, 'PluralConflict');
  take('singular', words, 'SingularConflict');
  const short = asked.shortNames ?? [];
  const inUse = short.filter((name) => !(mine?.shortNames ?? []).includes(name) && words.has(name));
  if (inUse.length > 0) conflict = taken('ShortNamesConflict', inUse);
  else if (short.length > 0) accepted.shortNames = short;
  else delete accepted.shortNames;
  take('kind', kinds, 'KindConflict');
  take('listKind', kinds, 'ListKindConflict');
  if (asked.categories === undefined) delete accepted.categories;
  else accepted.categories = asked.categories;
  return { accepted, conflict };
}

function taken(reason: string, names: readonly string[]): Conflict {
  const [first, ...more] = names.map((name) => `${JSON.stringify(name)} is already in use`);
  const message = more.length === 0 ? (first ?? '') : `[${[first, ...more].join(', ')}]`;
  return { reason, message };
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
