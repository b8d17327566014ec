import {
  fieldDuplicate,
  fieldInvalid,
  fieldInvalidWhole,
  fieldNotSupported,
  fieldRequired,
  fieldTooLong,
  fieldTooMany,
} from '../../../object/field-error.ts';
import { labelKeyErrors } from '../../../object/name.ts';
import { checkFormat, checkNonNegative, type Errors } from '../field-check.ts';
import type { Plain } from '../plain.ts';
import { countIndexes } from './job-indexes.ts';

/** What a Job makes of pods that failed (KEP-3329) and when it has succeeded (KEP-3998). */

const maxRules = 20;
const maxExitCodes = 255;
const maxIndexText = 64 * 1024;

const actions = ['Count', 'FailIndex', 'FailJob', 'Ignore'];
const operators = ['In', 'NotIn'];
const statuses = ['False', 'True', 'Unknown'];

function checkTooMany(errors: Errors, list: readonly unknown[], max: number, path: string): void {
  if (list.length > max) errors.push(fieldTooMany(path, list.length, max));
}

/** Required, and one of a few, which the message lists as Go prints a slice. */
function checkChoice(errors: Errors, value: string, valid: readonly string[], path: string): void {
  if (value === '') {
    const list = valid.map((name) => JSON.stringify(name)).join(' ');
    errors.push(fieldRequired(path, `valid values: [${list}]`));
  } else if (!valid.includes(value)) {
    errors.push(fieldNotSupported(path, value, valid));
  }
}

export function checkFailurePolicy(errors: Errors, spec: Plain, path: string): void {
  const rules: Plain[] = spec.podFailurePolicy.rules ?? [];
  checkTooMany(errors, rules, maxRules, `${path}.rules`);
  const pod: Plain = spec.template?.spec ?? {};
  const containers: Plain[] = [...(pod.containers ?? []), ...(pod.initContainers ?? [])];
  const names = new Set(containers.map((container): string => container.name));
  for (const [i, rule] of rules.entries()) {
    const at = `${path}.rules[${i}]`;
    const { action = '', onExitCodes, onPodConditions = [] } = rule;
    if (action === 'FailIndex' && spec.backoffLimitPerIndex === undefined) {
      const text = 'requires the backoffLimitPerIndex to be set';
      errors.push(fieldInvalid(`${at}.action`, action, text));
    } else {
      checkChoice(errors, action, actions, `${at}.action`);
    }
    if (onExitCodes) checkExitCodes(errors, onExitCodes, `${at}.onExitCodes`, names);
    if (onPodConditions.length > 0)
      checkConditions(errors, onPodConditions, `${at}.onPodConditions`);
    if (onExitCodes && onPodConditions.length > 0) {
      const text = 'specifying both OnExitCodes and OnPodConditions is not supported';
      errors.push(fieldInvalidWhole(at, text));
    }
    if (!onExitCodes && onPodConditions.length === 0) {
      const text = 'specifying one of OnExitCodes and OnPodConditions is required';
      errors.push(fieldInvalidWhole(at, text));
    }
  }
}

function checkConditions(errors: Errors, patterns: Plain[], path: string): void {
  checkTooMany(errors, patterns, maxRules, path);
  for (const [i, { type = '', status = '' }] of patterns.entries()) {
    checkFormat(errors, type, `${path}[${i}].type`, labelKeyErrors);
    checkChoice(errors, status, statuses, `${path}[${i}].status`);
  }
}

function checkExitCodes(
  errors: Errors,
  rule: Plain,
  path: string,
  names: ReadonlySet<string>,
): void {
  const { operator = '', containerName } = rule;
  checkChoice(errors, operator, operators, `${path}.operator`);
  if (containerName !== undefined && !names.has(containerName)) {
    const text = 'must be one of the container or initContainer names in the pod template';
    errors.push(fieldInvalid(`${path}.containerName`, containerName, text));
  }
  const values: number[] = rule.values ?? [];
  const at = `${path}.values`;
  if (values.length === 0) {
    errors.push(fieldInvalid(at, rule.values ?? null, 'at least one value is required'));
  }
  checkTooMany(errors, values, maxExitCodes, at);
  for (const [i, value] of values.entries()) {
    if (operator === 'In' && value === 0) {
      errors.push(fieldInvalid(`${at}[${i}]`, value, 'must not be 0 for the In operator'));
    }
    if (values.indexOf(value) < i) errors.push(fieldDuplicate(`${at}[${i}]`, value));
  }
  if (values.some((value, i) => i > 0 && (values[i - 1] ?? 0) > value)) {
    errors.push(fieldInvalid(at, values, 'must be ordered'));
  }
}

export function checkSuccessPolicy(errors: Errors, spec: Plain, path: string): void {
  const rules: Plain[] = spec.successPolicy.rules ?? [];
  if (rules.length === 0) {
    const text = 'at least one rules must be specified when the successPolicy is specified';
    errors.push(fieldRequired(`${path}.rules`, text));
  }
  checkTooMany(errors, rules, maxRules, `${path}.rules`);
  for (const [i, rule] of rules.entries()) {
    checkSuccessRule(errors, rule, spec.completions ?? 0, `${path}.rules[${i}]`);
  }
}

function checkSuccessRule(errors: Errors, rule: Plain, completions: number, path: string): void {
  const { succeededCount: count, succeededIndexes: indexes } = rule;
  if (count === undefined && indexes === undefined) {
    const text = 'at least one of succeededCount or succeededIndexes must be specified';
    errors.push(fieldRequired(path, text));
  }
  let named = 0;
  if (indexes !== undefined) {
    const at = `${path}.succeededIndexes`;
    if (indexes.length > maxIndexText) errors.push(fieldTooLong(at, maxIndexText));
    const { total, problem } = countIndexes(indexes, completions);
    named = total;
    if (problem !== undefined) {
      errors.push(fieldInvalid(at, indexes, `error parsing succeededIndexes: ${problem}`));
    }
  }
  if (count === undefined) return;
  const at = `${path}.succeededCount`;
  checkNonNegative(errors, count, at);
  const most = (number: number, what: string): void => {
    if (count <= number) return;
    errors.push(fieldInvalid(at, count, `must be less than or equal to ${number} (${what})`));
  };
  most(completions, 'the number of specified completions');
  if (indexes !== undefined) {
    most(named, 'the number of indexes in the specified succeededIndexes field');
  }
}
