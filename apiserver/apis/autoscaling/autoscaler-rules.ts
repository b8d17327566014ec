import { fieldForbidden, fieldInvalid, fieldRequired } from '../../../object/field-error.ts';
import { pathSegmentErrors } from '../../../object/name.ts';
import type { KubeObject } from '../../../object/object.ts';
import type { StatusCause } from '../../../object/status-error.ts';
import {
  checkName,
  checkNonNegative,
  checkOneOf,
  checkPositive,
  type Errors,
} from '../field-check.ts';
import { type Plain, setDefaults } from '../plain.ts';
import { toStoredAutoscaler } from './autoscaler-versions.ts';

/** Defaults and rules of HorizontalPodAutoscalers (pkg/apis/autoscaling: v2 defaults, validation). */

const scaleUpRules = {
  stabilizationWindowSeconds: 0,
  selectPolicy: 'Max',
  policies: [
    { type: 'Pods', value: 4, periodSeconds: 15 },
    { type: 'Percent', value: 100, periodSeconds: 15 },
  ],
};
const scaleDownRules = {
  selectPolicy: 'Max',
  policies: [{ type: 'Percent', value: 100, periodSeconds: 15 }],
};

export function defaultAutoscaler(autoscaler: KubeObject): void {
  autoscaler.spec ??= {};
  autoscaler.status ??= {};
  autoscaler.spec.minReplicas ??= 1;
  if (autoscaler.apiVersion === 'autoscaling/v1') {
    setDefaults(autoscaler.status, { currentReplicas: 0, desiredReplicas: 0 });
    return;
  }
  const { spec, status } = autoscaler;
  setDefaults(status, { desiredReplicas: 0, currentMetrics: null });
  if ((spec.metrics ?? []).length === 0) {
    const target = { type: 'Utilization', averageUtilization: 80 };
    spec.metrics = [{ type: 'Resource', resource: { name: 'cpu', target } }];
  }
  if (spec.behavior === undefined) return;
  spec.behavior.scaleUp = { ...structuredClone(scaleUpRules), ...spec.behavior.scaleUp };
  spec.behavior.scaleDown = { ...structuredClone(scaleDownRules), ...spec.behavior.scaleDown };
}

export function validateAutoscaler(autoscaler: KubeObject): StatusCause[] {
  const errors: Errors = [];
  const { spec } = toStoredAutoscaler(autoscaler);
  const needsMetric = (spec.metrics ?? []).some(
    (m: Plain) => m.type === 'Object' || m.type === 'External',
  );
  const least = needsMetric ? 0 : 1;
  if (spec.minReplicas !== undefined && spec.minReplicas < least) {
    const text = `must be greater than or equal to ${least}`;
    errors.push(fieldInvalid('spec.minReplicas', spec.minReplicas, text));
  }
  const most: number = spec.maxReplicas ?? 0;
  if (most < 1) errors.push(fieldInvalid('spec.maxReplicas', most, 'must be greater than 0'));
  if (spec.minReplicas !== undefined && most < spec.minReplicas) {
    const text = 'must be greater than or equal to `minReplicas`';
    errors.push(fieldInvalid('spec.maxReplicas', most, text));
  }
  for (const field of ['kind', 'name']) {
    checkName(
      errors,
      spec.scaleTargetRef?.[field],
      `spec.scaleTargetRef.${field}`,
      pathSegmentErrors,
    );
  }
  for (const [i, metric] of (spec.metrics ?? []).entries()) {
    checkMetric(errors, metric, `spec.metrics[${i}]`);
  }
  for (const direction of ['scaleUp', 'scaleDown']) {
    const rules = spec.behavior?.[direction];
    if (rules !== undefined) checkRules(errors, rules, `spec.behavior.${direction}`);
  }
  return errors;
}

const sources: Record<string, string> = {
  Object: 'object',
  Pods: 'pods',
  Resource: 'resource',
  External: 'external',
  ContainerResource: 'containerResource',
};

function checkMetric(errors: Errors, metric: Plain, path: string): void {
  const types = ['ContainerResource', 'External', 'Object', 'Pods', 'Resource'];
  checkOneOf(errors, metric.type, `${path}.type`, types);
  const field = sources[metric.type];
  if (field === undefined) return;
  const source = metric[field];
  if (source === undefined) {
    const text = `must populate information for the given metric source`;
    errors.push(fieldRequired(`${path}.${field}`, text));
    return;
  }
  for (const other of Object.values(sources)) {
    if (other === field || metric[other] === undefined) continue;
    const why = 'must populate the given metric source only';
    errors.push(fieldForbidden(`${path}.${other}`, why));
  }
  const at = `${path}.${field}`;
  if (field === 'resource' || field === 'containerResource') {
    if (!source.name) errors.push(fieldRequired(`${at}.name`, 'must specify a resource name'));
  } else if (!source.metric?.name) {
    errors.push(fieldRequired(`${at}.metric.name`, 'must specify a metric name'));
  }
  checkTarget(errors, source.target ?? {}, `${at}.target`);
}

function checkTarget(errors: Errors, target: Plain, path: string): void {
  const types = ['AverageValue', 'Utilization', 'Value'];
  checkOneOf(errors, target.type, `${path}.type`, types);
  checkPositive(errors, target.averageUtilization, `${path}.averageUtilization`);
  const values = ['value', 'averageValue', 'averageUtilization'];
  if (values.every((field) => target[field] === undefined)) {
    const text = 'must set either a target value or a target average';
    errors.push(fieldRequired(`${path}.averageValue`, text));
  }
}

const stabilisationMax = 3600;
const periodMax = 1800;

function checkRules(errors: Errors, rules: Plain, path: string): void {
  const window = rules.stabilizationWindowSeconds;
  checkNonNegative(errors, window, `${path}.stabilizationWindowSeconds`);
  if (window > stabilisationMax) {
    const text = `must be less than or equal to ${stabilisationMax}`;
    errors.push(fieldInvalid(`${path}.stabilizationWindowSeconds`, window, text));
  }
  checkOneOf(errors, rules.selectPolicy, `${path}.selectPolicy`, ['Disabled', 'Max', 'Min']);
  const policies: Plain[] = rules.policies ?? [];
  if (policies.length === 0) {
    errors.push(fieldRequired(`${path}.policies`, 'must specify at least one Policy'));
  }
  for (const [i, policy] of policies.entries()) {
    const at = `${path}.policies[${i}]`;
    checkOneOf(errors, policy.type, `${at}.type`, ['Percent', 'Pods']);
    checkPositive(errors, policy.value, `${at}.value`);
    checkPositive(errors, policy.periodSeconds, `${at}.periodSeconds`);
    if (policy.periodSeconds > periodMax) {
      const text = `must be less than or equal to ${periodMax}`;
      errors.push(fieldInvalid(`${at}.periodSeconds`, policy.periodSeconds, text));
    }
  }
}

export function validateAutoscalerStatus({ status }: KubeObject): StatusCause[] {
  const errors: Errors = [];
  for (const field of ['currentReplicas', 'desiredReplicas']) {
    checkNonNegative(errors, status?.[field], `status.${field}`);
  }
  return errors;
}
