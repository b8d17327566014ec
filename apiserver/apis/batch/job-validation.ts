import { semanticEqual } from '../../../object/equal.ts';
import { fieldInvalid, fieldNotSupported, fieldRequired } from '../../../object/field-error.ts';
import type { KubeObject } from '../../../object/object.ts';
import type { StatusCause } from '../../../object/status-error.ts';
import { checkMatchesTemplate } from '../apps/workload.ts';
import { checkPodTemplate } from '../core/pod-template-validation.ts';
import {
  checkImmutable,
  checkNonNegative,
  checkOneOf,
  checkOptionalOneOf,
  type Errors,
} from '../field-check.ts';
import type { Plain } from '../plain.ts';
import { checkLabelSelector } from '../selector-validation.ts';
import { checkGeneratedSelector } from './job-selector.ts';

/** Jobs and the Jobs that CronJobs make (pkg/apis/batch/validation). */

const counts = [
  'parallelism',
  'completions',
  'activeDeadlineSeconds',
  'backoffLimit',
  'ttlSecondsAfterFinished',
  'backoffLimitPerIndex',
  'maxFailedIndexes',
];

export function validateJob(job: KubeObject): StatusCause[] {
  const errors: Errors = [];
  const { spec } = job;
  checkGeneratedSelector(errors, job);
  checkJobSpec(errors, spec, 'spec');
  if (spec.selector === undefined) errors.push(fieldRequired('spec.selector'));
  else checkLabelSelector(errors, spec.selector, 'spec.selector');
  checkMatchesTemplate(errors, spec);
  return errors;
}

/** A CronJob's template: its selector is made when a Job is. */
export function checkJobTemplate(errors: Errors, spec: Plain, path: string): void {
  checkJobSpec(errors, spec, path);
  if (spec.selector !== undefined) {
    const text = '`selector` will be auto-generated';
    errors.push(fieldInvalid(`${path}.selector`, spec.selector, text));
  }
  if (spec.manualSelector === true) {
    errors.push(fieldNotSupported(`${path}.manualSelector`, true, ['nil', 'false']));
  }
}

function checkJobSpec(errors: Errors, spec: Plain, path: string): void {
  for (const field of counts) checkNonNegative(errors, spec[field], `${path}.${field}`);
  checkIndexed(errors, spec, path);
  checkOptionalOneOf(errors, spec.podReplacementPolicy, `${path}.podReplacementPolicy`, [
    'Failed',
    'TerminatingOrFailed',
  ]);
  if (spec.podFailurePolicy !== undefined) checkFailurePolicy(errors, spec, path);
  checkPodTemplate(errors, spec.template, `${path}.template`);
  const policy = spec.template?.spec?.restartPolicy;
  const at = `${path}.template.spec.restartPolicy`;
  if (policy === 'Always') {
    errors.push(fieldRequired(at, 'valid values: "OnFailure", "Never"'));
  } else if (policy !== undefined && policy !== 'OnFailure' && policy !== 'Never') {
    errors.push(fieldNotSupported(at, policy, ['OnFailure', 'Never']));
  }
}

function checkIndexed(errors: Errors, spec: Plain, path: string): void {
  const mode = spec.completionMode;
  if (mode === undefined) return;
  if (mode !== 'NonIndexed' && mode !== 'Indexed') {
    errors.push(fieldNotSupported(`${path}.completionMode`, mode, ['NonIndexed', 'Indexed']));
    return;
  }
  if (mode === 'NonIndexed') {
    if (spec.backoffLimitPerIndex !== undefined) {
      const text = 'requires indexed completion mode';
      errors.push(fieldInvalid(`${path}.backoffLimitPerIndex`, spec.backoffLimitPerIndex, text));
    }
    return;
  }
  if (spec.completions === undefined) {
    const text = 'when completion mode is Indexed';
    errors.push(fieldRequired(`${path}.completions`, text));
  }
  if (spec.parallelism > 100_000) {
    const text = 'must be less than or equal to 100000 when completion mode is Indexed';
    errors.push(fieldInvalid(`${path}.parallelism`, spec.parallelism, text));
  }
}

