import { fieldInvalid, fieldRequired } from '../../../object/field-error.ts';
import { dns1035LabelErrors, dns1123SubdomainErrors } from '../../../object/name.ts';
import type { KubeObject } from '../../../object/object.ts';
import type { StatusCause } from '../../../object/status-error.ts';
import { checkImmutable, checkOneOf, type Errors } from '../field-check.ts';
import type { Plain } from '../plain.ts';
import { checkApproval } from './definition-approval.ts';
import { checkConversion, isEstablished } from './definition-conversion.ts';
import { checkVersions } from './definition-versions.ts';

/**
 * Names, scope, versions and conversion of a CustomResourceDefinition (apiextensions validation).
 * Its schemas are checked where they are compiled, in apiserver/custom.
 */
export function validateDefinition(
  { metadata, spec, status }: KubeObject,
  old: KubeObject | undefined,
): StatusCause[] {
  const errors: Errors = [];
  const names: Plain = spec.names ?? {};
  const expected = `${names.plural ?? ''}.${spec.group ?? ''}`;
  if (metadata.name && metadata.name !== expected) {
    const text = 'must be spec.names.plural+"."+spec.group';
    errors.push(fieldInvalid('metadata.name', metadata.name, text));
  }
  checkGroup(errors, spec.group ?? '');
  checkOneOf(errors, spec.scope, 'spec.scope', ['Cluster', 'Namespaced']);
  checkVersions(errors, spec.versions ?? []);
  for (const field of ['plural', 'singular', 'kind', 'listKind']) {
    if (!names[field]) errors.push(fieldRequired(`spec.names.${field}`));
  }
  checkNames(errors, names, 'spec.names');
  checkConversion(errors, spec, old);
  checkNames(errors, status?.acceptedNames ?? {}, 'status.acceptedNames');
  return errors;
}

export function validateNewDefinition(definition: KubeObject): StatusCause[] {
  const errors: Errors = [];
  checkApproval(errors, definition, undefined);
  checkPreserved(errors, definition, undefined);
  return errors;
}

function checkGroup(errors: Errors, group: string): void {
  if (group === '') {
    errors.push(fieldRequired('spec.group'));
    return;
  }
  const problems = dns1123SubdomainErrors(group);
  if (problems.length > 0) errors.push(fieldInvalid('spec.group', group, problems.join(',')));
  else if (!group.includes('.')) {
    errors.push(fieldInvalid('spec.group', group, 'should be a domain with at least one dot'));
  }
}

function checkNames(errors: Errors, names: Plain, path: string): void {
  const check = (value: string | undefined, at: string): void => {
    const problems = value ? dns1035LabelErrors(value) : [];
    if (problems.length > 0) errors.push(fieldInvalid(at, value, problems.join(',')));
  };
  check(names.plural, `${path}.plural`);
  check(names.singular, `${path}.singular`);
  for (const field of ['kind', 'listKind']) {
    const value: string = names[field] ?? '';
    const problems = value === '' ? [] : dns1035LabelErrors(value.toLowerCase());
    if (problems.length === 0) continue;
    const text = `may have mixed case, but should otherwise match: ${problems.join(',')}`;
    errors.push(fieldInvalid(`${path}.${field}`, value, text));
  }
  for (const [i, name] of (names.shortNames ?? []).entries())
    check(name, `${path}.shortNames[${i}]`);
  if (names.kind && names.kind === names.listKind) {
    const text = 'kind and listKind may not be the same';
    errors.push(fieldInvalid(`${path}.listKind`, names.listKind, text));
  }
  for (const [i, name] of (names.categories ?? []).entries())
    check(name, `${path}.categories[${i}]`);
}

/** What was so before stays allowed. */
function checkPreserved(errors: Errors, next: KubeObject, old: KubeObject | undefined): void {
  if (next.spec.preserveUnknownFields !== true || old?.spec.preserveUnknownFields === true) return;
  const text =
    'cannot set to true, set x-kubernetes-preserve-unknown-fields to true in spec.versions[*].schema instead';
  errors.push(fieldInvalid('spec.preserveUnknownFields', true, text));
}

/** Once the names are accepted and objects exist, these can no longer change. */
export function validateDefinitionUpdate(next: KubeObject, old: KubeObject): StatusCause[] {
  const errors: Errors = [];
  if (isEstablished(old)) {
    checkImmutable(errors, next.spec.scope, old.spec.scope, 'spec.scope');
    checkImmutable(errors, next.spec.names?.kind, old.spec.names?.kind, 'spec.names.kind');
  }
  checkImmutable(errors, next.spec.group, old.spec.group, 'spec.group');
  checkImmutable(errors, next.spec.names?.plural, old.spec.names?.plural, 'spec.names.plural');
  checkStored(errors, next);
  checkApproval(errors, next, old);
  checkPreserved(errors, next, old);
  return errors;
}

function checkStored(errors: Errors, { spec, status }: KubeObject): void {
  const path = 'status.storedVersions';
  const stored: string[] = status?.storedVersions ?? [];
  if (stored.length === 0) {
    errors.push(fieldInvalid(path, stored, 'must have at least one stored version'));
    return;
  }
  const storage = (spec.versions ?? []).find((v: Plain) => v.storage === true)?.name;
  if (storage !== undefined && !stored.includes(storage)) {
    errors.push(fieldInvalid(path, stored, `must have the storage version ${storage}`));
  }
  const versions = new Set((spec.versions ?? []).map((v: Plain) => v.name));
  for (const [i, version] of stored.entries()) {
    if (versions.has(version)) continue;
    const text = `missing from spec.versions; ${version} was previously a storage version, and must remain in spec.versions until a storage migration ensures no data remains persisted in ${version} and removes ${version} from status.storedVersions`;
    errors.push(fieldInvalid(`${path}[${i}]`, version, text));
  }
}
