import { semanticEqual } from '../../../object/equal.ts';
import {
  fieldDuplicate,
  fieldInvalid,
  fieldInvalidWhole,
  fieldRequired,
} from '../../../object/field-error.ts';
import type { KubeObject } from '../../../object/object.ts';
import type { StatusCause } from '../../../object/status-error.ts';
import { checkNonNegative, type Errors, immutableMessage } from '../field-check.ts';
import type { Plain } from '../plain.ts';
import { countIndexes, firstCommonIndex } from './job-indexes.ts';

/**
 * What the controller of a Job, ours or another (KEP-4368), may say of it (validateJobStatus and
 * ValidateJobStatusUpdate). Most rules look only at what the update changed, as the strategy asks.
 */
export function validateJobStatus(next: KubeObject, old: KubeObject): StatusCause[] {
  const errors: Errors = [];
  const before: Plain = old.status ?? {};
  const status: Plain = next.status ?? {};
  const at: Change = {
    errors,
    spec: next.spec ?? {},
    status,
    before,
    changed: (...fields) => fields.some((field) => !semanticEqual(status[field], before[field])),
    turned: (...types) => types.some((type) => holds(status, type) !== holds(before, type)),
  };
  for (const field of ['active', 'succeeded', 'failed', 'ready', 'terminating']) {
    checkNonNegative(errors, status[field], `status.${field}`);
  }
  checkUncounted(errors, status.uncountedTerminatedPods ?? {});
  checkEnd(at);
  checkFinished(at);
  checkIndexes(at);
  checkSuccess(at);
  checkProgress(at);
  return errors;
}

interface Change {
  errors: Errors;
  spec: Plain;
  status: Plain;
  before: Plain;
  changed(...fields: string[]): boolean;
  /** Whether a condition came or went. */
  turned(...types: string[]): boolean;
}

function holds(status: Plain, type: string): boolean {
  return (status.conditions ?? []).some((c: Plain) => c.type === type && c.status === 'True');
}

function isFinished(status: Plain): boolean {
  return holds(status, 'Complete') || holds(status, 'Failed');
}

function wrongConditions(errors: Errors, text: string): void {
  errors.push(fieldInvalidWhole('status.conditions', text));
}

function checkUncounted(errors: Errors, pods: Plain): void {
  const seen = new Set<string>();
  for (const field of ['succeeded', 'failed']) {
    for (const [i, uid] of (pods[field] ?? []).entries()) {
      const path = `status.uncountedTerminatedPods.${field}[${i}]`;
      if (uid === '') errors.push(fieldInvalid(path, uid, 'must not be empty'));
      else if (seen.has(uid)) errors.push(fieldDuplicate(path, uid));
      seen.add(uid);
    }
  }
}

/** How a Job ended: one way, at a time, and by way of the interim condition (KEP-3939). */
function checkEnd({ errors, status, changed, turned }: Change): void {
  const complete = holds(status, 'Complete');
  const { completionTime, startTime } = status;
  if (turned('Complete', 'Failed') && complete && holds(status, 'Failed')) {
    wrongConditions(errors, 'cannot set Complete=True and Failed=true conditions');
  }
  if (turned('Complete', 'FailureTarget') && complete && holds(status, 'FailureTarget')) {
    wrongConditions(errors, 'cannot set Complete=True and FailureTarget=true conditions');
  }
  const path = 'status.completionTime';
  if (turned('Complete') || changed('completionTime')) {
    if (completionTime && !complete) {
      const text = 'cannot set completionTime when there is no Complete=True condition';
      errors.push(fieldInvalid(path, completionTime, text));
    }
    if (!completionTime && complete) {
      errors.push(fieldRequired(path, 'completionTime is required for Complete jobs'));
    }
  }
  if (changed('startTime', 'completionTime') && startTime && completionTime) {
    if (Date.parse(completionTime) < Date.parse(startTime)) {
      const text = 'must be equal to or after `startTime`';
      errors.push(fieldInvalid(path, completionTime, text));
    }
  }
  for (const [end, interim] of [
    ['Failed', 'FailureTarget'],
    ['Complete', 'SuccessCriteriaMet'],
  ] as const) {
    if (!turned(end, interim) || !holds(status, end) || holds(status, interim)) continue;
    const text = `cannot set ${end}=True condition without the ${interim}=true condition`;
    wrongConditions(errors, text);
  }
}

function checkFinished({ errors, status, before, changed }: Change): void {
  if (!isFinished(status)) return;
  const just = !isFinished(before);
  if ((just || changed('active')) && status.active > 0) {
    const text = 'active>0 is invalid for finished job';
    errors.push(fieldInvalid('status.active', status.active, text));
  }
  if ((just || changed('startTime')) && !status.startTime) {
    errors.push(fieldRequired('status.startTime', 'startTime is required for finished job'));
  }
  const { failed = [], succeeded = [] } = status.uncountedTerminatedPods ?? {};
  if ((just || changed('uncountedTerminatedPods')) && failed.length + succeeded.length > 0) {
    const text = 'must be empty for finished job';
    const path = 'status.uncountedTerminatedPods';
    errors.push(fieldInvalid(path, status.uncountedTerminatedPods, text));
  }
}

