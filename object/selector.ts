import { labelKeyErrors, labelValueErrors } from './name.ts';
import { parseRequirements } from './selector-parse.ts';
import { badRequest } from './status-error.ts';

/**
 * Label selectors: the text form of URLs (`app=web,tier in (a,b),!old`) and the LabelSelector object
 * (k8s.io/apimachinery labels, meta/v1). Matching allocates nothing.
 */

export type LabelOperator = '=' | '==' | '!=' | 'in' | 'notin' | 'exists' | '!' | 'gt' | 'lt';

export interface LabelRequirement {
  readonly key: string;
  readonly operator: LabelOperator;
  /** Sorted, without duplicates. */
  readonly values: readonly string[];
  /** The bound of `gt` and `lt`. */
  readonly bound?: bigint;
}

/** A conjunction. No requirements match everything, unless `nothing` is set. */
export interface LabelSelector {
  readonly requirements: readonly LabelRequirement[];
  readonly nothing: boolean;
}

export interface LabelSelectorObject {
  matchLabels?: Record<string, string> | null;
  matchExpressions?: { key: string; operator: string; values?: readonly string[] | null }[] | null;
}

export const everything: LabelSelector = { requirements: [], nothing: false };
export const nothing: LabelSelector = { requirements: [], nothing: true };

/**
 * `app=web,tier in (front,back),!legacy`; empty text matches everything.
 * @throws StatusError 400 with upstream's text
 */
export function parseLabelSelector(text: string): LabelSelector {
  if (text === '') return everything;
  return { requirements: parseRequirements(text, newRequirement).sort(byKey), nothing: false };
}

export function matches(
  selector: LabelSelector,
  labels: Readonly<Record<string, string>> | undefined | null,
): boolean {
  if (selector.nothing) return false;
  const requirements = selector.requirements;
  for (let i = 0; i < requirements.length; i++) {
    if (!requirementMatches(requirements[i] as LabelRequirement, labels)) return false;
  }
  return true;
}

function requirementMatches(
  requirement: LabelRequirement,
  labels: Readonly<Record<string, string>> | undefined | null,
): boolean {
  const found: unknown = labels?.[requirement.key];
  // Anything but a string is an absent label; this also keeps Object.prototype out.
  const has = typeof found === 'string';
  switch (requirement.operator) {
    case '=':
    case '==':
    case 'in':
      return has && requirement.values.includes(found);
    case '!=':
    case 'notin':
      return !has || !requirement.values.includes(found);
    case 'exists':
      return has;
    case '!':
      return !has;
    default: {
      const value = has ? int64(found) : undefined;
      if (value === undefined || requirement.bound === undefined) return false;
      return requirement.operator === 'gt' ? value > requirement.bound : value < requirement.bound;
    }
  }
}

/** A decimal int64 as strconv.ParseInt reads it; undefined when it is none. */
export function int64(text: string): bigint | undefined {
  if (text.length > 20 || !/^[+-]?\d+$/.test(text)) return undefined;
  const value = BigInt(text.startsWith('+') ? text.slice(1) : text);
  return BigInt.asIntN(64, value) === value ? value : undefined;
}

/** The canonical text: requirements by key, values sorted. */
export function formatLabelSelector(selector: LabelSelector): string {
  return selector.requirements.map(formatRequirement).join(',');
}

function formatRequirement({ key, operator, values }: LabelRequirement): string {
  switch (operator) {
    case 'exists':
      return key;
    case '!':
      return `!${key}`;
    case 'in':
    case 'notin':
      return `${key} ${operator} (${values.join(',')})`;
    case 'gt':
      return `${key}>${values[0]}`;
    case 'lt':
      return `${key}<${values[0]}`;
    default:
      return `${key}${operator}${values[0]}`;
  }
}

/**
 * One requirement, checked as upstream's NewRequirement does.
 * @throws StatusError 400 with the joined field errors
 */
export function newRequirement(
  key: string,
  operator: LabelOperator,
  values: readonly string[],
): LabelRequirement {
  const errors: string[] = [];
  const keyErrors = labelKeyErrors(key);
  if (keyErrors.length > 0) errors.push(invalidText('key', key, keyErrors.join('; ')));
  const shown = JSON.stringify(values);
  if ((operator === 'in' || operator === 'notin') && values.length === 0) {
    errors.push(
      `values: Invalid value: ${shown}: for 'in', 'notin' operators, values set can't be empty`,
    );
  }
  if ((operator === 'exists' || operator === '!') && values.length > 0) {
    errors.push(
      `values: Invalid value: ${shown}: values set must be empty for exists and does not exist`,
    );
  }
  const bound = operator === 'gt' || operator === 'lt' ? int64(values[0] ?? '') : undefined;
  if ((operator === 'gt' || operator === 'lt') && bound === undefined) {
    errors.push(
      invalidText(
        'values[0]',
        values[0] ?? '',
        "for 'Gt', 'Lt' operators, the value must be an integer",
      ),
    );
  }
  values.forEach((value, i) => {
    const problems = labelValueErrors(value);
    if (problems.length > 0) {
      errors.push(invalidText(`values[${i}][${key}]`, value, problems.join('; ')));
    }
  });
  if (errors.length > 0) throw badRequest(aggregate(errors));
  const set = values.length < 2 ? values : [...new Set(values)].sort();
  return bound === undefined
    ? { key, operator, values: set }
    : { key, operator, values: set, bound };
}

function invalidText(field: string, value: string, why: string): string {
  return `${field}: Invalid value: ${JSON.stringify(value)}: ${why}`;
}

function aggregate(errors: readonly string[]): string {
  return errors.length === 1 ? (errors[0] as string) : `[${errors.join(', ')}]`;
}

function byKey(a: LabelRequirement, b: LabelRequirement): number {
  return a.key < b.key ? -1 : a.key > b.key ? 1 : 0;
}

const objectOperators: Record<string, LabelOperator> = {
  In: 'in',
  NotIn: 'notin',
  Exists: 'exists',
  DoesNotExist: '!',
};

/**
 * A LabelSelector object: none matches nothing, an empty one everything.
 * @throws StatusError 400 on an unknown operator or a malformed key or value
 */
export function labelSelectorFromObject(
  object: LabelSelectorObject | null | undefined,
): LabelSelector {
  if (object === null || object === undefined) return nothing;
  const requirements: LabelRequirement[] = [];
  for (const [key, value] of Object.entries(object.matchLabels ?? {})) {
    requirements.push(newRequirement(key, '=', [value]));
  }
  for (const { key, operator, values } of object.matchExpressions ?? []) {
    const known = Object.hasOwn(objectOperators, operator) ? objectOperators[operator] : undefined;
    if (known === undefined) {
      throw badRequest(`${JSON.stringify(operator)} is not a valid label selector operator`);
    }
    requirements.push(newRequirement(key, known, values ?? []));
  }
  return { requirements: requirements.sort(byKey), nothing: false };
}

/** A selector of equalities, as services and replication controllers carry them. Empty: everything. */
export function labelSelectorFromMap(labels: Readonly<Record<string, string>>): LabelSelector {
  const requirements = Object.entries(labels).map(
    ([key, value]): LabelRequirement => ({ key, operator: '=', values: [value] }),
  );
  return { requirements: requirements.sort(byKey), nothing: false };
}
