import {
  fieldDuplicate,
  fieldInvalid,
  fieldNotSupported,
  fieldRequired,
} from '../../../object/field-error.ts';
import { dns1123LabelErrors, labelKeyErrors, labelValueErrors } from '../../../object/name.ts';
import { checkFormat, checkOptionalOneOf, type Errors } from '../field-check.ts';
import type { Plain } from '../plain.ts';
import { checkLabelSelector } from '../selector-validation.ts';
import { checkNodeSelector, checkNodeSelectorTerm } from './node-selector-validation.ts';
import { checkMatchedKeys, checkUnmergedKeys } from './matched-keys-validation.ts';
import { noAllowances, type PodAllowances } from './pod-allowances.ts';

/** Where a pod may run: tolerations, affinity, spreading (core validation). */

const taintEffects = ['NoSchedule', 'PreferNoSchedule', 'NoExecute'];

/** `compared`: whether the operators whose gate is off are in use already (TaintTolerationComparisonOperators). */
export function checkTolerations(
  errors: Errors,
  tolerations: Plain[],
  path: string,
  compared = false,
): void {
  for (const [i, toleration] of tolerations.entries()) {
    const at = `${path}[${i}]`;
    if (toleration.key) checkFormat(errors, toleration.key, `${at}.key`, labelKeyErrors);
    if (!toleration.key && toleration.operator !== 'Exists') {
      const text =
        'operator must be Exists when `key` is empty, which means "match all values and all keys"';
      errors.push(fieldInvalid(`${at}.operator`, toleration.operator ?? '', text));
    }
    if (toleration.tolerationSeconds !== undefined && toleration.effect !== 'NoExecute') {
      const text = "effect must be 'NoExecute' when `tolerationSeconds` is set";
      errors.push(fieldInvalid(`${at}.effect`, toleration.effect ?? '', text));
    }
    checkTolerationValue(errors, toleration, at, compared);
    if (toleration.effect)
      checkOptionalOneOf(errors, toleration.effect, `${at}.effect`, taintEffects);
  }
}

function checkTolerationValue(
  errors: Errors,
  toleration: Plain,
  at: string,
  compared: boolean,
): void {
  switch (toleration.operator ?? '') {
    case '':
    case 'Equal':
      checkJoined(errors, toleration.value ?? '', `${at}.operator`);
      return;
    case 'Exists':
      if (toleration.value) {
        const text = "value must be empty when `operator` is 'Exists'";
        errors.push(fieldInvalid(`${at}.operator`, toleration.value, text));
      }
      return;
    case 'Lt':
    case 'Gt':
      if (compared) checkDecimal(errors, toleration.value ?? '', `${at}.value`);
      else refuseOperator(errors, toleration, at, ['Equal', 'Exists', 'Lt', 'Gt']);
      return;
    default:
      refuseOperator(errors, toleration, at, ['Equal', 'Exists']);
  }
}

function refuseOperator(
  errors: Errors,
  { operator }: Plain,
  path: string,
  supported: readonly string[],
): void {
  errors.push(fieldNotSupported(`${path}.operator`, operator, supported));
}

const int64 = 2n ** 63n;

function checkDecimal(errors: Errors, value: string, path: string): void {
  const isDecimal = /^(0|-?[1-9][0-9]*)$/.test(value);
  if (!isDecimal) {
    const text = 'must be a valid decimal integer in canonical form';
    errors.push(fieldInvalid(path, value, text));
  }
  const parsed = `strconv.ParseInt: parsing ${JSON.stringify(value)}`;
  if (!/^[+-]?[0-9]+$/.test(value)) {
    errors.push(fieldInvalid(path, value, `${parsed}: invalid syntax`));
  } else if (BigInt(value.replace('+', '')) >= int64 || BigInt(value.replace('+', '')) < -int64) {
    errors.push(fieldInvalid(path, value, `${parsed}: value out of range`));
  }
}

/** A label value where upstream makes one error of all that is wrong with it. */
export function checkJoined(errors: Errors, value: string, path: string): void {
  const problems = labelValueErrors(value);
  if (problems.length > 0) errors.push(fieldInvalid(path, value, problems.join(';')));
}

