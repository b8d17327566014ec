import {
  fieldDuplicate,
  fieldForbidden,
  fieldInvalid,
  fieldNotSupported,
  fieldRequired,
} from '../../../object/field-error.ts';
import {
  dns1123LabelErrors,
  dns1123SubdomainErrors,
  labelKeyErrors,
  labelValueErrors,
} from '../../../object/name.ts';
import { checkFormat, checkOptionalOneOf, type Errors } from '../field-check.ts';
import type { Plain } from '../plain.ts';
import { checkLabelSelector } from '../selector-validation.ts';

/** Where a pod may run: tolerations, affinity, spreading (core validation). */

const taintEffects = ['NoSchedule', 'PreferNoSchedule', 'NoExecute'];

export function checkTolerations(errors: Errors, tolerations: Plain[], path: string): void {
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
    checkTolerationValue(errors, toleration, at);
    if (toleration.effect)
      checkOptionalOneOf(errors, toleration.effect, `${at}.effect`, taintEffects);
  }
}

function checkTolerationValue(errors: Errors, toleration: Plain, at: string): void {
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
    default: {
      const supported = ['Equal', 'Exists'];
      errors.push(fieldNotSupported(`${at}.operator`, toleration.operator, supported));
    }
  }
}

/** A label value where upstream makes one error of all that is wrong with it. */
export function checkJoined(errors: Errors, value: string, path: string): void {
  const problems = labelValueErrors(value);
  if (problems.length > 0) errors.push(fieldInvalid(path, value, problems.join(';')));
}

export function checkAffinity(errors: Errors, affinity: Plain | undefined, path: string): void {
  if (affinity === undefined) return;
  const node = affinity.nodeAffinity;
  const hard = 'requiredDuringSchedulingIgnoredDuringExecution';
  const soft = 'preferredDuringSchedulingIgnoredDuringExecution';
  if (node !== undefined) {
    const at = `${path}.nodeAffinity`;
    if (node[hard] !== undefined) checkNodeSelector(errors, node[hard], `${at}.${hard}`);
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
      checkPodAffinityTerm(errors, term, `${at}.${hard}[${i}]`);
    }
    for (const [i, term] of (pod[soft] ?? []).entries()) {
      const termPath = `${at}.${soft}[${i}]`;
      checkWeight(errors, term.weight ?? 0, `${termPath}.weight`);
      checkPodAffinityTerm(errors, term.podAffinityTerm ?? {}, `${termPath}.podAffinityTerm`);
    }
  }
}

function checkWeight(errors: Errors, weight: number, path: string): void {
  if (weight >= 1 && weight <= 100) return;
  errors.push(fieldInvalid(path, weight, 'must be in the range 1-100'));
}

export function checkNodeSelector(errors: Errors, selector: Plain, path: string): void {
  const terms: Plain[] = selector.nodeSelectorTerms ?? [];
  const at = `${path}.nodeSelectorTerms`;
  if (terms.length === 0) {
    errors.push(fieldRequired(at, 'must have at least one node selector term'));
    return;
  }
  for (const [i, term] of terms.entries()) checkNodeSelectorTerm(errors, term, `${at}[${i}]`, true);
}

/** `values`: whether the values must be label values; a mere preference may name what no node has. */
function checkNodeSelectorTerm(errors: Errors, term: Plain, path: string, values: boolean): void {
  for (const [i, rule] of (term.matchExpressions ?? []).entries()) {
    checkNodeRequirement(errors, rule, `${path}.matchExpressions[${i}]`, values);
  }
  for (const [i, rule] of (term.matchFields ?? []).entries()) {
    checkNodeFieldRequirement(errors, rule, `${path}.matchFields[${i}]`);
  }
}

function checkNodeRequirement(
  errors: Errors,
  rule: Plain,
  path: string,
  checkValues: boolean,
): void {
  const values: string[] = rule.values ?? [];
  const at = `${path}.values`;
  switch (rule.operator) {
    case 'In':
    case 'NotIn':
      if (values.length === 0) {
        errors.push(fieldRequired(at, "must be specified when `operator` is 'In' or 'NotIn'"));
      }
      break;
    case 'Exists':
    case 'DoesNotExist':
      if (values.length > 0) {
        const why = "may not be specified when `operator` is 'Exists' or 'DoesNotExist'";
        errors.push(fieldForbidden(at, why));
      }
      break;
    case 'Gt':
    case 'Lt':
      if (values.length !== 1) {
        errors.push(
          fieldRequired(at, "must be specified single value when `operator` is 'Lt' or 'Gt'"),
        );
      }
      break;
    default:
      errors.push(
        fieldInvalid(`${path}.operator`, rule.operator ?? '', 'not a valid selector operator'),
      );
  }
  checkFormat(errors, rule.key ?? '', `${path}.key`, labelKeyErrors);
  if (!checkValues) return;
  for (const [i, value] of values.entries()) {
    checkFormat(errors, value, `${at}[${i}]`, labelValueErrors);
  }
}

