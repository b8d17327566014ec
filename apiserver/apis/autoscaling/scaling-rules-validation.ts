import { fieldInvalid, fieldNotSupported, fieldRequired } from '../../../object/field-error.ts';
import { isNegative } from '../core/resources-validation.ts';
import { checkOptionalOneOf, type Errors } from '../field-check.ts';
import type { Plain } from '../plain.ts';

/** How fast an autoscaler may move (pkg/apis/autoscaling/validation, validateScalingRules). */

const longestWindow = 3600;
const longestPeriod = 1800;

export function checkScalingRules(errors: Errors, rules: Plain, path: string): void {
  const window = rules.stabilizationWindowSeconds;
  const at = `${path}.stabilizationWindowSeconds`;
  if (window < 0) {
    errors.push(fieldInvalid(at, window, 'must be greater than or equal to zero'));
  }
  if (window > longestWindow) {
    errors.push(fieldInvalid(at, window, `must be less than or equal to ${longestWindow}`));
  }
  const choices = ['Disabled', 'Max', 'Min'];
  checkOptionalOneOf(errors, rules.selectPolicy, `${path}.selectPolicy`, choices);
  const policies: Plain[] = rules.policies ?? [];
  if (policies.length === 0) {
    errors.push(fieldRequired(`${path}.policies`, 'must specify at least one Policy'));
  }
  for (const [i, policy] of policies.entries()) {
    checkPolicy(errors, policy, `${path}.policies[${i}]`);
  }
  if (isNegative(rules.tolerance)) {
    const text = 'must be greater than or equal to 0';
    errors.push(fieldInvalid(`${path}.tolerance`, rules.tolerance, text));
  }
}

function checkPolicy(errors: Errors, policy: Plain, path: string): void {
  const types = ['Percent', 'Pods'];
  if (!types.includes(policy.type)) {
    errors.push(fieldNotSupported(`${path}.type`, policy.type ?? '', types));
  }
  for (const field of ['value', 'periodSeconds']) {
    const value: number = policy[field] ?? 0;
    if (value <= 0)
      errors.push(fieldInvalid(`${path}.${field}`, value, 'must be greater than zero'));
  }
  if (policy.periodSeconds > longestPeriod) {
    const text = `must be less than or equal to ${longestPeriod}`;
    errors.push(fieldInvalid(`${path}.periodSeconds`, policy.periodSeconds, text));
  }
}
