import { ageColumn, integerColumn, nameColumn } from '../column.ts';
import { compileAdmission, type Offered } from '../../../cel/admission.ts';
import { fieldDuplicate, fieldInvalid, fieldRequired } from '../../../object/field-error.ts';
import { byteLength, labelKeyErrors } from '../../../object/name.ts';
import type { KubeObject } from '../../../object/object.ts';
import type { StatusCause } from '../../../object/status-error.ts';
import { checkConditionList } from '../condition-validation.ts';
import { checkFormat, checkOptionalOneOf, type Errors, keepStatus } from '../field-check.ts';
import type { Plain } from '../plain.ts';
import { checkPolicy, defaultMatchResources, paramKindColumn } from './admission-policy.ts';
import { checkCompiled } from './match-conditions.ts';
import type { KindDefinition } from '../resource.ts';
import { staticNameWarnings } from './static-name.ts';

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
  warnings: staticNameWarnings,
  status: { keepsMetadata: 'all', updateChecks: ['changes'], validateUpdate: validateStatus },
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
  updateChecks: ['new metadata', 'rules'],
  validate,
};

function validateStatus({ status }: KubeObject): StatusCause[] {
  const errors: Errors = [];
  const path = 'status.typeChecking.expressionWarnings';
  for (const [i, warning] of (status?.typeChecking?.expressionWarnings ?? []).entries()) {
    if (!warning.warning) errors.push(fieldRequired(`${path}[${i}].warning`));
    if (!warning.fieldRef?.trim()) errors.push(fieldRequired(`${path}[${i}].fieldRef`));
  }
  checkConditionList(errors, status?.conditions ?? [], 'status.conditions');
  return errors;
}

function validate({ metadata, spec }: KubeObject, old?: KubeObject): StatusCause[] {
  const errors: Errors = [];
  const offered = checkPolicy(errors, spec, old?.spec, 'validating');
  const { validations = [], auditAnnotations = [] } = spec;
  if (validations.length + auditAnnotations.length === 0) {
    const text = 'validations or auditAnnotations must contain at least one item';
    errors.push(
      fieldRequired('spec.validations', text),
      fieldRequired('spec.auditAnnotations', text),
    );
  }
  for (const [i, validation] of validations.entries()) {
    checkValidation(errors, validation, `spec.validations[${i}]`, offered);
  }
  checkAuditAnnotations(errors, auditAnnotations, metadata.name ?? '', offered);
  return errors;
}

const reasons = ['Forbidden', 'Invalid', 'RequestEntityTooLarge'];

function checkValidation(errors: Errors, validation: Plain, path: string, offered: Offered): void {
  const { expression = '', messageExpression = '', message = '', reason } = validation;
  if (expression.trim() === '') {
    errors.push(fieldRequired(`${path}.expression`, 'expression is not specified'));
  } else {
    const compiled = compileAdmission(expression, offered, 'bool');
    checkCompiled(errors, compiled, `${path}.expression`);
  }
  if (messageExpression !== '' && messageExpression.trim() === '') {
    const text = 'must be non-empty if specified';
    errors.push(fieldInvalid(`${path}.messageExpression`, messageExpression, text));
  } else if (messageExpression !== '') {
    const compiled = compileAdmission(
      messageExpression,
      { ...offered, authorizer: false },
      'string',
    );
    checkCompiled(errors, compiled, `${path}.messageExpression`);
  }
  if (message !== '' && message.trim() === '') {
    const text = 'must be non-empty if specified';
    errors.push(fieldInvalid(`${path}.message`, message, text));
  } else if (/[\n\r]/.test(message.trim())) {
    errors.push(fieldInvalid(`${path}.message`, message, 'must not contain line breaks'));
  }
  checkOptionalOneOf(errors, reason, `${path}.reason`, reasons);
}

const annotationsMax = 20;
const valueExpressionBytesMax = 5 * 1024;

function checkAuditAnnotations(
  errors: Errors,
  annotations: Plain[],
  name: string,
  offered: Offered,
): void {
  const path = 'spec.auditAnnotations';
  if (annotations.length > annotationsMax) {
    const text = `must not have more than ${annotationsMax} auditAnnotations`;
    errors.push(fieldInvalid(path, annotations, text));
  }
  const keys = new Set<string>();
  for (const [i, { key = '', valueExpression = '' }] of annotations.entries()) {
    const at = `${path}[${i}]`;
    if (name === '') {
      errors.push(fieldInvalid(`${at}.key`, key, 'requires metadata.name be non-empty'));
    } else checkFormat(errors, `${name}/${key}`, `${at}.key`, labelKeyErrors);
    const length = byteLength(valueExpression.trim());
    if (length === 0) {
      const text = 'valueExpression is not specified';
      errors.push(fieldRequired(`${at}.valueExpression`, text));
    } else if (length > valueExpressionBytesMax) {
      const text = `must not exceed ${valueExpressionBytesMax} bytes in length`;
      errors.push(fieldRequired(`${at}.valueExpression`, text));
    } else {
      const { error } = compileAdmission(valueExpression.trim(), offered, 'string or null');
      if (error !== undefined) {
        errors.push(fieldInvalid(`${at}.valueExpression`, valueExpression, error));
      }
    }
    if (keys.has(key)) errors.push(fieldDuplicate(`${at}.key`, key));
    keys.add(key);
  }
}
