import { fieldForbidden, fieldInvalid, fieldRequired } from '../../object/field-error.ts';
import { labelKeyErrors, labelValueErrors } from '../../object/name.ts';
import { checkFormat, type Errors } from './field-check.ts';
import type { Plain } from './plain.ts';

/** Label selectors and label maps inside specs (k8s.io/apimachinery meta/v1/validation). */

export function checkLabelSelector(
  errors: Errors,
  selector: Plain | undefined | null,
  path: string,
  options: SelectorOptions = {},
): void {
  if (selector === undefined || selector === null) return;
  checkLabels(errors, selector.matchLabels, `${path}.matchLabels`);
  for (const [i, expression] of (selector.matchExpressions ?? []).entries()) {
    checkExpression(errors, expression, `${path}.matchExpressions[${i}]`, options);
  }
}

export interface SelectorOptions {
  /** Values of expressions that no label can have: objects that hold one already may keep them. */
  anyValue?: boolean;
}

/** The narrower question: whether an expression has a value no label can have. */
export function selectsWrongValues(selector: Plain | undefined | null): boolean {
  return (selector?.matchExpressions ?? []).some(({ values = [] }: Plain) =>
    values.some((value: string) => labelValueErrors(value).length > 0),
  );
}

/** True where a stored selector breaks a rule, so that its object is not held to them all. */
export function selectorIsWrong(selector: Plain | undefined | null): boolean {
  const errors: Errors = [];
  checkLabelSelector(errors, selector, '');
  return errors.length > 0;
}

function checkExpression(
  errors: Errors,
  expression: Plain,
  path: string,
  { anyValue = false }: SelectorOptions,
): void {
  const values: string[] = expression.values ?? [];
  switch (expression.operator) {
    case 'In':
    case 'NotIn':
      if (values.length === 0) {
        const text = "must be specified when `operator` is 'In' or 'NotIn'";
        errors.push(fieldRequired(`${path}.values`, text));
      }
      break;
    case 'Exists':
    case 'DoesNotExist':
      if (values.length > 0) {
        const text = "may not be specified when `operator` is 'Exists' or 'DoesNotExist'";
        errors.push(fieldForbidden(`${path}.values`, text));
      }
      break;
    default:
      errors.push(
        fieldInvalid(
          `${path}.operator`,
          expression.operator ?? '',
          'not a valid selector operator',
        ),
      );
  }
  checkFormat(errors, expression.key ?? '', `${path}.key`, labelKeyErrors);
  for (const [i, value] of anyValue ? [] : values.entries()) {
    checkFormat(errors, value, `${path}.values[${i}]`, labelValueErrors);
  }
}

export function checkLabels(
  errors: Errors,
  labels: Record<string, string> | undefined,
  path: string,
): void {
  for (const [key, value] of Object.entries(labels ?? {})) {
    checkFormat(errors, key, path, labelKeyErrors);
    for (const message of labelValueErrors(value)) errors.push(fieldInvalid(path, value, message));
  }
}

/** True for a selector that selects everything. */
export function isEmptySelector(selector: Plain | undefined): boolean {
  if (selector === undefined) return true;
  const labels = Object.keys(selector.matchLabels ?? {}).length;
  return labels + (selector.matchExpressions ?? []).length === 0;
}