function checkFailurePolicy(errors: Errors, spec: Plain, path: string): void {
  if (spec.template?.spec?.restartPolicy !== 'Never') {
    const text = 'only "Never" is supported when podFailurePolicy is specified';
    const at = `${path}.template.spec.restartPolicy`;
    errors.push(fieldInvalid(at, spec.template?.spec?.restartPolicy, text));
  }
  const rules: Plain[] = spec.podFailurePolicy.rules ?? [];
  for (const [i, rule] of rules.entries()) {
    const at = `${path}.podFailurePolicy.rules[${i}]`;
    const actions = ['Count', 'FailIndex', 'FailJob', 'Ignore'];
    checkOneOf(errors, rule.action, `${at}.action`, actions);
    const onExit = rule.onExitCodes !== undefined;
    const onConditions = (rule.onPodConditions ?? []).length > 0;
    if (onExit && onConditions) {
      const text = 'specifying both OnExitCodes and OnPodConditions is not supported';
      errors.push(fieldInvalid(at, rule, text));
    } else if (!onExit && !onConditions) {
      const text = 'specifying one of OnExitCodes and OnPodConditions is required';
      errors.push(fieldInvalid(at, rule, text));
    }
  }
}

const immutable = [
  'selector',
  'completionMode',
  'podFailurePolicy',
  'backoffLimitPerIndex',
  'managedBy',
  'successPolicy',
];

export function validateJobUpdate(next: KubeObject, old: KubeObject): StatusCause[] {
  const errors: Errors = [];
  for (const field of immutable) {
    checkImmutable(errors, next.spec[field], old.spec[field], `spec.${field}`);
  }
  checkCompletions(errors, next.spec, old.spec);
  const template = mutableParts(next, old);
  if (!semanticEqual(template, old.spec.template)) {
    errors.push(fieldInvalid('spec.template', next.spec.template, 'field is immutable'));
  }
  return errors;
}

/** An indexed Job may change its size as long as both numbers move together (KEP-3715). */
function checkCompletions(errors: Errors, next: Plain, old: Plain): void {
  if (next.completions === old.completions) return;
  const elastic = old.completionMode === 'Indexed';
  if (elastic && next.completions !== undefined && next.completions === next.parallelism) return;
  const text = elastic
    ? 'can only be modified in tandem with spec.parallelism such that spec.completions == spec.parallelism'
    : 'field is immutable';
  errors.push(fieldInvalid('spec.completions', next.completions ?? null, text));
}

/** A suspended Job that never ran may still be placed elsewhere (KEP-2926). */
function mutableParts(next: KubeObject, old: KubeObject): Plain {
  const template: Plain = next.spec.template ?? {};
  if (old.spec.suspend !== true || old.status?.startTime) return template;
  const before: Plain = old.spec.template ?? {};
  const spec = { ...template.spec };
  for (const field of ['nodeSelector', 'affinity', 'tolerations', 'schedulingGates']) {
    spec[field] = before.spec?.[field];
  }
  const metadata = { ...template.metadata };
  metadata.annotations = before.metadata?.annotations;
  metadata.labels = before.metadata?.labels;
  return { ...template, metadata, spec };
}

export function validateJobStatus(next: KubeObject, old: KubeObject): StatusCause[] {
  const errors: Errors = [];
  const status: Plain = next.status ?? {};
  for (const field of ['active', 'succeeded', 'failed', 'ready', 'terminating']) {
    checkNonNegative(errors, status[field], `status.${field}`);
  }
  const holds = (s: Plain | undefined, type: string) =>
    (s?.conditions ?? []).some((c: Plain) => c.type === type && c.status === 'True');
  if (holds(status, 'Complete') && holds(status, 'Failed')) {
    const text = 'cannot set Complete=True and Failed=true conditions';
    errors.push(fieldInvalid('status.conditions', status.conditions, text));
  }
  for (const type of ['Complete', 'Failed']) {
    if (holds(old.status, type) && !holds(status, type)) {
      const text = `cannot disable the terminal ${type}=True condition`;
      errors.push(fieldInvalid('status.conditions', status.conditions ?? null, text));
    }
  }
  return errors;
}
