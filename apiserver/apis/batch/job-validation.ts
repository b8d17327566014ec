import {
  fieldInvalid,
  fieldNotSupported,
  fieldRequired,
  fieldTooLong,
} from '../../../object/field-error.ts';
import { dns1123LabelErrors, dns1123SubdomainErrors } from '../../../object/name.ts';
import type { KubeObject } from '../../../object/object.ts';
import type { StatusCause } from '../../../object/status-error.ts';
import { labelSelectorFromObject, matches } from '../../../object/selector.ts';
import { type PodAllowances, workloadAllowances } from '../core/pod-allowances.ts';
import { checkPodTemplate } from '../core/pod-template-validation.ts';
import { checkFormat, checkNonNegative, checkOptionalOneOf, type Errors } from '../field-check.ts';
import { internalForm } from '../internal-form.ts';
import type { Plain } from '../plain.ts';
import { checkLabelSelector } from '../selector-validation.ts';
import { checkFailurePolicy, checkSuccessPolicy } from './job-policy-validation.ts';
import { checkGeneratedSelector } from './job-selector.ts';

/** Jobs and the Jobs that CronJobs make (pkg/apis/batch/validation). */

export function validateJob(job: KubeObject, old?: KubeObject): StatusCause[] {
  const errors: Errors = [];
  const { spec, metadata } = job;
  checkGeneratedSelector(errors, job, old);
  errors.push(...validateJobSpec(job, old));
  if (spec.completionMode === 'Indexed' && spec.completions > 0) {
    // The last of the pods has the longest name.
    const host = `${metadata.name ?? ''}-${spec.completions - 1}`;
    if (dns1123LabelErrors(host).length > 0) {
      const text = `will not able to create pod with invalid DNS label: ${host}`;
      errors.push(fieldInvalid('metadata.name', metadata.name ?? '', text));
    }
  }
  return errors;
}

/** ValidateJobSpec, which upstream asks twice on an update. */
export function validateJobSpec({ spec }: KubeObject, old?: KubeObject): StatusCause[] {
  const errors: Errors = [];
  const allow = workloadAllowances(old?.spec);
  checkJobSpec(errors, spec, 'spec', allow);
  if (spec.selector === undefined) errors.push(fieldRequired('spec.selector'));
  else {
    const anyValue = allow.anyAffinityValue;
    checkLabelSelector(errors, spec.selector, 'spec.selector', { anyValue });
  }
  checkSelected(errors, spec);
  return errors;
}

/** No selector selects nothing. */
function checkSelected(errors: Errors, spec: Plain): void {
  const labels: Record<string, string> | undefined = spec.template?.metadata?.labels;
  try {
    if (spec.selector && matches(labelSelectorFromObject(spec.selector), labels ?? {})) return;
  } catch {
    // A malformed selector has its own errors.
    return;
  }
  const text = '`selector` does not match template `labels`';
  errors.push(fieldInvalid('spec.template.metadata.labels', labels ?? null, text));
}

/** A CronJob's template: its selector is made when a Job is. */
export function checkJobTemplate(
  errors: Errors,
  spec: Plain,
  path: string,
  allow: PodAllowances,
): void {
  checkJobSpec(errors, spec, path, allow);
  if (spec.selector !== undefined) {
    const text = '`selector` will be auto-generated';
    errors.push(fieldInvalid(`${path}.selector`, spec.selector, text));
  }
  if (spec.manualSelector === true) {
    errors.push(fieldNotSupported(`${path}.manualSelector`, true, ['nil', 'false']));
  }
}

const counts = [
  'parallelism',
  'completions',
  'activeDeadlineSeconds',
  'backoffLimit',
  'ttlSecondsAfterFinished',
  'backoffLimitPerIndex',
  'maxFailedIndexes',
];

function checkJobSpec(errors: Errors, spec: Plain, path: string, allow: PodAllowances): void {
  for (const field of counts) checkNonNegative(errors, spec[field], `${path}.${field}`);
  if (spec.maxFailedIndexes !== undefined && spec.backoffLimitPerIndex === undefined) {
    const text = 'when maxFailedIndexes is specified';
    errors.push(fieldRequired(`${path}.backoffLimitPerIndex`, text));
  }
  if (spec.managedBy !== undefined) checkManager(errors, spec.managedBy, `${path}.managedBy`);
  checkCompletionMode(errors, spec, path);
  if (spec.podFailurePolicy) checkFailurePolicy(errors, spec, `${path}.podFailurePolicy`);
  if (spec.successPolicy) {
    const at = `${path}.successPolicy`;
    if (spec.completionMode === 'Indexed') checkSuccessPolicy(errors, spec, at);
    else {
      const shown = internalForm('SuccessPolicy', spec.successPolicy);
      errors.push(fieldInvalid(at, shown, 'requires indexed completion mode'));
    }
  }
  const replacement = spec.podFailurePolicy ? ['Failed'] : ['Failed', 'TerminatingOrFailed'];
  const replacing = `${path}.podReplacementPolicy`;
  checkOptionalOneOf(errors, spec.podReplacementPolicy, replacing, replacement);
  checkPodTemplate(errors, spec.template, `${path}.template`, undefined, allow);
  checkRestartPolicy(errors, spec, `${path}.template.spec.restartPolicy`);
}

