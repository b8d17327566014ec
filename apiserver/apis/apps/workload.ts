import { fieldForbidden, fieldInvalid, fieldRequired } from '../../../object/field-error.ts';
import { labelSelectorFromObject, matches } from '../../../object/selector.ts';
import type { StatusCause } from '../../../object/status-error.ts';
import type { PodAllowances } from '../core/pod-allowances.ts';
import { checkPodTemplate } from '../core/pod-template-validation.ts';
import { checkNonNegative, type Errors } from '../field-check.ts';
import type { Plain } from '../plain.ts';
import { intOrPercentErrors, percentOf } from '../port-format.ts';
import { checkLabelSelector, isEmptySelector } from '../selector-validation.ts';

/** Rules that the workloads of the apps group share (pkg/apis/apps/validation). */

/**
 * Whether the template may be looked at: a selector that cannot be read ends the check. `empty` and
 * `wrong` are upstream's words for one that selects everything and one that cannot be read.
 */
export function checkSelector(
  errors: Errors,
  spec: Plain,
  { empty, wrong }: { empty: string; wrong: string },
): boolean {
  const path = 'spec.selector';
  if (spec.selector === undefined) errors.push(fieldRequired(path));
  else {
    checkLabelSelector(errors, spec.selector, path);
    if (isEmptySelector(spec.selector)) errors.push(fieldInvalid(path, spec.selector, empty));
  }
  const selected = selectsTemplate(spec);
  if (selected === undefined) {
    errors.push(fieldInvalid(path, spec.selector, wrong));
    return false;
  }
  if (!selected) errors.push(mismatch(spec));
  return true;
}

/** No selector selects nothing; undefined for one that cannot be read. */
export function selectsTemplate(spec: Plain): boolean | undefined {
  if (spec.selector === undefined) return false;
  try {
    const labels = spec.template?.metadata?.labels ?? {};
    return matches(labelSelectorFromObject(spec.selector), labels);
  } catch {
    return undefined;
  }
}

export function mismatch(spec: Plain): StatusCause {
  const labels = spec.template?.metadata?.labels ?? null;
  const text = '`selector` does not match template `labels`';
  return fieldInvalid('spec.template.metadata.labels', labels, text);
}

/** Pods that are replaced for ever: they restart always and have no deadline. */
export function checkReplacedTemplate(
  errors: Errors,
  spec: Plain,
  kind: string,
  allow: PodAllowances,
): void {
  checkPodTemplate(errors, spec.template, 'spec.template', ['Always'], allow);
  if (spec.template?.spec?.activeDeadlineSeconds === undefined) return;
  const path = 'spec.template.spec.activeDeadlineSeconds';
  errors.push(fieldForbidden(path, `activeDeadlineSeconds in ${kind} is not Supported`));
}

export function checkCounts(errors: Errors, spec: Plain, fields: readonly string[]): void {
  for (const field of fields) checkNonNegative(errors, spec[field], `spec.${field}`);
}

/** A count or at most 100%. */
export function checkIntOrPercent(errors: Errors, value: unknown, path: string): void {
  if (value === undefined || value === null) return;
  for (const message of intOrPercentErrors(value as number | string)) {
    errors.push(fieldInvalid(path, value, message));
  }
}

export function checkAtMostAll(errors: Errors, value: unknown, path: string): void {
  const percent = percentOf(value);
  if (percent !== undefined && percent > 100) {
    errors.push(fieldInvalid(path, value, 'must not be greater than 100%'));
  }
}

/** True for 0, '0%', what is absent and a text that is neither a percentage nor a number. */
export function isZero(value: unknown): boolean {
  if (typeof value !== 'string') return value === undefined || value === 0;
  return (percentOf(value) ?? (/^[+-]?[0-9]+$/.test(value) ? Number(value) : 0)) === 0;
}

/** Status counters of how often a hash collided only go up; one that is there stays. */
export function checkCollisions(errors: Errors, next: Plain, old: Plain): void {
  const now: number | undefined = next.status?.collisionCount;
  const before: number | undefined = old.status?.collisionCount;
  if (before === undefined || (now !== undefined && now >= before)) return;
  errors.push(fieldInvalid('status.collisionCount', now ?? 0, 'cannot be decremented'));
}
