import { fieldForbidden, fieldInvalid, fieldRequired } from '../../../object/field-error.ts';
import { dns1123SubdomainErrors, labelKeyErrors, labelValueErrors } from '../../../object/name.ts';
import { checkFormat, type Errors } from '../field-check.ts';
import type { Plain } from '../plain.ts';

/** Which nodes are meant (core validation, ValidateNodeSelector). */

/** `anyValue`: values that no label can have are stored already. */
export function checkNodeSelector(
  errors: Errors,
  selector: Plain,
  path: string,
  anyValue = false,
): void {
  const terms: Plain[] = selector.nodeSelectorTerms ?? [];
  const at = `${path}.nodeSelectorTerms`;
  if (terms.length === 0) {
    errors.push(fieldRequired(at, 'must have at least one node selector term'));
    return;
  }
  for (const [i, term] of terms.entries()) {
    checkNodeSelectorTerm(errors, term, `${at}[${i}]`, !anyValue);
  }
}

/** True where a stored selector asks for values that no label can have. */
export function hasWrongValues(selector: Plain | undefined): boolean {
  const terms: Plain[] = selector?.nodeSelectorTerms ?? [];
  return terms.some(({ matchExpressions = [] }) =>
    matchExpressions.some(({ values = [] }: Plain) =>
      values.some((value: string) => labelValueErrors(value).length > 0),
    ),
  );
}

/** `values`: whether the values must be label values; a mere preference may name what no node has. */
export function checkNodeSelectorTerm(
  errors: Errors,
  term: Plain,
  path: string,
  values: boolean,
): void {
  for (const [i, rule] of (term.matchExpressions ?? []).entries()) {
    checkNodeRequirement(errors, rule, `${path}.matchExpressions[${i}]`, values);
  }
  for (const [i, rule] of (term.matchFields ?? []).entries()) {
    checkNodeFieldRequirement(errors, rule, `${path}.matchFields[${i}]`);
  }
}

function checkNodeRequirement(
  errors: Errors,
  rule: Plain,
  path: string,
  checkValues: boolean,
): void {
  const values: string[] = rule.values ?? [];
  const at = `${path}.values`;
  switch (rule.operator) {
    case 'In':
    case 'NotIn':
      if (values.length === 0) {
        errors.push(fieldRequired(at, "must be specified when `operator` is 'In' or 'NotIn'"));
      }
      break;
    case 'Exists':
    case 'DoesNotExist':
      if (values.length > 0) {
        const why = "may not be specified when `operator` is 'Exists' or 'DoesNotExist'";
        errors.push(fieldForbidden(at, why));
      }
      break;
    case 'Gt':
    case 'Lt':
      if (values.length !== 1) {
        errors.push(
          fieldRequired(at, "must be specified single value when `operator` is 'Lt' or 'Gt'"),
        );
      }
      break;
    default:
      errors.push(
        fieldInvalid(`${path}.operator`, rule.operator ?? '', 'not a valid selector operator'),
      );
  }
  checkFormat(errors, rule.key ?? '', `${path}.key`, labelKeyErrors);
  if (!checkValues) return;
  for (const [i, value] of values.entries()) {
    checkFormat(errors, value, `${at}[${i}]`, labelValueErrors);
  }
}

function checkNodeFieldRequirement(errors: Errors, rule: Plain, path: string): void {
  const values: string[] = rule.values ?? [];
  if (rule.operator === 'In' || rule.operator === 'NotIn') {
    if (values.length !== 1) {
      const text =
        "must be only one value when `operator` is 'In' or 'NotIn' for node field selector";
      errors.push(fieldRequired(`${path}.values`, text));
    }
  } else {
    errors.push(
      fieldInvalid(`${path}.operator`, rule.operator ?? '', 'not a valid selector operator'),
    );
  }
  if (rule.key !== 'metadata.name') {
    errors.push(fieldInvalid(`${path}.key`, rule.key ?? '', 'not a valid field selector key'));
    return;
  }
  for (const [i, value] of values.entries()) {
    checkFormat(errors, value, `${path}.values[${i}]`, dns1123SubdomainErrors);
  }
}