export function checkAffinity(
  errors: Errors,
  affinity: Plain | undefined,
  path: string,
  allow: PodAllowances,
): void {
  if (affinity === undefined) return;
  const node = affinity.nodeAffinity;
  const hard = 'requiredDuringSchedulingIgnoredDuringExecution';
  const soft = 'preferredDuringSchedulingIgnoredDuringExecution';
  if (node !== undefined) {
    const at = `${path}.nodeAffinity`;
    if (node[hard] !== undefined) {
      checkNodeSelector(errors, node[hard], `${at}.${hard}`, allow.anyNodeValue);
    }
    for (const [i, term] of (node[soft] ?? []).entries()) {
      const termPath = `${at}.${soft}[${i}]`;
      checkWeight(errors, term.weight ?? 0, `${termPath}.weight`);
      checkNodeSelectorTerm(errors, term.preference ?? {}, `${termPath}.preference`, false);
    }
  }
  for (const kind of ['podAffinity', 'podAntiAffinity']) {
    const pod = affinity[kind];
    if (pod === undefined) continue;
    const at = `${path}.${kind}`;
    for (const [i, term] of (pod[hard] ?? []).entries()) {
      checkPodAffinityTerm(errors, term, `${at}.${hard}[${i}]`, allow);
    }
    for (const [i, term] of (pod[soft] ?? []).entries()) {
      const termPath = `${at}.${soft}[${i}]`;
      checkWeight(errors, term.weight ?? 0, `${termPath}.weight`);
      const own = `${termPath}.podAffinityTerm`;
      checkPodAffinityTerm(errors, term.podAffinityTerm ?? {}, own, allow);
    }
  }
}

function checkWeight(errors: Errors, weight: number, path: string): void {
  if (weight >= 1 && weight <= 100) return;
  errors.push(fieldInvalid(path, weight, 'must be in the range 1-100'));
}

function checkPodAffinityTerm(
  errors: Errors,
  term: Plain,
  path: string,
  { anyAffinityValue: anyValue }: PodAllowances,
): void {
  const options = { anyValue };
  checkLabelSelector(errors, term.labelSelector, `${path}.labelSelector`, options);
  checkLabelSelector(errors, term.namespaceSelector, `${path}.namespaceSelector`, options);
  for (const name of term.namespaces ?? []) {
    checkFormat(errors, name, `${path}.namespace`, dns1123LabelErrors);
  }
  checkMatchedKeys(errors, term, path);
  const key: string = term.topologyKey ?? '';
  if (key === '') errors.push(fieldRequired(`${path}.topologyKey`, 'can not be empty'));
  checkFormat(errors, key, `${path}.topologyKey`, labelKeyErrors);
}

export function checkTopologySpread(
  errors: Errors,
  constraints: Plain[],
  path: string,
  allow: PodAllowances = noAllowances,
): void {
  for (const [i, constraint] of constraints.entries()) {
    const at = `${path}[${i}]`;
    const { topologyKey = '', whenUnsatisfiable = '', minDomains, labelSelector } = constraint;
    checkAboveZero(errors, constraint.maxSkew ?? 0, `${at}.maxSkew`);
    if (topologyKey === '') errors.push(fieldRequired(`${at}.topologyKey`, 'can not be empty'));
    const actions = ['DoNotSchedule', 'ScheduleAnyway'];
    checkOptionalOneOf(errors, whenUnsatisfiable, `${at}.whenUnsatisfiable`, actions);
    const again = constraints
      .slice(i + 1)
      .some((c) => c.topologyKey === topologyKey && c.whenUnsatisfiable === whenUnsatisfiable);
    if (again) {
      const pair = `{${topologyKey}, ${whenUnsatisfiable}}`;
      errors.push(fieldDuplicate(`${at}.{topologyKey, whenUnsatisfiable}`, pair));
    }
    if (minDomains !== undefined) {
      checkAboveZero(errors, minDomains, `${at}.minDomains`);
      if (whenUnsatisfiable !== 'DoNotSchedule') {
        const text = `can only use minDomains if whenUnsatisfiable=DoNotSchedule, not ${whenUnsatisfiable}`;
        errors.push(fieldInvalid(`${at}.minDomains`, minDomains, text));
      }
    }
    for (const field of ['nodeAffinityPolicy', 'nodeTaintsPolicy']) {
      checkOptionalOneOf(errors, constraint[field], `${at}.${field}`, ['Honor', 'Ignore']);
    }
    if (allow.oldSpreadKeys) checkUnmergedKeys(errors, constraint, at);
    else checkMatchedKeys(errors, constraint, at);
    if (!allow.anySpreadSelector) {
      checkLabelSelector(errors, labelSelector, `${at}.labelSelector`);
    }
  }
}

function checkAboveZero(errors: Errors, value: number, path: string): void {
  if (value <= 0) errors.push(fieldInvalid(path, value, 'must be greater than zero'));
}
