import { fieldInvalid, fieldNotSupported, fieldRequired } from '../../../object/field-error.ts';
import {
  dns1035LabelErrors,
  dns1123LabelErrors,
  dns1123SubdomainErrors,
  pathSegmentErrors,
  wildcardSubdomainErrors,
} from '../../../object/name.ts';
import type { KubeObject } from '../../../object/object.ts';
import type { StatusCause } from '../../../object/status-error.ts';
import { checkFormat, checkName, checkPort, type Errors } from '../field-check.ts';
import { familyOf, newIpErrors } from '../ip-format.ts';
import type { Plain } from '../plain.ts';
import { portNameErrors } from '../port-format.ts';

/** pkg/apis/networking/validation ValidateIngressSpec. */
export function validateIngress({ spec = {} }: KubeObject, old?: KubeObject): StatusCause[] {
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
    if (isWildcard(rule) && wildcardRulesAreWrong(old)) continue;
    checkRuleValue(errors, rule, path);
  }
  const anySecretName = secretNamesAreWrong(old);
  for (const [i, tls] of (spec.tls ?? []).entries()) {
    for (const [j, host] of (tls.hosts ?? []).entries()) {
      checkHostName(errors, host, `spec.tls[${i}].hosts[${j}]`);
    }
    if (tls.secretName && !anySecretName) {
      checkFormat(errors, tls.secretName, `spec.tls[${i}].secretName`, dns1123SubdomainErrors);
    }
  }
  if (spec.ingressClassName !== undefined) {
    checkFormat(errors, spec.ingressClassName, 'spec.ingressClassName', dns1123SubdomainErrors);
  }
  return errors;
}

type Format = (text: string) => readonly string[];

function checkRuleValue(
  errors: Errors,
  rule: Plain,
  path: string,
  serviceNameErrors: Format = dns1123LabelErrors,
): void {
  if (rule.http === undefined) return;
  const paths: Plain[] = rule.http.paths ?? [];
  if (paths.length === 0) errors.push(fieldRequired(`${path}.http.paths`));
  for (const [i, entry] of paths.entries()) {
    checkPath(errors, entry, `${path}.http.paths[${i}]`, serviceNameErrors);
  }
}

function isWildcard(rule: Plain): boolean {
  return (rule.host ?? '').includes('*');
}

/**
 * Rules of wildcard hosts were once not looked at: an ingress that has a wrong one may keep them.
 * Wrong by the rules of then, when no service began with a digit.
 */
function wildcardRulesAreWrong(old: KubeObject | undefined): boolean {
  return (old?.spec?.rules ?? []).some((rule: Plain) => {
    const errors: Errors = [];
    if (isWildcard(rule)) checkRuleValue(errors, rule, '', dns1035LabelErrors);
    return errors.length > 0;
  });
}

function secretNamesAreWrong(old: KubeObject | undefined): boolean {
  return (old?.spec?.tls ?? []).some(
    ({ secretName }: Plain) => secretName && dns1123SubdomainErrors(secretName).length > 0,
  );
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

export function ingressWarnings(
  { metadata, spec }: KubeObject,
  old: KubeObject | undefined,
): string[] {
  if (old !== undefined || metadata.annotations?.[classAnnotation] === undefined) return [];
  if (spec?.ingressClassName !== undefined) return [];
  return [
    `annotation "${classAnnotation}" is deprecated, please use 'spec.ingressClassName' instead`,
  ];
}

export function validateIngressStatus({ status }: KubeObject, old: KubeObject): StatusCause[] {
  const errors: Errors = [];
  const stored: Plain[] = old.status?.loadBalancer?.ingress ?? [];
  const addressErrors = newIpErrors(stored.map(({ ip = '' }) => ip));
  for (const [i, { ip, hostname }] of (status?.loadBalancer?.ingress ?? []).entries()) {
    const path = `status.loadBalancer.ingress[${i}]`;
    if (ip) checkFormat(errors, ip, `${path}.ip`, addressErrors);
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

function checkPath(errors: Errors, entry: Plain, path: string, serviceNameErrors: Format): void {
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
  checkBackend(errors, entry.backend ?? {}, `${path}.backend`, serviceNameErrors);
}

/** An object of any kind, by its name (validateIngressTypedLocalObjectReference). */
export function checkTypedReference(errors: Errors, reference: Plain, path: string): void {
  const { apiGroup, kind, name } = reference;
  if (apiGroup !== undefined) {
    checkFormat(errors, apiGroup, `${path}.apiGroup`, dns1123SubdomainErrors);
  }
  for (const [field, value] of Object.entries({ kind, name })) {
    checkName(errors, value, `${path}.${field}`, pathSegmentErrors);
  }
}

function checkBackend(
  errors: Errors,
  backend: Plain,
  path: string,
  serviceNameErrors: Format = dns1123LabelErrors,
): void {
  const { service, resource } = backend;
  if (service !== undefined && resource !== undefined) {
    errors.push(fieldInvalid(path, '', 'cannot set both resource and service backends'));
    return;
  }
  if (resource !== undefined) {
    checkTypedReference(errors, resource, `${path}.resource`);
    return;
  }
  if (service === undefined) {
    errors.push(fieldInvalid(path, '', 'resource or service backend is required'));
    return;
  }
  checkName(errors, service.name, `${path}.service.name`, serviceNameErrors);
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
