import { ageColumn, nameColumn } from '../column.ts';
import {
  fieldDuplicate,
  fieldInvalid,
  fieldNotSupported,
  fieldRequired,
} from '../../../object/field-error.ts';
import type { Errors } from '../field-check.ts';
import {
  checkBinding,
  defaultMatchResources,
  paramRefColumn,
  policyNameColumn,
} from './admission-policy.ts';
import type { KindDefinition } from '../resource.ts';
import { staticNameWarnings } from './static-name.ts';

export const validatingAdmissionPolicyBinding: KindDefinition = {
  group: 'admissionregistration.k8s.io',
  version: 'v1',
  kind: 'ValidatingAdmissionPolicyBinding',
  resource: 'validatingadmissionpolicybindings',
  namespaced: false,
  categories: ['api-extensions'],
  storagePath: 'validatingadmissionpolicybindings',
  generation: true,
  unconditionalUpdate: false,
  warnings: staticNameWarnings,
  columns: [nameColumn, policyNameColumn, paramRefColumn, ageColumn],
  default: ({ spec }) => defaultMatchResources(spec?.matchResources),
  updateChecks: ['new metadata', 'rules'],
  validate({ spec = {} }) {
    const errors: Errors = [];
    checkBinding(errors, spec);
    const actions: string[] = spec.validationActions ?? [];
    const supported = ['Audit', 'Deny', 'Warn'];
    for (const [i, action] of actions.entries()) {
      if (!supported.includes(action)) {
        errors.push(fieldNotSupported(`spec.validationActions[${i}]`, action, supported));
      }
      if (actions.indexOf(action) < i) {
        errors.push(fieldDuplicate(`spec.validationActions[${i}]`, action));
      }
    }
    if (actions.includes('Deny') && actions.includes('Warn')) {
      const text =
        'must not contain both Deny and Warn (repeating the same validation failure information in the API response and headers serves no purpose)';
      errors.push(fieldInvalid('spec.validationActions', actions, text));
    }
    if (actions.length === 0) {
      const text = 'at least one validation action is required';
      errors.push(fieldRequired('spec.validationActions', text));
    }
    return errors;
  },
};
