import {
  fieldDuplicate,
  fieldInvalid,
  fieldNotSupported,
  fieldRequired,
  fieldTooLong,
} from '../../object/field-error.ts';
import { byteLength, labelKeyErrors, patternError } from '../../object/name.ts';
import { checkFormat, type Errors } from './field-check.ts';
import type { Plain } from './plain.ts';

/** Conditions of the common form (apimachinery meta/v1/validation ValidateConditions). */

const reasonBytesMax = 1024;
const messageBytesMax = 32 * 1024;
const reasonPattern = '[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?';
const wholeReason = new RegExp(`^${reasonPattern}$`);

export function checkConditionList(errors: Errors, conditions: Plain[], path: string): void {
  const seen = new Set<string>();
  for (const [i, condition] of conditions.entries()) {
    const at = `${path}[${i}]`;
    const type: string = condition.type ?? '';
    if (seen.has(type)) errors.push(fieldDuplicate(`${at}.type`, type));
    seen.add(type);
    checkCondition(errors, condition, at);
  }
}

function checkCondition(errors: Errors, condition: Plain, path: string): void {
  const { type = '', status = '', reason = '', message = '' } = condition;
  checkFormat(errors, type, `${path}.type`, labelKeyErrors);
  const statuses = ['False', 'True', 'Unknown'];
  if (!statuses.includes(status)) {
    errors.push(fieldNotSupported(`${path}.status`, status, statuses));
  }
  if (condition.observedGeneration < 0) {
    const text = 'must be greater than or equal to zero';
    errors.push(fieldInvalid(`${path}.observedGeneration`, condition.observedGeneration, text));
  }
  if (!condition.lastTransitionTime) {
    errors.push(fieldRequired(`${path}.lastTransitionTime`, 'must be set'));
  }
  if (reason === '') errors.push(fieldRequired(`${path}.reason`, 'must be set'));
  else if (!wholeReason.test(reason)) {
    const text =
      "a condition reason must start with alphabetic character, optionally followed by a string of alphanumeric characters or '_,:', and must end with an alphanumeric character or '_'";
    const examples = ['my_name', 'MY_NAME', 'MyName', 'ReasonA,ReasonB', 'ReasonA:ReasonB'];
    errors.push(
      fieldInvalid(`${path}.reason`, reason, patternError(text, reasonPattern, ...examples)),
    );
  }
  if (byteLength(reason) > reasonBytesMax) {
    errors.push(fieldTooLong(`${path}.reason`, reasonBytesMax));
  }
  if (byteLength(message) > messageBytesMax) {
    errors.push(fieldTooLong(`${path}.message`, messageBytesMax));
  }
}