function checkNodeFieldRequirement(errors: Errors, rule: Plain, path: string): void {
  const values: string[] = rule.values ?? [];
  if (rule.operator === 'In' || rule.operator === 'NotIn') {
    if (values.length !== 1) {
      const text =
        "must be only one value when `operator` is 'In' or 'NotIn' for node field selector";
      errors.push(fieldRequired(`${path}.values`, text));
    }
  } else {
    errors.push(
      fieldInvalid(`${path}.operator`, rule.operator ?? '', 'not a valid selector operator'),
    );
  }
  if (rule.key !== 'metadata.name') {
    errors.push(fieldInvalid(`${path}.key`, rule.key ?? '', 'not a valid field selector key'));
    return;
  }
  for (const [i, value] of values.entries()) {
    checkFormat(errors, value, `${path}.values[${i}]`, dns1123SubdomainErrors);
  }
}

function checkPodAffinityTerm(errors: Errors, term: Plain, path: string): void {
  checkLabelSelector(errors, term.labelSelector, `${path}.labelSelector`);
  checkLabelSelector(errors, term.namespaceSelector, `${path}.namespaceSelector`);
  for (const name of term.namespaces ?? []) {
    checkFormat(errors, name, `${path}.namespace`, dns1123LabelErrors);
  }
  checkMatchedKeys(errors, term, path);
  const key: string = term.topologyKey ?? '';
  if (key === '') errors.push(fieldRequired(`${path}.topologyKey`, 'can not be empty'));
  checkFormat(errors, key, `${path}.topologyKey`, labelKeyErrors);
}

function checkMatchedKeys(errors: Errors, term: Plain, path: string): void {
  const keys: string[] = term.matchLabelKeys ?? [];
  const others: string[] = term.mismatchLabelKeys ?? [];
  checkLabelKeys(errors, keys, `${path}.matchLabelKeys`, term.labelSelector);
  checkLabelKeys(errors, others, `${path}.mismatchLabelKeys`, term.labelSelector);
  checkSelectedTwice(errors, keys, term.labelSelector, path);
  for (const [i, key] of keys.entries()) {
    if (!others.includes(key)) continue;
    const text = 'exists in both matchLabelKeys and mismatchLabelKeys';
    errors.push(fieldInvalid(`${path}.matchLabelKeys[${i}]`, key, text));
  }
}

function checkLabelKeys(
  errors: Errors,
  keys: readonly string[],
  path: string,
  selector: Plain | null | undefined,
): void {
  if (keys.length === 0) return;
  if (selector === undefined || selector === null) {
    errors.push(fieldForbidden(path, 'must not be specified when labelSelector is not set'));
    return;
  }
  for (const [i, key] of keys.entries()) checkFormat(errors, key, `${path}[${i}]`, labelKeyErrors);
}

/** The pod's own label was added to the selector once; a second rule for the key was there before. */
function checkSelectedTwice(
  errors: Errors,
  keys: readonly string[],
  selector: Plain | null | undefined,
  path: string,
): void {
  const seen = new Set(Object.keys(selector?.matchLabels ?? {}));
  for (const { key } of selector?.matchExpressions ?? []) {
    const index = keys.indexOf(key);
    if (index >= 0 && seen.has(key)) {
      const text = 'exists in both matchLabelKeys and labelSelector';
      errors.push(fieldInvalid(`${path}[${index}]`, key, text));
    }
    seen.add(key);
  }
}

export function checkTopologySpread(errors: Errors, constraints: Plain[], path: string): void {
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
    const keys: string[] = constraint.matchLabelKeys ?? [];
    checkLabelKeys(errors, keys, `${at}.matchLabelKeys`, labelSelector);
    checkSelectedTwice(errors, keys, labelSelector, `${at}.matchLabelKeys`);
    checkLabelSelector(errors, labelSelector, `${at}.labelSelector`);
  }
}

function checkAboveZero(errors: Errors, value: number, path: string): void {
  if (value <= 0) errors.push(fieldInvalid(path, value, 'must be greater than zero'));
}