function checkIndexes({ errors, spec, status, changed }: Change): void {
  const { completions, backoffLimitPerIndex: perIndex } = spec;
  const { completedIndexes: completed = '', failedIndexes: failed } = status;
  const parse = (field: string, text: string): void => {
    const { problem } = countIndexes(text, completions);
    if (problem === undefined) return;
    errors.push(fieldInvalid(`status.${field}`, text, `error parsing ${field}: ${problem}`));
  };
  const counted = completions !== undefined;
  if (counted && changed('completedIndexes')) parse('completedIndexes', completed);
  if (counted && changed('failedIndexes') && perIndex !== undefined && failed !== undefined) {
    parse('failedIndexes', failed);
  }
  if (changed('completedIndexes') && completed !== '' && spec.completionMode !== 'Indexed') {
    const text = 'cannot set non-empty completedIndexes when non-indexed completion mode';
    errors.push(fieldInvalid('status.completedIndexes', completed, text));
  }
  if (failed === undefined) return;
  if (changed('failedIndexes') && perIndex === undefined) {
    const text = 'cannot set non-null failedIndexes when backoffLimitPerIndex is null';
    errors.push(fieldInvalid('status.failedIndexes', failed, text));
  }
  if (!counted || !changed('failedIndexes', 'completedIndexes')) return;
  const both = firstCommonIndex(completed, failed, completions);
  if (both === undefined) return;
  const text = `failedIndexes and completedIndexes overlap at index: ${both}`;
  errors.push(fieldInvalid('status.failedIndexes', failed, text));
}

function checkSuccess({ errors, spec, status, before, changed }: Change): void {
  const just = isFinished(status) !== isFinished(before);
  if ((just || changed('terminating')) && status.terminating > 0 && isFinished(status)) {
    const text = 'terminating>0 is invalid for finished job';
    errors.push(fieldInvalid('status.terminating', status.terminating, text));
  }
  if (changed('ready', 'active') && status.ready > (status.active ?? 0)) {
    const text = 'cannot set more ready pods than active';
    errors.push(fieldInvalid('status.ready', status.ready, text));
  }
  const met = holds(status, 'SuccessCriteriaMet');
  if (met && holds(status, 'Failed')) {
    wrongConditions(errors, 'cannot set SuccessCriteriaMet=True and Failed=true conditions');
  }
  if (met && holds(status, 'FailureTarget')) {
    wrongConditions(errors, 'cannot set SuccessCriteriaMet=True and FailureTarget=true conditions');
  }
  if (spec.successPolicy !== undefined && !met && holds(status, 'Complete')) {
    const text =
      'cannot set Complete=True for Job with SuccessPolicy unless SuccessCriteriaMet=True';
    wrongConditions(errors, text);
  }
}

/** What was said stays said. */
function checkProgress({ errors, spec, status, before, changed }: Change): void {
  for (const type of ['Failed', 'Complete', 'FailureTarget']) {
    if (!holds(before, type) || holds(status, type)) continue;
    wrongConditions(errors, `cannot disable the terminal ${type}=True condition`);
  }
  const fewer = (field: string) => (status[field] ?? 0) < (before[field] ?? 0);
  if (fewer('failed')) {
    errors.push(
      fieldInvalid('status.failed', status.failed ?? 0, 'cannot decrease the failed counter'),
    );
  }
  // An indexed Job that shrinks forgets what it no longer asks for.
  const elastic = spec.completionMode === 'Indexed' && spec.completions === spec.parallelism;
  if (!elastic && fewer('succeeded')) {
    const text = 'cannot decrease the succeeded counter';
    errors.push(fieldInvalid('status.succeeded', status.succeeded ?? 0, text));
  }
  if (status.completionTime && before.completionTime && changed('completionTime')) {
    const { completionTime } = status;
    errors.push(fieldInvalid('status.completionTime', completionTime, immutableMessage));
  }
  if (before.startTime && changed('startTime') && spec.suspend !== true) {
    const text = 'startTime cannot be removed for unsuspended job';
    errors.push(fieldRequired('status.startTime', text));
  }
  const [was, is] = [before, status].map((s) => holds(s, 'SuccessCriteriaMet'));
  if (was && !is) wrongConditions(errors, 'cannot disable the SuccessCriteriaMet=True condition');
  if (holds(before, 'Complete') && !was && is) {
    const text = 'cannot set SuccessCriteriaMet=True for Job already has Complete=true conditions';
    wrongConditions(errors, text);
  }
}
