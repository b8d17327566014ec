import {
  fieldForbidden,
  fieldInvalid,
  fieldNotSupported,
  fieldRequired,
} from '../../../object/field-error.ts';
import { dns1123LabelErrors, dns1123SubdomainErrors } from '../../../object/name.ts';
import { checkFormat, checkName, type Errors } from '../field-check.ts';
import type { Plain } from '../plain.ts';

/** Rules of FlowSchemas (flowcontrol validation ValidateFlowSchemaPolicyRulesWithSubjects). */
export function checkRule(errors: Errors, rule: Plain, path: string): void {
  const { resourceRules = [], nonResourceRules = [] } = rule;
  const subjects: Plain[] = rule.subjects ?? [];
  for (const [i, subject] of subjects.entries()) {
    checkSubject(errors, subject, `${path}.subjects[${i}]`);
  }
  if (subjects.length === 0) {
    errors.push(fieldRequired(`${path}.subjects`, 'subjects must contain at least one value'));
  }
  if (resourceRules.length + nonResourceRules.length === 0) {
    const text = 'at least one of resourceRules and nonResourceRules has to be non-empty';
    errors.push(fieldRequired(path, text));
  }
  for (const [i, resourceRule] of resourceRules.entries()) {
    checkResourceRule(errors, resourceRule, `${path}.resourceRules[${i}]`);
  }
  for (const [i, nonResourceRule] of nonResourceRules.entries()) {
    checkNonResourceRule(errors, nonResourceRule, `${path}.nonResourceRules[${i}]`);
  }
}

const subjectFields: Record<string, string | undefined> = {
  ServiceAccount: 'serviceAccount',
  User: 'user',
  Group: 'group',
};

function checkSubject(errors: Errors, subject: Plain, path: string): void {
  const kind: string = subject.kind ?? '';
  const own = subjectFields[kind];
  if (own === undefined) {
    const kinds = ['Group', 'ServiceAccount', 'User'];
    errors.push(fieldNotSupported(`${path}.kind`, kind, kinds));
    return;
  }
  const at = `${path}.${own}`;
  const value: Plain | undefined = subject[own];
  if (value === undefined) {
    errors.push(fieldRequired(at, `${own} is required when subject kind is '${kind}'`));
  } else if (kind === 'ServiceAccount') checkServiceAccount(errors, value, at);
  else if (!value.name) errors.push(fieldRequired(`${at}.name`));
  for (const [other, field = ''] of Object.entries(subjectFields)) {
    if (field === own || subject[field] === undefined) continue;
    const why = `${field} is forbidden when subject kind is not '${other}'`;
    errors.push(fieldForbidden(`${path}.${field}`, why));
  }
}

function checkServiceAccount(errors: Errors, account: Plain, path: string): void {
  if (account.name !== '*') {
    checkName(errors, account.name, `${path}.name`, dns1123SubdomainErrors);
  }
  if (account.namespace) {
    checkFormat(errors, account.namespace, `${path}.namespace`, dns1123LabelErrors);
  } else {
    const text = 'must specify namespace for service account';
    errors.push(fieldRequired(`${path}.namespace`, text));
  }
}

const verbs = [
  'create',
  'delete',
  'deletecollection',
  'get',
  'list',
  'patch',
  'proxy',
  'update',
  'watch',
];

function checkVerbs(errors: Errors, asked: string[] | undefined, path: string): void {
  if (checkWildcard(errors, asked, path, ['verbs must contain at least one value', 'verbs']))
    return;
  if (asked?.every((verb) => verbs.includes(verb)) === true) return;
  errors.push(fieldNotSupported(path, asked, verbs));
}

/** `*` stands alone. True when there is nothing more to look at. */
function checkWildcard(
  errors: Errors,
  list: string[] | undefined | null,
  path: string,
  [missing, what]: readonly [missing: string, what: string],
): boolean {
  if (list == null || list.length === 0) {
    errors.push(fieldRequired(path, missing));
    return true;
  }
  if (!list.includes('*')) return false;
  if (list.length > 1) {
    errors.push(fieldInvalid(path, list, `if '*' is present, must not specify other ${what}`));
  }
  return true;
}

function checkResourceRule(errors: Errors, rule: Plain, path: string): void {
  checkVerbs(errors, rule.verbs, `${path}.verbs`);
  const groups = 'resource rules must supply at least one api group';
  checkWildcard(errors, rule.apiGroups, `${path}.apiGroups`, [groups, 'api groups']);
  const resources = 'resource rules must supply at least one resource';
  checkWildcard(errors, rule.resources, `${path}.resources`, [resources, 'resources']);
  const namespaces: string[] = rule.namespaces ?? [];
  if (namespaces.length === 0 && rule.clusterScope === true) return;
  const text = 'resource rules that are not cluster scoped must supply at least one namespace';
  const at = `${path}.namespaces`;
  if (checkWildcard(errors, namespaces, at, [text, 'namespaces'])) return;
  for (const [i, namespace] of namespaces.entries()) {
    for (const message of dns1123LabelErrors(namespace)) {
      const why = `each member of this list must be '*' or a DNS-1123 label; ${message}`;
      errors.push(fieldInvalid(`${at}[${i}]`, namespace, why));
    }
  }
}

function checkNonResourceRule(errors: Errors, rule: Plain, path: string): void {
  checkVerbs(errors, rule.verbs, `${path}.verbs`);
  const at = `${path}.nonResourceURLs`;
  const text = 'nonResourceURLs must contain at least one value';
  if (checkWildcard(errors, rule.nonResourceURLs, at, [text, 'non-resource URLs'])) return;
  for (const [i, url] of (rule.nonResourceURLs as string[]).entries()) {
    const problem = urlProblem(url);
    if (problem !== undefined) errors.push(fieldInvalid(`${at}[${i}]`, url, problem));
  }
}

function urlProblem(url: string): string | undefined {
  if (url === '') return 'must not be empty';
  if (url === '/') return undefined;
  if (!url.startsWith('/')) return 'must start with slash';
  if (url.includes(' ')) return 'must not contain white-space';
  if (url.includes('//')) return 'must not contain double slash';
  const star = url.indexOf('*');
  if (star < 0 || (star === url.length - 1 && url.endsWith('/*'))) return undefined;
  return 'wildcard can only do suffix matching';
}
