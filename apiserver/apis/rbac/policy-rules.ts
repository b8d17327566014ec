import { fieldInvalid, fieldRequired } from '../../../object/field-error.ts';
import type { StatusCause } from '../../../object/status-error.ts';
import type { Errors } from '../field-check.ts';
import type { Plain } from '../plain.ts';

/** Rules of Roles and ClusterRoles (pkg/apis/rbac/validation ValidatePolicyRule). */
export function validatePolicyRules(
  rules: Plain[] | undefined | null,
  namespaced: boolean,
): StatusCause[] {
  const errors: Errors = [];
  for (const [i, rule] of (rules ?? []).entries())
    checkRule(errors, rule, `rules[${i}]`, namespaced);
  return errors;
}

function checkRule(errors: Errors, rule: Plain, path: string, namespaced: boolean): void {
  const { verbs, nonResourceURLs = [], apiGroups = [], resources = [], resourceNames = [] } = rule;
  if ((verbs ?? []).length === 0)
    errors.push(fieldRequired(`${path}.verbs`, 'verbs must contain at least one value'));
  if (nonResourceURLs.length > 0) {
    const at = `${path}.nonResourceURLs`;
    if (namespaced) {
      const text = 'namespaced rules cannot apply to non-resource URLs';
      errors.push(fieldInvalid(at, nonResourceURLs, text));
    }
    if (apiGroups.length + resources.length + resourceNames.length > 0) {
      const text = 'rules cannot apply to both regular resources and non-resource URLs';
      errors.push(fieldInvalid(at, nonResourceURLs, text));
    }
    return;
  }
  if (apiGroups.length === 0) {
    errors.push(
      fieldRequired(`${path}.apiGroups`, 'resource rules must supply at least one api group'),
    );
  }
  if (resources.length === 0) {
    errors.push(
      fieldRequired(`${path}.resources`, 'resource rules must supply at least one resource'),
    );
  }
}
