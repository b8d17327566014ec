import {
  fieldDuplicate,
  fieldInvalid,
  fieldNotSupported,
  fieldRequired,
  fieldTooMany,
} from '../../../object/field-error.ts';
import type { Errors } from '../field-check.ts';
import type { Plain } from '../plain.ts';

/** When one container of a pod is restarted: its policy, its rules, and after which resize (KEP-5307, KEP-1287). */

const policies = ['Always', 'Never', 'OnFailure'];
const actions = ['Restart', 'RestartAllContainers'];
const rulesMax = 20;
const exitCodesMax = 255;

export function checkRestartPolicy(errors: Errors, container: Plain, path: string): void {
  const { restartPolicy: policy, restartPolicyRules: rules = [] } = container;
  const at = `${path}.restartPolicy`;
  if (policy !== undefined) {
    if (!policies.includes(policy)) errors.push(fieldNotSupported(at, policy, policies));
  } else if (rules.length > 0) {
    errors.push(fieldRequired(at, 'must specify restartPolicy when restart rules are used'));
  }
  const rulesPath = `${path}.restartPolicyRules`;
  if (rules.length > rulesMax) errors.push(fieldTooMany(rulesPath, rules.length, rulesMax));
  for (const [i, rule] of (rules as Plain[]).entries())
    checkRule(errors, rule, `${rulesPath}[${i}]`);
}

function checkRule(errors: Errors, { action = '', exitCodes }: Plain, path: string): void {
  if (!actions.includes(action)) {
    errors.push(fieldNotSupported(`${path}.action`, action, actions));
  }
  const at = `${path}.exitCodes`;
  if (exitCodes === undefined) {
    errors.push(fieldRequired(at, 'must be specified'));
    return;
  }
  const operator: string = exitCodes.operator ?? '';
  const operators = ['In', 'NotIn'];
  if (!operators.includes(operator)) {
    errors.push(fieldNotSupported(`${at}.operator`, operator, operators));
  }
  const count: number = (exitCodes.values ?? []).length;
  if (count > exitCodesMax) errors.push(fieldTooMany(`${at}.values`, count, exitCodesMax));
}

const resizable = ['cpu', 'memory'];
const resizeRestarts = ['NotRequired', 'RestartContainer'];

export function checkResizePolicy(
  errors: Errors,
  list: readonly Plain[],
  path: string,
  podRestartPolicy: string,
): void {
  const seen = new Set<string>();
  for (const [i, { resourceName = '', restartPolicy = '' }] of list.entries()) {
    if (seen.has(resourceName)) errors.push(fieldDuplicate(`${path}[${i}]`, resourceName));
    seen.add(resourceName);
    checkChoice(errors, resourceName, path, resizable);
    checkChoice(errors, restartPolicy, path, resizeRestarts);
    if (podRestartPolicy === 'Never' && restartPolicy !== 'NotRequired') {
      const text = "must be 'NotRequired' when `restartPolicy` is 'Never'";
      errors.push(fieldInvalid(path, restartPolicy, text));
    }
  }
}

function checkChoice(
  errors: Errors,
  value: string,
  path: string,
  supported: readonly string[],
): void {
  if (value === '') errors.push(fieldRequired(path));
  else if (!supported.includes(value)) errors.push(fieldNotSupported(path, value, supported));
}
