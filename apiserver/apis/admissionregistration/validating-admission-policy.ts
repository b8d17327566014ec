import { ageColumn, integerColumn, nameColumn } from '../column.ts';
import { fieldRequired } from '../../../object/field-error.ts';
import { checkOptionalOneOf, type Errors, keepStatus } from '../field-check.ts';
import { checkMatchResources, defaultMatchResources, paramKindColumn } from './admission-policy.ts';
import type { KindDefinition } from '../resource.ts';

export const validatingAdmissionPolicy: KindDefinition = {
  group: 'admissionregistration.k8s.io',
  version: 'v1',
  kind: 'ValidatingAdmissionPolicy',
  resource: 'validatingadmissionpolicies',
  namespaced: false,
  categories: ['api-extensions'],
  storagePath: 'validatingadmissionpolicies',
  generation: true,
  unconditionalUpdate: false,
  status: true,
  columns: [
    nameColumn,
    integerColumn('Validations', ({ spec }) => (spec?.validations ?? []).length),
    paramKindColumn,
    ageColumn,
  ],
  default(policy) {
    policy.spec ??= {};
    policy.status ??= {};
    policy.spec.failurePolicy ??= 'Fail';
    defaultMatchResources(policy.spec.matchConstraints);
  },
  prepareForCreate(policy) {
    policy.status = {};
  },
  prepareForUpdate: keepStatus,
  validate({ spec }) {
    const errors: Errors = [];
    checkMatchResources(errors, spec.matchConstraints, 'spec.matchConstraints', true);
    if ((spec.validations ?? []).length + (spec.auditAnnotations ?? []).length === 0) {
      const text = 'validations or auditAnnotations must contain at least one item';
      errors.push(
        fieldRequired('spec.validations', text),
        fieldRequired('spec.auditAnnotations', text),
      );
    }
    for (const [i, validation] of (spec.validations ?? []).entries()) {
      if (validation.expression?.trim()) continue;
      const text = 'expression is not specified';
      errors.push(fieldRequired(`spec.validations[${i}].expression`, text));
    }
    checkOptionalOneOf(errors, spec.failurePolicy, 'spec.failurePolicy', ['Fail', 'Ignore']);
    return errors;
  },
};
