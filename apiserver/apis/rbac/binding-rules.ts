import { semanticEqual } from '../../../object/equal.ts';
import { fieldInvalid, fieldNotSupported, fieldRequired } from '../../../object/field-error.ts';
import { dns1123SubdomainErrors, pathSegmentErrors } from '../../../object/name.ts';
import type { KubeObject } from '../../../object/object.ts';
import type { StatusCause } from '../../../object/status-error.ts';
import { ageColumn, nameColumn, textColumn } from '../column.ts';
import { checkFormat, type Errors } from '../field-check.ts';
import { internalForm } from '../internal-form.ts';
import { type Plain, setTextDefaults } from '../plain.ts';
import type { Column } from '../resource.ts';

/** RoleBindings and ClusterRoleBindings (pkg/apis/rbac: defaults, validation, printers). */

const rbacGroup = 'rbac.authorization.k8s.io';

function subjectNames(binding: KubeObject, kind: string): string {
  const names = (binding.subjects ?? [])
    .filter((s: Plain) => s.kind === kind)
    .map((s: Plain) => (kind === 'ServiceAccount' ? `${s.namespace ?? ''}/${s.name}` : s.name));
  return names.join(', ');
}

export const bindingColumns: readonly Column[] = [
  nameColumn,
  textColumn('Role', ({ roleRef }) => `${roleRef?.kind ?? ''}/${roleRef?.name ?? ''}`),
  ageColumn,
  textColumn('Users', (binding) => subjectNames(binding, 'User'), 1),
  textColumn('Groups', (binding) => subjectNames(binding, 'Group'), 1),
  textColumn('ServiceAccounts', (binding) => subjectNames(binding, 'ServiceAccount'), 1),
];

export function defaultBinding(binding: KubeObject): void {
  if (binding.roleRef !== undefined) setTextDefaults(binding.roleRef, { apiGroup: rbacGroup });
  for (const subject of binding.subjects ?? []) {
    if (subject.kind === 'User' || subject.kind === 'Group') {
      setTextDefaults(subject, { apiGroup: rbacGroup });
    }
  }
}

export function validateBinding(binding: KubeObject, kinds: readonly string[]): StatusCause[] {
  const errors: Errors = [];
  const { apiGroup = '', kind = '', name = '' } = binding.roleRef ?? {};
  if (apiGroup !== rbacGroup)
    errors.push(fieldNotSupported('roleRef.apiGroup', apiGroup, [rbacGroup]));
  if (!kinds.includes(kind)) errors.push(fieldNotSupported('roleRef.kind', kind, kinds));
  if (name === '') errors.push(fieldRequired('roleRef.name'));
  else checkFormat(errors, name, 'roleRef.name', pathSegmentErrors);
  const namespaced = kinds.includes('Role');
  for (const [i, subject] of (binding.subjects ?? []).entries()) {
    checkSubject(errors, subject, `subjects[${i}]`, namespaced);
  }
  return errors;
}

function checkSubject(errors: Errors, subject: Plain, path: string, namespaced: boolean): void {
  const { kind = '', name = '', namespace = '', apiGroup = '' } = subject;
  if (name === '') errors.push(fieldRequired(`${path}.name`));
  switch (kind) {
    case 'ServiceAccount':
      if (name !== '') checkFormat(errors, name, `${path}.name`, dns1123SubdomainErrors);
      if (apiGroup !== '') errors.push(fieldNotSupported(`${path}.apiGroup`, apiGroup, ['']));
      if (!namespaced && namespace === '') errors.push(fieldRequired(`${path}.namespace`));
      return;
    case 'User':
    case 'Group':
      if (apiGroup !== rbacGroup) {
        errors.push(fieldNotSupported(`${path}.apiGroup`, apiGroup, [rbacGroup]));
      }
      return;
    default:
      errors.push(fieldNotSupported(`${path}.kind`, kind, ['ServiceAccount', 'User', 'Group']));
  }
}

/** Who may bind was checked against the role; another role needs another binding. */
export function validateBindingUpdate(next: KubeObject, old: KubeObject): StatusCause[] {
  if (semanticEqual(next.roleRef, old.roleRef)) return [];
  return [fieldInvalid('roleRef', internalForm('RoleRef', next.roleRef), 'cannot change roleRef')];
}
