import { fieldForbidden, fieldInvalid, fieldRequired } from '../../object/field-error.ts';
import { labelKeyErrors, labelValueErrors } from '../../object/name.ts';
import type { StatusCause } from '../../object/status-error.ts';
import type { SelectorAttributes, SelectorRequirement } from './selectors.ts';

/**
 * What is wrong with the selectors of an access review (pkg/apis/authorization/validation). Operators
 * that nobody knows are no fault: newer clients may have them.
 */
export function selectorErrors(attributes: {
  fieldSelector?: SelectorAttributes | null;
  labelSelector?: SelectorAttributes | null;
}): StatusCause[] {
  const at = 'spec.resourceAttributes';
  return [
    ...errorsOf(attributes.fieldSelector, `${at}.fieldSelector`, fieldKeyErrors),
    ...errorsOf(attributes.labelSelector, `${at}.labelSelector`, labelErrors),
  ];
}

type Check = (requirement: SelectorRequirement, at: string, values: StatusCause[]) => StatusCause[];

function errorsOf(
  selector: SelectorAttributes | null | undefined,
  at: string,
  check: Check,
): StatusCause[] {
  if (!selector) return [];
  const { rawSelector = '', requirements = [] } = selector;
  const causes: StatusCause[] = [];
  if (rawSelector !== '' && requirements.length > 0) {
    const text = 'may not specified at the same time as requirements';
    causes.push(fieldInvalid(`${at}.rawSelector`, rawSelector, text));
  }
  if (rawSelector === '' && requirements.length === 0) {
    const text = `when ${at} is specified, requirements or rawSelector is required`;
    causes.push(fieldRequired(`${at}.requirements`, text));
  }
  for (const [i, given] of requirements.entries()) {
    const requirement = { ...given, key: given.key ?? '', operator: given.operator ?? '' };
    const place = `${at}.requirements[${i}]`;
    causes.push(...check(requirement, place, valuesErrors(requirement, `${place}.values`)));
  }
  return causes;
}

function valuesErrors({ operator, values = [] }: SelectorRequirement, at: string): StatusCause[] {
  if ((operator === 'In' || operator === 'NotIn') && values.length === 0) {
    return [fieldRequired(at, "must be specified when `operator` is 'In' or 'NotIn'")];
  }
  if ((operator === 'Exists' || operator === 'DoesNotExist') && values.length > 0) {
    const text = "may not be specified when `operator` is 'Exists' or 'DoesNotExist'";
    return [fieldForbidden(at, text)];
  }
  return [];
}

const fieldKeyErrors: Check = ({ key }, at, values) => [
  ...(!key ? [fieldRequired(`${at}.key`, 'must be specified')] : []),
  ...values,
];

const labelErrors: Check = ({ key, values: given = [] }, at, values) => [
  ...values,
  ...labelKeyErrors(key).map((text) => fieldInvalid(`${at}.key`, key, text)),
  ...given.flatMap((value, i) =>
    labelValueErrors(value).map((text) => fieldInvalid(`${at}.values[${i}]`, value, text)),
  ),
];
