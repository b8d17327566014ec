import { compileAdmission } from '../../../cel/admission.ts';
import { ageColumn, integerColumn, nameColumn } from '../column.ts';
import { fieldRequired } from '../../../object/field-error.ts';
import { checkOneOf, type Errors } from '../field-check.ts';
import { checkPolicy, defaultMatchResources, paramKindColumn } from './admission-policy.ts';
import { checkCompiled } from './match-conditions.ts';
import type { KindDefinition } from '../resource.ts';
import { staticNameWarnings } from './static-name.ts';

export const mutatingAdmissionPolicy: KindDefinition = {
  group: 'admissionregistration.k8s.io',
  version: 'v1',
  kind: 'MutatingAdmissionPolicy',
  resource: 'mutatingadmissionpolicies',
  namespaced: false,
  categories: ['api-extensions'],
  storagePath: 'mutatingadmissionpolicies',
  // Upstream keeps the version of the release before, so that it can be rolled back.
  storedAs: {
    group: 'admissionregistration.k8s.io',
    version: 'v1beta1',
    kind: 'MutatingAdmissionPolicy',
  },
  generation: true,
  unconditionalUpdate: false,
  warnings: staticNameWarnings,
  columns: [
    nameColumn,
    integerColumn('Mutations', ({ spec }) => (spec?.mutations ?? []).length),
    paramKindColumn,
    ageColumn,
  ],
  default(policy) {
    policy.spec ??= {};
    policy.spec.failurePolicy ??= 'Fail';
    defaultMatchResources(policy.spec.matchConstraints);
  },
  validate({ spec }, old) {
    const errors: Errors = [];
    const offered = checkPolicy(errors, spec, old?.spec);
    if ((spec.mutations ?? []).length === 0) {
      errors.push(fieldRequired('spec.mutations', 'mutations must contain at least one item'));
    }
    for (const [i, mutation] of (spec.mutations ?? []).entries()) {
      const path = `spec.mutations[${i}]`;
      const types = ['ApplyConfiguration', 'JSONPatch'];
      checkOneOf(errors, mutation.patchType, `${path}.patchType`, types);
      const field = mutation.patchType === 'JSONPatch' ? 'jsonPatch' : 'applyConfiguration';
      const expression: string = mutation[field]?.expression ?? '';
      if (expression.trim() === '') {
        errors.push(fieldRequired(`${path}.${field}.expression`, 'expression is not specified'));
      } else {
        const returns = field === 'jsonPatch' ? 'JSONPatch' : 'Object';
        const compiled = compileAdmission(expression, offered, returns);
        checkCompiled(errors, compiled, `${path}.${field}.expression`);
      }
    }
    checkOneOf(errors, spec.reinvocationPolicy, 'spec.reinvocationPolicy', ['IfNeeded', 'Never']);
    return errors;
  },
};
