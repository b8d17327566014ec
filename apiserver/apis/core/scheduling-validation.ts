import {
  fieldDuplicate,
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
import {
  checkFormat,
  checkOneOf,
  checkOptionalOneOf,
  checkRange,
  type Errors,
} from '../field-check.ts';
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
      for (const message of labelValueErrors(toleration.value ?? '').slice(0, 1)) {
        errors.push(fieldInvalid(`${at}.operator`, toleration.value, message));
      }
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
      checkRange(errors, term.weight ?? 0, `${termPath}.weight`, [1, 100]);
      checkNodeSelectorTerm(errors, term.preference ?? {}, `${termPath}.preference`);
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
      checkRange(errors, term.weight ?? 0, `${termPath}.weight`, [1, 100]);
      checkPodAffinityTerm(errors, term.podAffinityTerm ?? {}, `${termPath}.podAffinityTerm`);
    }
  }
}

export function checkNodeSelector(errors: Errors, selector: Plain, path: string): void {
  const terms: Plain[] = selector.nodeSelectorTerms ?? [];
  const at = `${path}.nodeSelectorTerms`;
  if (terms.length === 0) {
    errors.push(fieldRequired(at, 'must have at least one node selector term'));
  }
  for (const [i, term] of terms.entries()) checkNodeSelectorTerm(errors, term, `${at}[${i}]`);
}

function checkNodeSelectorTerm(errors: Errors, term: Plain, path: string): void {
  for (const [i, rule] of (term.matchExpressions ?? []).entries()) {
    checkNodeRequirement(errors, rule, `${path}.matchExpressions[${i}]`);
  }
  for (const [i, rule] of (term.matchFields ?? []).entries()) {
    checkNodeFieldRequirement(errors, rule, `${path}.matchFields[${i}]`);
  }
}

function checkNodeRequirement(errors: Errors, rule: Plain, path: string): void {
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
        const text =
          "Forbidden: may not be specified when `operator` is 'Exists' or 'DoesNotExist'";
        errors.push({ reason: 'FieldValueForbidden', message: text, field: at });
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
  if (!term.topologyKey) errors.push(fieldRequired(`${path}.topologyKey`, 'can not be empty'));
  else checkFormat(errors, term.topologyKey, `${path}.topologyKey`, labelKeyErrors);
}

export function checkTopologySpread(errors: Errors, constraints: Plain[], path: string): void {
  const seen = new Set<string>();
  for (const [i, constraint] of constraints.entries()) {
    const at = `${path}[${i}]`;
    if (!(constraint.maxSkew > 0)) {
      const text = 'must be greater than zero';
      errors.push(fieldInvalid(`${at}.maxSkew`, constraint.maxSkew ?? 0, text));
    }
    if (!constraint.topologyKey) {
      errors.push(fieldRequired(`${at}.topologyKey`, 'can not be empty'));
    } else checkFormat(errors, constraint.topologyKey, `${at}.topologyKey`, labelKeyErrors);
    checkOneOf(errors, constraint.whenUnsatisfiable, `${at}.whenUnsatisfiable`, [
      'DoNotSchedule',
      'ScheduleAnyway',
    ]);
    const pair = `{${constraint.topologyKey}, ${constraint.whenUnsatisfiable}}`;
    if (seen.has(pair)) errors.push(fieldDuplicate(`${at}.{topologyKey, whenUnsatisfiable}`, pair));
    seen.add(pair);
    if (constraint.minDomains !== undefined) {
      if (constraint.minDomains <= 0) {
        const text = 'must be greater than zero';
        errors.push(fieldInvalid(`${at}.minDomains`, constraint.minDomains, text));
      }
      if (constraint.whenUnsatisfiable !== 'DoNotSchedule') {
        const text = `can only use minDomains if whenUnsatisfiable=DoNotSchedule, not ${constraint.whenUnsatisfiable}`;
        errors.push(fieldInvalid(`${at}.minDomains`, constraint.minDomains, text));
      }
    }
    for (const field of ['nodeAffinityPolicy', 'nodeTaintsPolicy']) {
      checkOptionalOneOf(errors, constraint[field], `${at}.${field}`, ['Honor', 'Ignore']);
    }
    checkLabelSelector(errors, constraint.labelSelector, `${at}.labelSelector`);
  }
}
