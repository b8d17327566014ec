import { checkLabelSelector, selectorIsWrong } from '../selector-validation.ts';
import type { Errors } from '../field-check.ts';
import { fieldInvalid, fieldRequired } from '../../../object/field-error.ts';
import { validatePolicyRules } from './policy-rules.ts';
import type { KindDefinition } from '../resource.ts';

export const clusterRole: KindDefinition = {
  group: 'rbac.authorization.k8s.io',
  version: 'v1',
  kind: 'ClusterRole',
  resource: 'clusterroles',
  namespaced: false,
  storagePath: 'clusterroles',
  nameRule: 'path-segment',
  generation: false,
  createOnUpdate: true,
  updateChecks: ['new metadata', 'rules', 'changed metadata', 'changes'],
  validate(role, old) {
    const errors: Errors = validatePolicyRules(role.rules, false);
    if (role.aggregationRule === undefined) return errors;
    const selectors = role.aggregationRule.clusterRoleSelectors ?? [];
    const path = 'aggregationRule.clusterRoleSelectors';
    if (selectors.length === 0) {
      const text = 'at least one clusterRoleSelector required if aggregationRule is non-nil';
      errors.push(fieldRequired(path, text));
    }
    const anyValue = (old?.aggregationRule?.clusterRoleSelectors ?? []).some(selectorIsWrong);
    for (const [i, selector] of selectors.entries()) {
      checkLabelSelector(errors, selector, `${path}[${i}]`, { anyValue });
      if (!selectorIsWrong(selector)) continue;
      // upstream shows what it could not make of the selector
      errors.push(fieldInvalid(`${path}[${i}]`, null, 'invalid label selector.'));
    }
    return errors;
  },
};
