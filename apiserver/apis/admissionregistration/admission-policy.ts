import { compileVariables, type Offered } from '../../../cel/admission.ts';
import { semanticEqual } from '../../../object/equal.ts';
import {
  fieldForbidden,
  fieldInvalid,
  fieldNotSupported,
  fieldRequired,
} from '../../../object/field-error.ts';
import {
  dns1035LabelErrors,
  dns1123SubdomainErrors,
  pathSegmentErrors,
} from '../../../object/name.ts';
import { parseApiVersion } from '../../../object/object.ts';
import { textColumn } from '../column.ts';
import {
  checkFormat,
  checkName,
  checkOneOf,
  checkOptionalOneOf,
  type Errors,
} from '../field-check.ts';
import { type Plain, setDefaults } from '../plain.ts';
import { checkLabelSelector } from '../selector-validation.ts';
import { checkCompiled, checkMatchConditions } from './match-conditions.ts';
import { checkNamedRule } from './rule-validation.ts';

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
  for (const list of ['resourceRules', 'excludeResourceRules']) {
    for (const [i, rule] of (match[list] ?? []).entries()) {
      checkNamedRule(errors, rule, `${path}.${list}[${i}]`);
    }
  }
  if (required && (match.resourceRules ?? []).length === 0) {
    errors.push(fieldRequired(`${path}.resourceRules`));
  }
}

const changing = ['*', 'CONNECT', 'CREATE', 'UPDATE'];

/** What is deleted cannot be changed. Upstream says which operation, and not where it stands. */
export function checkChangingOperations(
  errors: Errors,
  match: Plain | undefined,
  path: string,
): void {
  for (const { operations = [] } of match?.resourceRules ?? []) {
    for (const operation of operations) {
      if (changing.includes(operation)) continue;
      errors.push(fieldNotSupported(`${path}.resourceRules.operations`, operation, changing));
    }
  }
}

/**
 * failurePolicy, paramKind, what is matched, the variables: of policies of either kind. Gives what
 * their other expressions may use.
 */
export function checkPolicy(
  errors: Errors,
  spec: Plain,
  old: Plain | undefined,
  kind: 'mutating' | 'validating',
): Offered {
  checkOptionalOneOf(errors, spec.failurePolicy, 'spec.failurePolicy', ['Fail', 'Ignore']);
  if (spec.paramKind !== undefined) checkParamKind(errors, spec.paramKind, 'spec.paramKind');
  checkMatchResources(errors, spec.matchConstraints, 'spec.matchConstraints', true);
  if (kind === 'mutating') {
    checkChangingOperations(errors, spec.matchConstraints, 'spec.matchConstraints');
  }
  const params = spec.paramKind !== undefined;
  // Conditions that were stored stay, as long as they see what they saw.
  const seen = (policy: Plain) => [policy.paramKind, policy.matchConditions];
  if (old === undefined || !semanticEqual(seen(spec), seen(old))) {
    checkMatchConditions(errors, spec.matchConditions ?? [], 'spec.matchConditions', params);
  }
  const variables: { name: string; expression: string }[] = (spec.variables ?? []).map(
    ({ name = '', expression = '' }) => ({ name, expression }),
  );
  const { compiled, variables: known } = compileVariables(variables, params, kind === 'mutating');
  for (const [i, { name, expression }] of variables.entries()) {
    const at = `spec.variables[${i}]`;
    if (name.trim() === '') errors.push(fieldRequired(`${at}.name`, 'name is not specified'));
    else if (!isIdentifier(name)) {
      errors.push(fieldInvalid(`${at}.name`, name, 'must be a valid CEL identifier'));
    }
    const value = compiled[i]?.value;
    if (expression.trim() === '') {
      errors.push(fieldRequired(`${at}.expression`, 'expression is not specified'));
    } else if (value !== undefined) checkCompiled(errors, value, `${at}.expression`);
  }
  return { params, authorizer: true, variables: known };
}

const reserved =
  /^(true|false|null|in|as|break|const|continue|else|for|function|if|import|let|loop|package|namespace|return|var|void|while)$/;

function isIdentifier(name: string): boolean {
  return /^[_a-zA-Z][_a-zA-Z0-9]*$/.test(name) && !reserved.test(name);
}

function checkParamKind(errors: Errors, { apiVersion = '', kind = '' }: Plain, path: string): void {
  const at = `${path}.apiVersion`;
  const parsed = parseApiVersion(apiVersion);
  if (apiVersion === '') errors.push(fieldRequired(at));
  else if (parsed === undefined) {
    errors.push(fieldInvalid(at, apiVersion, `unexpected GroupVersion string: ${apiVersion}`));
  } else {
    const group = parsed.group === '' ? [] : dns1123SubdomainErrors(parsed.group);
    if (group.length > 0) errors.push(fieldInvalid(at, parsed.group, group.join(',')));
    const version = dns1035LabelErrors(parsed.version);
    if (parsed.version === '') {
      errors.push(fieldInvalid(at, apiVersion, 'version must be specified'));
    } else if (version.length > 0) errors.push(fieldInvalid(at, parsed.version, version.join(',')));
  }
  if (kind === '') errors.push(fieldRequired(`${path}.kind`));
  const wrong = kind === '' ? [] : dns1035LabelErrors(kind.toLowerCase());
  if (wrong.length > 0) {
    const text = `may have mixed case, but should otherwise match: ${wrong.join(',')}`;
    errors.push(fieldInvalid(`${path}.kind`, kind, text));
  }
}

export function checkBinding(errors: Errors, spec: Plain): void {
  checkName(errors, spec.policyName, 'spec.policyName', dns1123SubdomainErrors);
  const ref = spec.paramRef;
  if (ref !== undefined) {
    const path = 'spec.paramRef';
    const both = 'name and selector are mutually exclusive';
    if (ref.name) {
      checkFormat(errors, ref.name, `${path}.name`, pathSegmentErrors);
      if (ref.selector !== undefined) errors.push(fieldForbidden(`${path}.name`, both));
    }
    checkLabelSelector(errors, ref.selector, `${path}.selector`);
    if (ref.name && ref.selector !== undefined) {
      errors.push(fieldForbidden(`${path}.selector`, both));
    }
    if (!ref.name && ref.selector === undefined) {
      errors.push(fieldRequired(path, 'one of name or selector must be specified'));
    }
    const actions = ['Deny', 'Allow'];
    checkOneOf(errors, ref.parameterNotFoundAction, `${path}.parameterNotFoundAction`, actions);
  }
  checkMatchResources(errors, spec.matchResources, 'spec.matchResources', false);
}
