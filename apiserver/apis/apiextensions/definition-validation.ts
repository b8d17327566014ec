import { fieldInvalid, fieldRequired } from '../../../object/field-error.ts';
import { dns1035LabelErrors, dns1123SubdomainErrors } from '../../../object/name.ts';
import type { KubeObject } from '../../../object/object.ts';
import type { StatusCause } from '../../../object/status-error.ts';
import { checkImmutable, checkOneOf, type Errors } from '../field-check.ts';
import type { Plain } from '../plain.ts';
import { checkApproval } from './definition-approval.ts';
import { checkConversion, isEstablished } from './definition-conversion.ts';
import { checkShared, checkVersions } from './definition-versions.ts';

/**
 * Names, scope, versions and conversion of a CustomResourceDefinition (apiextensions validation).
 * @param old as it was, of an update
 */
export function validateDefinition(next: KubeObject, old: KubeObject | undefined): StatusCause[] {
  const errors: Errors = [];
  const names: Plain = next.spec.names ?? {};
  const expected = `${names.plural ?? ''}.${next.spec.group ?? ''}`;
  if (old === undefined && next.metadata.name && next.metadata.name !== expected) {
    const text = 'must be spec.names.plural+"."+spec.group';
    errors.push(fieldInvalid('metadata.name', next.metadata.name, text));
  }
  checkSpec(errors, next, old);
  if (old !== undefined) checkFixed(errors, next, old);
  checkNames(errors, next['status']?.acceptedNames ?? {}, 'status.acceptedNames');
  checkStored(errors, next);
  checkApproval(errors, next, old);
  checkPreserved(errors, next, old);
  return errors;
}

export function validateDefinitionUpdate(next: KubeObject, old: KubeObject): StatusCause[] {
  return validateDefinition(next, old);
}

/** A write to the status: the spec is as it was. */
export function validateDefinitionStatus({ status }: KubeObject): StatusCause[] {
  const errors: Errors = [];
  checkNames(errors, status?.acceptedNames ?? {}, 'status.acceptedNames');
  return errors;
}

function checkSpec(errors: Errors, { spec }: KubeObject, old: KubeObject | undefined): void {
  const names: Plain = spec.names ?? {};
  checkGroup(errors, spec.group ?? '');
  checkOneOf(errors, spec.scope, 'spec.scope', ['Cluster', 'Namespaced']);
  checkVersions(errors, spec, old);
  for (const field of ['plural', 'singular', 'kind', 'listKind']) {
    if (!names[field]) errors.push(fieldRequired(`spec.names.${field}`));
  }
  checkNames(errors, names, 'spec.names');
  checkShared(errors, spec, old);
  checkConversion(errors, spec, old);
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
  const check = (value: string, at: string): void => {
    const problems = dns1035LabelErrors(value);
    if (problems.length > 0) errors.push(fieldInvalid(at, value, problems.join(',')));
  };
  for (const field of ['plural', 'singular'])
    if (names[field]) check(names[field], `${path}.${field}`);
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
function checkFixed(errors: Errors, next: KubeObject, old: KubeObject): void {
  if (isEstablished(old)) {
    checkImmutable(errors, next.spec.scope, old.spec.scope, 'spec.scope');
    checkImmutable(errors, next.spec.names?.kind, old.spec.names?.kind, 'spec.names.kind');
  }
  checkImmutable(errors, next.spec.group, old.spec.group, 'spec.group');
  checkImmutable(errors, next.spec.names?.plural, old.spec.names?.plural, 'spec.names.plural');
}

function checkStored(errors: Errors, { spec, status }: KubeObject): void {
  const path = 'status.storedVersions';
  const stored: string[] = status?.storedVersions ?? [];
  if (stored.length === 0) {
    errors.push(fieldInvalid(path, stored, 'must have at least one stored version'));
    return;
  }
  for (const { name = '', storage } of (spec.versions ?? []) as Plain[]) {
    if (storage !== true || stored.includes(name)) continue;
    errors.push(fieldInvalid(path, stored, `must have the storage version ${name}`));
  }
  const versions = new Set((spec.versions ?? []).map((v: Plain) => v.name ?? ''));
  for (const [i, version] of stored.entries()) {
    if (versions.has(version)) continue;
    const text = `missing from spec.versions; ${version} was previously a storage version, and must remain in spec.versions until a storage migration ensures no data remains persisted in ${version} and removes ${version} from status.storedVersions`;
    errors.push(fieldInvalid(`${path}[${i}]`, version, text));
  }
}
