import { fieldInvalid, fieldNotSupported, fieldRequired } from '../../../object/field-error.ts';
import { dns1035LabelErrors, dns1123SubdomainErrors } from '../../../object/name.ts';
import type { KubeObject } from '../../../object/object.ts';
import type { StatusCause } from '../../../object/status-error.ts';
import { checkFormat, checkImmutable, checkName, type Errors } from '../field-check.ts';
import type { Plain } from '../plain.ts';

/**
 * Names, scope, versions and conversion of a CustomResourceDefinition (apiextensions validation).
 * Its schemas are checked where they are compiled, in apiserver/custom.
 */
export function validateDefinition({ metadata, spec }: KubeObject): StatusCause[] {
  const errors: Errors = [];
  const names: Plain = spec.names ?? {};
  const expected = `${names.plural ?? ''}.${spec.group ?? ''}`;
  if (metadata.name !== expected) {
    const text = 'must be spec.names.plural+"."+spec.group';
    errors.push(fieldInvalid('metadata.name', metadata.name ?? '', text));
  }
  checkGroup(errors, spec.group ?? '');
  if (!['Cluster', 'Namespaced'].includes(spec.scope)) {
    errors.push(fieldNotSupported('spec.scope', spec.scope ?? '', ['Cluster', 'Namespaced']));
  }
  checkNames(errors, names);
  checkVersions(errors, spec.versions ?? []);
  checkConversion(errors, spec.conversion ?? {});
  if (spec.preserveUnknownFields === true) {
    const text = 'must be false in order to use defaults in the schema';
    errors.push(fieldInvalid('spec.preserveUnknownFields', true, text));
  }
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

function checkNames(errors: Errors, names: Plain): void {
  const path = 'spec.names';
  checkName(errors, names.plural, `${path}.plural`, dns1035LabelErrors);
  checkName(errors, names.singular, `${path}.singular`, dns1035LabelErrors);
  for (const field of ['kind', 'listKind']) {
    const value: string = names[field] ?? '';
    if (value === '') {
      errors.push(fieldRequired(`${path}.${field}`));
      continue;
    }
    const problems = dns1035LabelErrors(value.toLowerCase());
    if (problems.length === 0) continue;
    const text = `may have mixed case, but should otherwise match: ${problems.join(',')}`;
    errors.push(fieldInvalid(`${path}.${field}`, value, text));
  }
  if (names.kind !== undefined && names.kind === names.listKind) {
    const text = 'kind and listKind may not be the same';
    errors.push(fieldInvalid(`${path}.listKind`, names.listKind, text));
  }
  for (const list of ['shortNames', 'categories']) {
    for (const [i, name] of (names[list] ?? []).entries()) {
      checkFormat(errors, name, `${path}.${list}[${i}]`, dns1035LabelErrors);
    }
  }
}

function checkVersions(errors: Errors, versions: Plain[]): void {
  const path = 'spec.versions';
  const seen = new Set<string>();
  for (const [i, version] of versions.entries()) {
    const at = `${path}[${i}]`;
    if (seen.has(version.name)) {
      const text = 'must contain unique version names';
      errors.push(fieldInvalid(path, version.name, text));
    }
    seen.add(version.name);
    checkFormat(errors, version.name ?? '', `${at}.name`, dns1035LabelErrors);
    if (version.schema?.openAPIV3Schema === undefined) {
      const text = 'schemas are required';
      errors.push(fieldRequired(`${at}.schema.openAPIV3Schema`, text));
    }
    if (version.deprecationWarning !== undefined && version.deprecated !== true) {
      const text = 'can only be set for deprecated versions';
      errors.push(fieldInvalid(`${at}.deprecationWarning`, version.deprecationWarning, text));
    }
    checkScale(errors, version.subresources?.scale, `${at}.subresources.scale`);
  }
  if (versions.filter((v) => v.storage === true).length !== 1) {
    const text = 'must have exactly one version marked as storage version';
    errors.push(fieldInvalid(path, versions, text));
  }
}

function checkScale(errors: Errors, scale: Plain | undefined, path: string): void {
  if (scale === undefined) return;
  const rules: [string, string][] = [
    ['specReplicasPath', '.spec.'],
    ['statusReplicasPath', '.status.'],
  ];
  for (const [field, prefix] of rules) {
    const value: string = scale[field] ?? '';
    if (value === '') errors.push(fieldRequired(`${path}.${field}`));
    else if (!value.startsWith(prefix)) {
      const text = `should be a json path under ${prefix.slice(0, -1)}`;
      errors.push(fieldInvalid(`${path}.${field}`, value, text));
    }
  }
  const selector: string | undefined = scale.labelSelectorPath;
  if (selector && !/^\.(spec|status)\./.test(selector)) {
    const text = 'should be a json path under either .spec or .status';
    errors.push(fieldInvalid(`${path}.labelSelectorPath`, selector, text));
  }
}

function checkConversion(errors: Errors, conversion: Plain): void {
  const path = 'spec.conversion';
  switch (conversion.strategy) {
    case 'None':
      if (conversion.webhook !== undefined) {
        const message = 'Forbidden: should not be set when strategy is not set to Webhook';
        errors.push({ reason: 'FieldValueForbidden', message, field: `${path}.webhook` });
      }
      return;
    case 'Webhook': {
      const client = conversion.webhook?.clientConfig;
      const at = `${path}.webhookClientConfig`;
      if (client === undefined) {
        errors.push(fieldRequired(at, 'required when strategy is set to Webhook'));
      } else if ((client.url === undefined) === (client.service === undefined)) {
        errors.push(fieldRequired(at, 'exactly one of url or service is required'));
      }
      const versions: string[] = conversion.webhook?.conversionReviewVersions ?? [];
      const field = `${path}.conversionReviewVersions`;
      if (versions.length === 0) errors.push(fieldRequired(field));
      else if (!versions.some((v) => v === 'v1' || v === 'v1beta1')) {
        const text = 'must include at least one of v1, v1beta1';
        errors.push(fieldInvalid(field, versions, text));
      }
      return;
    }
    default: {
      const supported = ['None', 'Webhook'];
      errors.push(fieldNotSupported(`${path}.strategy`, conversion.strategy ?? '', supported));
    }
  }
}

/** Once the names are accepted and objects exist, these can no longer change. */
export function validateDefinitionUpdate(next: KubeObject, old: KubeObject): StatusCause[] {
  const errors: Errors = [];
  checkImmutable(errors, next.spec.group, old.spec.group, 'spec.group');
  const established = (old.status?.conditions ?? []).some(
    (c: Plain) => c.type === 'Established' && c.status === 'True',
  );
  if (established) {
    checkImmutable(errors, next.spec.scope, old.spec.scope, 'spec.scope');
    checkImmutable(errors, next.spec.names?.kind, old.spec.names?.kind, 'spec.names.kind');
  }
  checkImmutable(errors, next.spec.names?.plural, old.spec.names?.plural, 'spec.names.plural');
  const versions = new Set((next.spec.versions ?? []).map((v: Plain) => v.name));
  for (const [i, stored] of (next.status?.storedVersions ?? []).entries()) {
    if (versions.has(stored)) continue;
    const text = 'must appear in spec.versions';
    errors.push(fieldInvalid(`status.storedVersions[${i}]`, stored, text));
  }
  return errors;
}
