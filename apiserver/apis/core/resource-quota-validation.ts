import { fieldInvalid, fieldRequired } from '../../../object/field-error.ts';
import type { KubeObject } from '../../../object/object.ts';
import type { StatusCause } from '../../../object/status-error.ts';
import { type Errors, immutableMessage } from '../field-check.ts';
import { internalForm } from '../internal-form.ts';
import type { Plain } from '../plain.ts';
import {
  checkResourceName,
  checkResourceQuantity,
  isStandardQuotaResource,
} from './resources-validation.ts';

/** core validation, ValidateResourceQuota; which scope counts what: pkg/apis/core/helper. */

const compute = ['cpu', 'memory'].flatMap((name) => [name, `limits.${name}`, `requests.${name}`]);
const ofPods = new Set(['pods', ...compute]);
const ofClaims = new Set(['persistentvolumeclaims', 'requests.storage']);

/** What a quota of the scope can count. */
const scopes: Record<string, ReadonlySet<string>> = {
  BestEffort: new Set(['pods']),
  CrossNamespacePodAffinity: ofPods,
  NotBestEffort: ofPods,
  NotTerminating: ofPods,
  PriorityClass: ofPods,
  Terminating: ofPods,
  VolumeAttributesClass: ofClaims,
};

/** Scopes that pods have or have not: the selector has nothing to compare. */
const withoutValue = new Set([
  'BestEffort',
  'CrossNamespacePodAffinity',
  'NotBestEffort',
  'NotTerminating',
  'Terminating',
]);

const opposites = [
  ['BestEffort', 'NotBestEffort'],
  ['Terminating', 'NotTerminating'],
];

function checkAmounts(
  errors: Errors,
  amounts: Record<string, string> | undefined,
  path: string,
): void {
  for (const [name, amount] of Object.entries(amounts ?? {})) {
    const at = `${path}[${name}]`;
    checkResourceName(errors, name, at);
    if (!name.includes('/') && !isStandardQuotaResource(name)) {
      errors.push(fieldInvalid(at, name, 'must be a standard resource for quota'));
    }
    checkResourceQuantity(errors, name, amount, at);
  }
}

export function validateQuota({ spec }: KubeObject): StatusCause[] {
  const errors: Errors = [];
  checkAmounts(errors, spec?.hard, 'spec.hard');
  const hard = Object.keys(spec?.hard ?? {}).sort();
  const path = 'spec.scopes';
  const list: string[] = spec?.scopes ?? [];
  for (const scope of list) {
    if (!(scope in scopes)) errors.push(fieldInvalid(path, list, 'unsupported scope'));
    checkCounted(errors, scope, hard, path, list);
  }
  checkOpposites(errors, list, path, list);
  if (spec?.scopeSelector) checkSelector(errors, spec.scopeSelector, hard, spec.scopes ?? null);
  return errors;
}

function checkCounted(
  errors: Errors,
  scope: string,
  hard: readonly string[],
  path: string,
  shown: unknown,
): void {
  const counted = scopes[scope];
  for (const name of counted === undefined ? [] : hard) {
    if (!isStandardQuotaResource(name) || counted?.has(name)) continue;
    errors.push(fieldInvalid(path, shown, 'unsupported scope applied to resource'));
  }
}

function checkOpposites(
  errors: Errors,
  list: readonly string[],
  path: string,
  shown: unknown,
): void {
  for (const pair of opposites) {
    if (!pair.every((scope) => list.includes(scope))) continue;
    errors.push(fieldInvalid(path, shown, 'conflicting scopes'));
  }
}

/** Upstream does not say which of the expressions it means, and shows the other list of scopes. */
function checkSelector(
  errors: Errors,
  selector: Plain,
  hard: readonly string[],
  list: readonly string[] | null,
): void {
  const path = 'spec.scopeSelector.matchExpressions';
  const expressions: Plain[] = selector.matchExpressions ?? [];
  for (const { scopeName = '', operator = '', values = [] } of expressions) {
    if (!(scopeName in scopes)) {
      errors.push(fieldInvalid(`${path}.scopeName`, scopeName, 'unsupported scope'));
    }
    checkCounted(errors, scopeName, hard, path, internalForm('ScopeSelector', selector));
    if (withoutValue.has(scopeName) && operator !== 'Exists') {
      const text =
        "must be 'Exists' when scope is any of ResourceQuotaScopeTerminating, ResourceQuotaScopeNotTerminating, ResourceQuotaScopeBestEffort, ResourceQuotaScopeNotBestEffort or ResourceQuotaScopeCrossNamespacePodAffinity";
      errors.push(fieldInvalid(`${path}.operator`, operator, text));
    }
    checkValues(errors, operator, values, path);
  }
  const names = expressions.map((expression): string => expression.scopeName ?? '');
  checkOpposites(errors, names, path, list);
}

function checkValues(
  errors: Errors,
  operator: string,
  values: readonly string[],
  path: string,
): void {
  if (operator === 'In' || operator === 'NotIn') {
    if (values.length > 0) return;
    const text = "must be at least one value when `operator` is 'In' or 'NotIn' for scope selector";
    errors.push(fieldRequired(`${path}.values`, text));
  } else if (operator === 'Exists' || operator === 'DoesNotExist') {
    if (values.length === 0) return;
    const text = "must be no value when `operator` is 'Exist' or 'DoesNotExist' for scope selector";
    errors.push(fieldInvalid(`${path}.values`, values, text));
  } else {
    errors.push(fieldInvalid(`${path}.operator`, operator, 'not a valid selector operator'));
  }
}

export function validateQuotaUpdate(next: KubeObject, old: KubeObject): StatusCause[] {
  const set = (quota: KubeObject) => [...new Set<string>(quota.spec?.scopes ?? [])].sort().join();
  if (set(next) === set(old)) return [];
  return [fieldInvalid('spec.scopes', next.spec?.scopes ?? null, immutableMessage)];
}

export function validateQuotaStatus({ status }: KubeObject): StatusCause[] {
  const errors: Errors = [];
  checkAmounts(errors, status?.hard, 'status.hard');
  checkAmounts(errors, status?.used, 'status.used');
  return errors;
}
