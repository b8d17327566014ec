import { fieldRequired } from '../../../object/field-error.ts';
import { dns1123SubdomainErrors } from '../../../object/name.ts';
import { textColumn } from '../column.ts';
import { checkName, checkOneOf, checkOptionalOneOf, type Errors } from '../field-check.ts';
import { type Plain, setDefaults } from '../plain.ts';
import { checkLabelSelector } from '../selector-validation.ts';
import { checkRule } from './rule-validation.ts';

/** What mutating and validating admission policies and their bindings have in common. */

export const paramKindColumn = textColumn('ParamKind', ({ spec }) => {
  const kind = spec?.paramKind;
  return kind === undefined ? '<unset>' : `${kind.apiVersion}/${kind.kind}`;
});

export const policyNameColumn = textColumn('PolicyName', ({ spec }) => spec?.policyName ?? '');

export const paramRefColumn = textColumn('ParamRef', ({ spec }) => {
  const ref = spec?.paramRef;
  if (ref === undefined) return '<unset>';
  const name = ref.name || '*';
  return ref.namespace ? `${ref.namespace}/${name}` : name;
});

export function defaultMatchResources(match: Plain | undefined): void {
  if (match === undefined) return;
  setDefaults(match, { matchPolicy: 'Equivalent', namespaceSelector: {}, objectSelector: {} });
  for (const list of ['resourceRules', 'excludeResourceRules']) {
    for (const rule of match[list] ?? []) setDefaults(rule, { scope: '*' });
  }
}

export function checkMatchResources(
  errors: Errors,
  match: Plain | undefined,
  path: string,
  required: boolean,
): void {
  if (match === undefined) {
    if (required) errors.push(fieldRequired(path));
    return;
  }
  checkOptionalOneOf(errors, match.matchPolicy, `${path}.matchPolicy`, ['Equivalent', 'Exact']);
  checkLabelSelector(errors, match.namespaceSelector, `${path}.namespaceSelector`);
  checkLabelSelector(errors, match.objectSelector, `${path}.objectSelector`);
  if (required && (match.resourceRules ?? []).length === 0) {
    errors.push(fieldRequired(`${path}.resourceRules`));
  }
  for (const list of ['resourceRules', 'excludeResourceRules']) {
    for (const [i, rule] of (match[list] ?? []).entries()) {
      checkRule(errors, rule, `${path}.${list}[${i}]`);
    }
  }
}

export function checkBinding(errors: Errors, spec: Plain): void {
  checkName(errors, spec.policyName, 'spec.policyName', dns1123SubdomainErrors);
  const ref = spec.paramRef;
  if (ref !== undefined) {
    const path = 'spec.paramRef';
    if (ref.name && ref.selector !== undefined) {
      const message = 'Forbidden: name and selector are mutually exclusive';
      errors.push({ reason: 'FieldValueForbidden', message, field: `${path}.name` });
    }
    if (!ref.name && ref.selector === undefined) {
      errors.push(fieldRequired(path, 'one of name or selector must be specified'));
    }
    const actions = ['Allow', 'Deny'];
    checkOneOf(errors, ref.parameterNotFoundAction, `${path}.parameterNotFoundAction`, actions);
  }
  checkMatchResources(errors, spec.matchResources, 'spec.matchResources', false);
}
