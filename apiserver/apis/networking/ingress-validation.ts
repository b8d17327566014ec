import { fieldInvalid, fieldNotSupported, fieldRequired } from '../../../object/field-error.ts';
import {
  dns1035LabelErrors,
  dns1123SubdomainErrors,
  pathSegmentErrors,
  wildcardSubdomainErrors,
} from '../../../object/name.ts';
import type { KubeObject } from '../../../object/object.ts';
import type { StatusCause } from '../../../object/status-error.ts';
import { checkFormat, checkName, checkPort, type Errors } from '../field-check.ts';
import { familyOf, ipErrors } from '../ip-format.ts';
import type { Plain } from '../plain.ts';
import { portNameErrors } from '../port-format.ts';

/** pkg/apis/networking/validation ValidateIngressSpec. */
export function validateIngress({ spec = {} }: KubeObject): StatusCause[] {
  const errors: Errors = [];
  const rules: Plain[] = spec.rules ?? [];
  if (rules.length === 0 && spec.defaultBackend === undefined) {
    const text = 'either `defaultBackend` or `rules` must be specified';
    errors.push(fieldInvalid('spec', null, text));
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
      checkHostName(errors, host, `spec.tls[${i}].hosts[${j}]`);
    }
    if (tls.secretName) {
      checkFormat(errors, tls.secretName, `spec.tls[${i}].secretName`, dns1123SubdomainErrors);
    }
  }
  if (spec.ingressClassName !== undefined) {
    checkFormat(errors, spec.ingressClassName, 'spec.ingressClassName', dns1123SubdomainErrors);
  }
  return errors;
}

const classAnnotation = 'kubernetes.io/ingress.class';

/** Of a new one: the class said in two places must be one class. */
export function validateNewIngress({ metadata, spec }: KubeObject): StatusCause[] {
  const said = metadata.annotations?.[classAnnotation];
  const name: string | undefined = spec?.ingressClassName;
  if (said === undefined || name === undefined || said === name) return [];
  const text = 'must match `ingressClassName` when both are specified';
  return [fieldInvalid(`annotations.${classAnnotation}`, said, text)];
}

export function ingressWarnings({ metadata }: KubeObject, old: KubeObject | undefined): string[] {
  if (old !== undefined || metadata.annotations?.[classAnnotation] === undefined) return [];
  return [
    `annotation "${classAnnotation}" is deprecated, please use 'spec.ingressClassName' instead`,
  ];
}

export function validateIngressStatus({ status }: KubeObject): StatusCause[] {
  const errors: Errors = [];
  for (const [i, { ip, hostname }] of (status?.loadBalancer?.ingress ?? []).entries()) {
    const path = `status.loadBalancer.ingress[${i}]`;
    if (ip) checkFormat(errors, ip, `${path}.ip`, ipErrors);
    if (!hostname) continue;
    checkFormat(errors, hostname, `${path}.hostname`, dns1123SubdomainErrors);
    if (familyOf(hostname) !== undefined) {
      errors.push(fieldInvalid(`${path}.hostname`, hostname, notAnAddress));
    }
  }
  return errors;
}

const notAnAddress = 'must be a DNS name, not an IP address';

function checkHost(errors: Errors, host: string, path: string): void {
  if (familyOf(host) !== undefined) errors.push(fieldInvalid(path, host, notAnAddress));
  checkHostName(errors, host, path);
}

function checkHostName(errors: Errors, host: string, path: string): void {
  const format = host.includes('*') ? wildcardSubdomainErrors : dns1123SubdomainErrors;
  checkFormat(errors, host, path, format);
}

const forbiddenParts = ['//', '/./', '/../', '%2f', '%2F'];
const forbiddenEnds = ['/..', '/.'];

function checkPath(errors: Errors, entry: Plain, path: string): void {
  const text: string = entry.path ?? '';
  switch (entry.pathType) {
    case undefined:
      errors.push(fieldRequired(`${path}.pathType`, 'pathType must be specified'));
      return;
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
    case 'ImplementationSpecific':
      if (text !== '' && !text.startsWith('/')) {
        errors.push(fieldInvalid(`${path}.path`, text, 'must be an absolute path'));
      }
      break;
    default: {
      const types = ['Exact', 'ImplementationSpecific', 'Prefix'];
      errors.push(fieldNotSupported(`${path}.pathType`, entry.pathType, types));
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
    const { apiGroup, kind, name } = resource;
    const at = `${path}.resource`;
    if (apiGroup !== undefined) {
      checkFormat(errors, apiGroup, `${at}.apiGroup`, dns1123SubdomainErrors);
    }
    checkName(errors, kind, `${at}.kind`, pathSegmentErrors);
    checkName(errors, name, `${at}.name`, pathSegmentErrors);
    return;
  }
  if (service === undefined) {
    errors.push(fieldInvalid(path, '', 'resource or service backend is required'));
    return;
  }
  checkName(errors, service.name, `${path}.service.name`, dns1035LabelErrors);
  const { name, number } = service.port ?? {};
  const at = `${path}.service.port`;
  if (name && number) {
    errors.push(fieldInvalid(path, '', 'cannot set both port name & port number'));
  } else if (name) {
    for (const message of portNameErrors(name))
      errors.push(fieldInvalid(`${at}.name`, name, message));
  } else if (number) checkPort(errors, number, `${at}.number`);
  else errors.push(fieldRequired(path, 'port name or number is required'));
}
