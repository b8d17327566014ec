import { fieldInvalid, fieldNotSupported, fieldRequired } from '../../object/field-error.ts';
import type { StatusCause } from '../../object/status-error.ts';
import { isProps, type JsonSchemaProps } from './definition.ts';
import { fieldAt } from './field-path.ts';

/** What is written around the expressions of x-kubernetes-validations; they are compiled elsewhere. */
export function checkValidations(
  causes: StatusCause[],
  props: JsonSchemaProps,
  path: string,
): void {
  const validations = props['x-kubernetes-validations'];
  if (!Array.isArray(validations)) return;
  validations.filter(isProps).forEach((validation, i) => {
    const at = `${path}.x-kubernetes-validations[${i}]`;
    checkMessage(causes, validation, at);
    const { reason } = validation;
    if (reason !== undefined && !reasons.includes(reason as string)) {
      causes.push(fieldNotSupported(`${at}.reason`, reason, reasons));
    }
    checkFieldPath(causes, props, textOf(validation.fieldPath), `${at}.fieldPath`);
  });
}

const reasons = [
  'FieldValueDuplicate',
  'FieldValueForbidden',
  'FieldValueInvalid',
  'FieldValueRequired',
];

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function hasLineBreaks(text: string): boolean {
  return /[\n\r]/.test(text);
}

function checkMessage(causes: StatusCause[], validation: JsonSchemaProps, at: string): void {
  const rule = textOf(validation.rule).trim();
  const message = textOf(validation.message);
  const expression = textOf(validation.messageExpression);
  if (rule === '') {
    causes.push(fieldRequired(`${at}.rule`, 'rule is not specified'));
  } else if (message !== '' && message.trim() === '') {
    causes.push(fieldInvalid(`${at}.message`, message, 'must be non-empty if specified'));
  } else if (hasLineBreaks(message.trim())) {
    causes.push(fieldInvalid(`${at}.message`, message, 'must not contain line breaks'));
  } else if (hasLineBreaks(rule) && message.trim() === '') {
    const why = 'message must be specified if rule contains line breaks';
    causes.push(fieldRequired(`${at}.message`, why));
  }
  if (expression !== '' && expression.trim() === '') {
    const why = 'messageExpression must be non-empty if specified';
    causes.push(fieldRequired(`${at}.messageExpression`, why));
  }
}

function checkFieldPath(
  causes: StatusCause[],
  props: JsonSchemaProps,
  fieldPath: string,
  at: string,
): void {
  if (fieldPath === '') return;
  if (fieldPath.trim() === '') {
    causes.push(fieldInvalid(at, fieldPath, 'must be non-empty if specified'));
  }
  if (hasLineBreaks(fieldPath)) {
    causes.push(fieldInvalid(at, fieldPath, 'must not contain line breaks'));
  }
  if ('problem' in fieldAt(props, fieldPath, true)) {
    causes.push(fieldInvalid(at, fieldPath, 'must be a valid path'));
  }
}