function checkRestartPolicy(errors: Errors, spec: Plain, path: string): void {
  const policy: string = spec.template?.spec?.restartPolicy ?? '';
  if (policy === '' || policy === 'Always') {
    errors.push(fieldRequired(path, 'valid values: "OnFailure", "Never"'));
  } else if (policy !== 'OnFailure' && policy !== 'Never') {
    errors.push(fieldNotSupported(path, policy, ['OnFailure', 'Never']));
  } else if (spec.podFailurePolicy && policy !== 'Never') {
    const text = 'only "Never" is supported when podFailurePolicy is specified';
    errors.push(fieldInvalid(path, policy, text));
  }
}

const maxManager = 63;
const pathFormat = "[A-Za-z0-9/\\-._~%!$&'()*+,;=:]+";

/** `domain/path` (apimachinery IsDomainPrefixedPath). */
function checkManager(errors: Errors, name: string, path: string): void {
  const slash = name.indexOf('/');
  const [host, rest] = [name.slice(0, Math.max(slash, 0)), name.slice(slash + 1)];
  if (name === '') errors.push(fieldRequired(path));
  else if (host === '' || rest === '') {
    const text = 'must be a domain-prefixed path (such as "acme.io/foo")';
    errors.push(fieldInvalid(path, name, text));
  } else {
    checkFormat(errors, host, path, dns1123SubdomainErrors);
    if (!new RegExp(`^${pathFormat}$`).test(rest)) {
      const text = `Invalid path (regex used for validation is '${pathFormat}')`;
      errors.push(fieldInvalid(path, rest, text));
    }
  }
  if (name.length > maxManager) errors.push(fieldTooLong(path, maxManager));
}

/** Bounds on what can be tracked index by index (KEP-3850). */
const most = 100_000;
const mostOfMany = 10_000;

function checkCompletionMode(errors: Errors, spec: Plain, path: string): void {
  const { completionMode: mode = 'NonIndexed', completions, maxFailedIndexes } = spec;
  if (mode === 'Indexed') {
    checkIndexed(errors, spec, path);
  } else if (mode === 'NonIndexed') {
    const text = 'requires indexed completion mode';
    for (const [field, value] of Object.entries({
      backoffLimitPerIndex: spec.backoffLimitPerIndex,
      maxFailedIndexes,
    })) {
      if (value !== undefined) errors.push(fieldInvalid(`${path}.${field}`, value, text));
    }
  } else {
    errors.push(fieldNotSupported(`${path}.completionMode`, mode, ['NonIndexed', 'Indexed']));
  }
  if (mode !== 'Indexed' || !(completions > most) || spec.backoffLimitPerIndex === undefined) {
    return;
  }
  if (maxFailedIndexes === undefined) {
    const text = `must be specified when completions is above ${most}`;
    errors.push(fieldRequired(`${path}.maxFailedIndexes`, text));
  }
  const text = `must be less than or equal to ${mostOfMany} when completions are above ${most} and used with backoff limit per index`;
  for (const field of ['parallelism', 'maxFailedIndexes']) {
    if (spec[field] > mostOfMany) errors.push(fieldInvalid(`${path}.${field}`, spec[field], text));
  }
}

function checkIndexed(errors: Errors, spec: Plain, path: string): void {
  const { completions, parallelism, maxFailedIndexes: failed } = spec;
  if (completions === undefined) {
    errors.push(fieldRequired(`${path}.completions`, 'when completion mode is Indexed'));
  }
  if (parallelism > most) {
    const text = `must be less than or equal to ${most} when completion mode is Indexed`;
    errors.push(fieldInvalid(`${path}.parallelism`, parallelism, text));
  }
  const at = `${path}.maxFailedIndexes`;
  if (completions !== undefined && failed > completions) {
    errors.push(fieldInvalid(at, failed, 'must be less than or equal to completions'));
  }
  if (failed > most) {
    errors.push(fieldInvalid(at, failed, `must be less than or equal to ${most}`));
  }
}
