import { fieldForbidden, fieldInvalid, fieldRequired } from '../../../object/field-error.ts';
import { pathSegmentErrors } from '../../../object/name.ts';
import type { KubeObject } from '../../../object/object.ts';
import type { StatusCause } from '../../../object/status-error.ts';
import { checkName, checkNonNegative, type Errors } from '../field-check.ts';
import type { Plain } from '../plain.ts';
import { toStoredAutoscaler } from './autoscaler-versions.ts';
import { checkMetric, groupVersionProblem } from './metric-validation.ts';
import { checkScalingRules } from './scaling-rules-validation.ts';

/** pkg/apis/autoscaling/validation; `old` is undefined for a new object. */
export function validateAutoscaler(object: KubeObject, old: KubeObject | undefined): StatusCause[] {
  const errors: Errors = [];
  const { spec } = toStoredAutoscaler(object);
  // HPAScaleToZero is off: nothing but what is at zero already may stay there.
  const least = old?.spec.minReplicas === 0 ? 0 : 1;
  if (spec.minReplicas !== undefined && spec.minReplicas < least) {
    const text = `must be greater than or equal to ${least}`;
    errors.push(fieldInvalid('spec.minReplicas', spec.minReplicas, text));
  }
  const most: number = spec.maxReplicas ?? 0;
  if (most === 0) {
    errors.push(fieldRequired('spec.maxReplicas', 'must be set and greater than 0'));
  } else if (most < 0) {
    const text = 'must be greater than or equal to 1';
    errors.push(fieldInvalid('spec.maxReplicas', most, text));
  }
  if (spec.minReplicas !== undefined && most < spec.minReplicas) {
    const text = 'must be greater than or equal to `minReplicas`';
    errors.push(fieldInvalid('spec.maxReplicas', most, text));
  }
  const target: Plain = spec.scaleTargetRef ?? {};
  for (const field of ['kind', 'name']) {
    checkName(errors, target[field], `spec.scaleTargetRef.${field}`, pathSegmentErrors);
  }
  const before: Plain = old === undefined ? {} : toStoredAutoscaler(old).spec;
  checkTargetVersion(errors, target, before.scaleTargetRef);
  const metrics: Plain[] = spec.metrics ?? [];
  const anyVersion = describesWrongVersion(before.metrics ?? []);
  for (const [i, metric] of metrics.entries()) {
    checkMetric(errors, metric, `spec.metrics[${i}]`, anyVersion);
  }
  const wakes = metrics.some(({ type }) => type === 'Object' || type === 'External');
  if (spec.minReplicas === 0 && !wakes) {
    const why =
      'must specify at least one Object or External metric to support scaling to zero replicas';
    errors.push(fieldForbidden('spec.metrics', why));
  }
  for (const direction of ['scaleUp', 'scaleDown']) {
    const rules = spec.behavior?.[direction];
    if (rules) checkScalingRules(errors, rules, `spec.behavior.${direction}`);
  }
  return errors;
}

/**
 * What is scaled has a group; of the legacy group a ReplicationController alone can be. A stored target
 * may stay what it is.
 */
function checkTargetVersion(errors: Errors, target: Plain, before: Plain | undefined): void {
  const { apiVersion = '', kind } = target;
  if (before !== undefined && (before.apiVersion ?? '') === apiVersion && before.kind === kind) {
    return;
  }
  const problem = groupVersionProblem(apiVersion);
  const path = 'spec.scaleTargetRef.apiVersion';
  if (problem !== undefined) errors.push(fieldInvalid(path, apiVersion, problem));
  else if (!/^[^/]+\//.test(apiVersion) && kind !== 'ReplicationController') {
    errors.push(fieldInvalid(path, apiVersion, 'apiVersion must specify API group'));
  }
}

function describesWrongVersion(metrics: Plain[]): boolean {
  return metrics.some(
    ({ type, object }) =>
      type === 'Object' &&
      groupVersionProblem(object?.describedObject?.apiVersion ?? '') !== undefined,
  );
}

export function validateAutoscalerStatus({ status }: KubeObject): StatusCause[] {
  const errors: Errors = [];
  for (const field of ['currentReplicas', 'desiredReplicas']) {
    checkNonNegative(errors, status?.[field], `status.${field}`);
  }
  return errors;
}
