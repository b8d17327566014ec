import { deepEqual, semanticEqual } from '../../object/equal.ts';
import { fieldInvalid } from '../../object/field-error.ts';
import { timestamp } from '../../object/object.ts';
import type { StatusCause } from '../../object/status-error.ts';
import { caBundleProblem } from '../apis/apiextensions/ca-bundle.ts';
import { approvalCondition } from '../apis/apiextensions/definition-approval.ts';
import { isEstablished } from '../apis/apiextensions/definition-conversion.ts';
import { structuralErrors } from '../validation/definition-structure.ts';
import type { Condition, Definition, DefinitionNames } from './definition.ts';

/**
 * What the server decides about a definition: are its names free, is it established
 * (apiextensions-apiserver controller/status and controller/establish). Pure.
 */
export function decideStatus(
  definition: Definition,
  others: Neighbours,
  now: Date,
): Definition['status'] {
  const status = definition.status ?? {};
  const { accepted, conflict } = acceptNames(definition, others);
  const conditions = [...(status.conditions ?? [])];
  if (semanticEqual(definition.spec.names, status.acceptedNames)) {
    establish(definition, conditions, now);
  } else decideNames(definition, conditions, conflict, now);
  const approval = approvalCondition(definition);
  if (approval !== undefined) setCondition(conditions, now, approval);
  const violations = structuralViolations(definition);
  const known = conditions.findIndex(({ type }) => type === nonStructural);
  if (violations !== undefined) {
    setCondition(conditions, now, {
      type: nonStructural,
      status: 'True',
      reason: 'Violations',
      message: violations,
    });
  } else if (known >= 0) conditions.splice(known, 1);
  const next: Definition['status'] = {
    ...status,
    // none stay as they were written: null or an empty list
    ...(conditions.length + (status.conditions ?? []).length === 0 ? {} : { conditions }),
    acceptedNames: accepted,
  };
  return deepEqual(next, definition.status) ? definition.status : next;
}

/** All names are accepted already: what is said of that is not said again. */
function establish(definition: Definition, conditions: Condition[], now: Date): void {
  const isTrue = (type: string): boolean =>
    conditions.some((one) => one.type === type && one.status === 'True');
  if (!isTrue('NamesAccepted') || isTrue('Established')) return;
  setCondition(conditions, now, establishedCondition(definition));
}

function decideNames(
  definition: Definition,
  conditions: Condition[],
  conflict: Conflict | undefined,
  now: Date,
): void {
  const established = conditions.find(({ type }) => type === 'Established');
  if (conflict === undefined) {
    // names first, then what is served under them: watchers see one after the other
    const accepted = conditions.some((c) => c.type === 'NamesAccepted' && c.status === 'True');
    setCondition(conditions, now, {
      type: 'NamesAccepted',
      status: 'True',
      reason: 'NoConflicts',
      message: 'no conflicts found',
    });
    if (established?.status !== 'True') {
      setCondition(conditions, now, accepted ? establishedCondition(definition) : installing);
    }
    return;
  }
  setCondition(conditions, now, { type: 'NamesAccepted', status: 'False', ...conflict });
  if (established !== undefined) return;
  setCondition(conditions, now, {
    type: 'Established',
    status: 'False',
    reason: 'NotAccepted',
    message: 'not all names are accepted',
  });
}

const installing: Omit<Condition, 'lastTransitionTime'> = {
  type: 'Established',
  status: 'False',
  reason: 'Installing',
  message: 'the initial names have been accepted',
};

const nonStructural = 'NonStructuralSchema';

/** What a definition of an older server may still be: not structural (controller/nonstructuralschema). */
function structuralViolations({ spec }: Definition): string | undefined {
  const causes: StatusCause[] = [];
  if (spec.preserveUnknownFields === true) {
    causes.push(fieldInvalid('spec.preserveUnknownFields', true, 'must be false'));
  }
  for (const [i, { schema }] of spec.versions.entries()) {
    const props = schema?.openAPIV3Schema;
    if (props === undefined) continue;
    causes.push(...structuralErrors(props, `spec.versions[${i}].schema.openAPIV3Schema`));
  }
  const said = [...new Set(causes.map(({ field, message }) => `${field}: ${message}`))];
  if (said.length < 2) return said[0];
  return `[${said.join(', ')}]`;
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

/** The definitions of one group by name, with the names each was given. */
export type Neighbours = ReadonlyMap<string, DefinitionNames>;

function hasWord({ plural, singular, shortNames = [] }: DefinitionNames, word: string): boolean {
  return word === plural || word === singular || shortNames.includes(word);
}

function hasKind({ kind, listKind }: DefinitionNames, word: string): boolean {
  return word === kind || word === listKind;
}

interface Conflict {
  reason: string;
  message: string;
}

/** Each name that is free, or its own already, is accepted by itself; the last refusal is told. */
function acceptNames(
  definition: Definition,
  others: Neighbours,
): { accepted: DefinitionNames; conflict: Conflict | undefined } {
  const asked = fullNames(definition.spec.names);
  const mine = definition.status?.acceptedNames;
  // few names are new: looked for one by one, and only then
  const taken = (word: string, has: typeof hasWord): boolean => {
    for (const [name, theirs] of others) {
      if (name !== definition.metadata.name && has(theirs, word)) return true;
    }
    return false;
  };
  const accepted: DefinitionNames = { ...(mine ?? { plural: '', kind: '' }) };
  let conflict: Conflict | undefined;
  const take = (
    field: 'plural' | 'singular' | 'kind' | 'listKind',
    has: typeof hasWord,
    reason: string,
  ): void => {
    const name = asked[field] ?? '';
    if (name !== '' && name !== mine?.[field] && taken(name, has)) conflict = inUse(reason, [name]);
    else accepted[field] = name;
  };
  take('plural', hasWord, 'PluralConflict');
  take('singular', hasWord, 'SingularConflict');
  const short = asked.shortNames ?? [];
  const refused = short.filter(
    (name) => !(mine?.shortNames ?? []).includes(name) && taken(name, hasWord),
  );
  if (refused.length > 0) conflict = inUse('ShortNamesConflict', refused);
  else if (short.length > 0) accepted.shortNames = short;
  else delete accepted.shortNames;
  take('kind', hasKind, 'KindConflict');
  take('listKind', hasKind, 'ListKindConflict');
  if (asked.categories === undefined) delete accepted.categories;
  else accepted.categories = asked.categories;
  return { accepted, conflict };
}

function inUse(reason: string, names: readonly string[]): Conflict {
  const [first, ...more] = names.map((name) => `${JSON.stringify(name)} is already in use`);
  const message = more.length === 0 ? (first ?? '') : `[${[first, ...more].join(', ')}]`;
  return { reason, message };
}

/** lastTransitionTime moves only with the status. */
export function setCondition(
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
