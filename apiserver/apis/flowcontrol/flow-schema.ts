import { fieldInvalid, fieldNotSupported, fieldRequired } from '../../../object/field-error.ts';
import { dns1123SubdomainErrors } from '../../../object/name.ts';
import type { KubeObject } from '../../../object/object.ts';
import type { StatusCause } from '../../../object/status-error.ts';
import { ageColumn, nameColumn, textColumn } from '../column.ts';
import { checkName, type Errors, keepStatus } from '../field-check.ts';
import type { Plain } from '../plain.ts';
import type { KindDefinition } from '../resource.ts';

export const flowSchema: KindDefinition = {
  group: 'flowcontrol.apiserver.k8s.io',
  version: 'v1',
  kind: 'FlowSchema',
  resource: 'flowschemas',
  namespaced: false,
  storagePath: 'flowschemas',
  generation: true,
  status: true,
  columns: [
    nameColumn,
    textColumn('PriorityLevel', ({ spec }) => spec?.priorityLevelConfiguration?.name ?? ''),
    textColumn('MatchingPrecedence', ({ spec }) => spec?.matchingPrecedence ?? 0),
    textColumn('DistinguisherMethod', ({ spec }) => spec?.distinguisherMethod?.type ?? '<none>'),
    ageColumn,
    textColumn('MissingPL', ({ status }) => {
      const dangling = (status?.conditions ?? []).find((c: Plain) => c.type === 'Dangling');
      return dangling?.status ?? '?';
    }),
  ],
  default(schema) {
    schema.spec ??= {};
    schema.status ??= {};
    schema.spec.matchingPrecedence ||= 1000;
  },
  prepareForCreate(schema) {
    schema.status = {};
  },
  prepareForUpdate: keepStatus,
  validate,
};

function validate({ metadata, spec }: KubeObject): StatusCause[] {
  const errors: Errors = [];
  const precedence: number = spec.matchingPrecedence;
  if (precedence < 1) {
    errors.push(fieldInvalid('spec.matchingPrecedence', precedence, 'must be a positive value'));
  }
  if (precedence > 10_000) {
    const text = 'must not be greater than 10000';
    errors.push(fieldInvalid('spec.matchingPrecedence', precedence, text));
  }
  if (precedence === 1 && metadata.name !== 'exempt') {
    const text = "only the schema named 'exempt' may have matchingPrecedence 1";
    errors.push(fieldInvalid('spec.matchingPrecedence', precedence, text));
  }
  const method = spec.distinguisherMethod;
  if (method !== undefined && !['ByNamespace', 'ByUser'].includes(method.type)) {
    const supported = ['ByNamespace', 'ByUser'];
    errors.push(fieldNotSupported('spec.distinguisherMethod', method, supported));
  }
  const level = spec.priorityLevelConfiguration?.name;
  const path = 'spec.priorityLevelConfiguration.name';
  if (!level) errors.push(fieldRequired(path, 'must reference a priority level'));
  else checkName(errors, level, path, dns1123SubdomainErrors);
  for (const [i, rule] of (spec.rules ?? []).entries()) checkRule(errors, rule, `spec.rules[${i}]`);
  return errors;
}

const subjectFields: Record<string, string> = {
  ServiceAccount: 'serviceAccount',
  User: 'user',
  Group: 'group',
};

function checkRule(errors: Errors, rule: Plain, path: string): void {
  const { subjects = [], resourceRules = [], nonResourceRules = [] } = rule;
  if (subjects.length === 0)
    errors.push(fieldRequired(`${path}.subjects`, 'subjects must contain at least one value'));
  for (const [i, subject] of subjects.entries()) {
    const at = `${path}.subjects[${i}]`;
    const field = subjectFields[subject.kind];
    if (field === undefined) {
      errors.push(
        fieldNotSupported(`${at}.kind`, subject.kind, ['Group', 'ServiceAccount', 'User']),
      );
    } else if (subject[field] === undefined) {
      errors.push(
        fieldRequired(
          `${at}.${field}`,
          `${field} is required when subject kind is '${subject.kind}'`,
        ),
      );
    }
  }
  if (resourceRules.length + nonResourceRules.length === 0) {
    const text = 'at least one of resourceRules and nonResourceRules has to be non-empty';
    errors.push(fieldRequired(path, text));
  }
  for (const [i, resourceRule] of resourceRules.entries()) {
    const at = `${path}.resourceRules[${i}]`;
    for (const field of ['verbs', 'apiGroups', 'resources']) {
      if ((resourceRule[field] ?? []).length === 0) {
        errors.push(fieldRequired(`${at}.${field}`, `${field} must contain at least one value`));
      }
    }
    if ((resourceRule.namespaces ?? []).length === 0 && resourceRule.clusterScope !== true) {
      const text = 'resource rules that are not cluster scoped must supply at least one namespace';
      errors.push(fieldRequired(`${at}.namespaces`, text));
    }
  }
  for (const [i, nonResourceRule] of nonResourceRules.entries()) {
    const at = `${path}.nonResourceRules[${i}]`;
    for (const field of ['verbs', 'nonResourceURLs']) {
      if ((nonResourceRule[field] ?? []).length === 0) {
        errors.push(fieldRequired(`${at}.${field}`, `${field} must contain at least one value`));
      }
    }
  }
}
