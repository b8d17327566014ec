import { compileAdmission, type Offered } from '../../../cel/admission.ts';
import { ageColumn, integerColumn, nameColumn } from '../column.ts';
import { fieldInvalid, fieldRequired } from '../../../object/field-error.ts';
import { checkOneOf, type Errors } from '../field-check.ts';
import type { Plain } from '../plain.ts';
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
  updateChecks: ['new metadata', 'rules'],
  validate({ spec }, old) {
    const errors: Errors = [];
    const offered = checkPolicy(errors, spec, old?.spec, 'mutating');
    if ((spec.mutations ?? []).length === 0) {
      errors.push(fieldRequired('spec.mutations', 'mutations must contain at least one item'));
    }
    for (const [i, mutation] of (spec.mutations ?? []).entries()) {
      checkMutation(errors, mutation, `spec.mutations[${i}]`, offered);
    }
    checkOneOf(errors, spec.reinvocationPolicy, 'spec.reinvocationPolicy', ['IfNeeded', 'Never']);
    return errors;
  },
};

/** Each type of patch: its field, and what its expression gives. */
const patchTypes = {
  ApplyConfiguration: ['applyConfiguration', 'Object'],
  JSONPatch: ['jsonPatch', 'JSONPatch'],
} as const;

/** A union: what the type names must be there, and the other not. */
function checkMutation(errors: Errors, mutation: Plain, path: string, offered: Offered): void {
  const type: string = mutation.patchType ?? '';
  checkOneOf(errors, type, `${path}.patchType`, Object.keys(patchTypes));
  if (type !== 'ApplyConfiguration' && type !== 'JSONPatch') return;
  const [field, returns] = patchTypes[type];
  if (mutation[field] === undefined) {
    errors.push(fieldRequired(`${path}.${field}`, `must be specified when patchType is ${type}`));
  } else checkPatch(errors, mutation[field], `${path}.${field}.expression`, offered, returns);
  const [other] = patchTypes[type === 'JSONPatch' ? 'ApplyConfiguration' : 'JSONPatch'];
  if (mutation[other] === undefined) return;
  const text = `must not be specified when patchType is ${type}`;
  errors.push(fieldInvalid(`${path}.${other}`, `{${other}}`, text));
}

function checkPatch(
  errors: Errors,
  { expression = '' }: Plain,
  path: string,
  offered: Offered,
  returns: 'Object' | 'JSONPatch',
): void {
  const text = expression.trim();
  if (text === '') errors.push(fieldRequired(path));
  else checkCompiled(errors, compileAdmission(text, offered, returns), path);
}
