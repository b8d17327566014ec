import { fieldForbidden, fieldInvalid, fieldRequired } from '../../../object/field-error.ts';
import { dns1035LabelErrors, dns1123SubdomainErrors } from '../../../object/name.ts';
import type { KubeObject } from '../../../object/object.ts';
import type { StatusCause } from '../../../object/status-error.ts';
import { checkFormat, checkName, checkOneOf, checkPort, type Errors } from '../field-check.ts';
import { familyOf } from '../ip-format.ts';
import type { Plain } from '../plain.ts';
import { portNameErrors } from '../port-format.ts';

/** pkg/apis/networking/validation ValidateIngressSpec. */
export function validateIngress({ spec = {} }: KubeObject): StatusCause[] {
  const errors: Errors = [];
  const rules: Plain[] = spec.rules ?? [];
  if (rules.length === 0 && spec.defaultBackend === undefined) {
    const text = 'either `defaultBackend` or `rules` must be specified';
    errors.push(fieldInvalid('spec', rules, text));
  }
  if (spec.defaultBackend !== undefined) {
    checkBackend(errors, spec.defaultBackend, 'spec.defaultBackend');
  }
  for (const [i, rule] of rules.entries()) {
    const path = `spec.rules[${i}]`;
    if (rule.host) checkHost(errors, rule.host, `${path}.host`);
    if (rule.http === undefined) continue;
    const paths: Plain[] = rule.http.paths ?? [];
    if (paths.length === 0) errors.push(fieldRequired(`${path}.http.paths`));
    for (const [j, entry] of paths.entries()) checkPath(errors, entry, `${path}.http.paths[${j}]`);
  }
  for (const [i, tls] of (spec.tls ?? []).entries()) {
    for (const [j, host] of (tls.hosts ?? []).entries()) {
      checkFormat(
        errors,
        withoutWildcard(host),
        `spec.tls[${i}].hosts[${j}]`,
        dns1123SubdomainErrors,
      );
    }
  }
  if (spec.ingressClassName !== undefined) {
    checkFormat(errors, spec.ingressClassName, 'spec.ingressClassName', dns1123SubdomainErrors);
  }
  return errors;
}

function withoutWildcard(host: string): string {
  return host.startsWith('*.') ? host.slice(2) : host;
}

function checkHost(errors: Errors, host: string, path: string): void {
  if (familyOf(host) !== undefined) {
    errors.push(fieldInvalid(path, host, 'must be a DNS name, not an IP address'));
    return;
  }
  checkFormat(errors, withoutWildcard(host), path, dns1123SubdomainErrors);
}

const forbiddenParts = ['//', '/./', '/../', '%2f', '%2F'];
const forbiddenEnds = ['/..', '/.'];

function checkPath(errors: Errors, entry: Plain, path: string): void {
  const text: string = entry.path ?? '';
  switch (entry.pathType) {
    case undefined:
      errors.push(fieldRequired(`${path}.pathType`, 'pathType must be specified'));
      break;
    case 'Exact':
    case 'Prefix':
      if (!text.startsWith('/')) {
        errors.push(fieldInvalid(`${path}.path`, text, 'must be an absolute path'));
      }
      for (const part of forbiddenParts) {
        if (text.includes(part)) {
          errors.push(fieldInvalid(`${path}.path`, text, `must not contain '${part}'`));
        }
      }
      for (const end of forbiddenEnds) {
        if (text.endsWith(end)) {
          errors.push(fieldInvalid(`${path}.path`, text, `cannot end with '${end}'`));
        }
      }
      break;
    default: {
      const types = ['Exact', 'ImplementationSpecific', 'Prefix'];
      checkOneOf(errors, entry.pathType, `${path}.pathType`, types);
      if (text !== '' && !text.startsWith('/')) {
        errors.push(fieldInvalid(`${path}.path`, text, 'must be an absolute path'));
      }
    }
  }
  checkBackend(errors, entry.backend ?? {}, `${path}.backend`);
}

function checkBackend(errors: Errors, backend: Plain, path: string): void {
  const { service, resource } = backend;
  if (service !== undefined && resource !== undefined) {
    errors.push(fieldInvalid(path, '', 'cannot set both resource and service backends'));
    return;
  }
  if (resource !== undefined) {
    for (const field of ['kind', 'name']) {
      if (!resource[field]) errors.push(fieldRequired(`${path}.resource.${field}`));
    }
    return;
  }
  if (service === undefined) {
    errors.push(fieldRequired(path, 'resource or service backend is required'));
    return;
  }
  checkName(errors, service.name, `${path}.service.name`, dns1035LabelErrors);
  const { name, number } = service.port ?? {};
  const at = `${path}.service.port`;
  if (name && number) {
    errors.push(fieldForbidden(at, 'cannot set both port name & port number'));
  } else if (name) {
    for (const message of portNameErrors(name))
      errors.push(fieldInvalid(`${at}.name`, name, message));
  } else if (number) checkPort(errors, number, `${at}.number`);
  else errors.push(fieldRequired(at, 'port name or number is required'));
}
