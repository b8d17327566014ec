import {
  fieldForbidden,
  fieldInvalid,
  fieldNotSupported,
  fieldRequired,
} from '../../../object/field-error.ts';
import { dns1123SubdomainErrors } from '../../../object/name.ts';
import type { KubeObject } from '../../../object/object.ts';
import type { StatusCause } from '../../../object/status-error.ts';
import { checkFormat, type Errors } from '../field-check.ts';
import { familyOf, newIpErrors } from '../ip-format.ts';
import type { Plain } from '../plain.ts';
import { isHeadless, needsHealthCheck } from './service-needs.ts';
import { checkBalancerClass, validateService } from './service-validation.ts';

/** What of a Service may change, before all that holds for any (ValidateServiceUpdate). */
export function validateServiceUpdate(next: KubeObject, old: KubeObject): StatusCause[] {
  const errors: Errors = [];
  const [now, before]: [Plain, Plain] = [next.spec, old.spec];
  checkAddressChange(errors, now, before);
  checkFamilyChange(errors, now, before);
  if (before.type === 'LoadBalancer' && now.type === 'LoadBalancer') {
    if ((before.loadBalancerClass ?? null) !== (now.loadBalancerClass ?? null)) {
      const text = 'may not change once set';
      errors.push(fieldInvalid('spec.loadBalancerClass', now.loadBalancerClass ?? null, text));
    }
  }
  checkBalancerClass(errors, now);
  if (needsHealthCheck(before) && needsHealthCheck(now)) {
    if (before.healthCheckNodePort !== now.healthCheckNodePort) {
      errors.push(fieldForbidden('spec.healthCheckNodePort', 'field is immutable'));
    }
  }
  return [...errors, ...validateService(next, old)];
}

/** The primary address stays; a secondary may come and, said so, go. */
function checkAddressChange(errors: Errors, next: Plain, old: Plain): void {
  if (next.type === 'ExternalName' || old.type === 'ExternalName') return;
  if (isHeadless(next) && isHeadless(old)) return;
  const [now, before]: [string[], string[]] = [next.clusterIPs ?? [], old.clusterIPs ?? []];
  const path = 'spec.clusterIPs';
  const fixed = 'may not change once set';
  if (now.length === before.length) {
    for (const [i, ip] of before.entries()) {
      if (now[i] !== ip) errors.push(fieldInvalid(`${path}[${i}]`, now, fixed));
    }
    return;
  }
  if (now.length === 0) {
    errors.push(fieldInvalid(`${path}[0]`, now, 'primary clusterIP can not be unset'));
  } else if (before.length > 0 && now[0] !== before[0]) {
    errors.push(fieldInvalid(`${path}[0]`, now, fixed));
  }
  if (now.length === 1 && before.length === 2 && next.ipFamilyPolicy !== 'SingleStack') {
    const text = "must be set to 'SingleStack' when releasing the secondary clusterIP";
    errors.push(fieldInvalid('spec.ipFamilyPolicy', next.ipFamilyPolicy ?? null, text));
  }
}

function checkFamilyChange(errors: Errors, next: Plain, old: Plain): void {
  if (next.type === 'ExternalName' || old.type === 'ExternalName') return;
  const [now, before]: [string[], string[]] = [next.ipFamilies ?? [], old.ipFamilies ?? []];
  if (before.length === 0) return;
  if (isHeadless(old) || isHeadless(next)) return;
  const path = 'spec.ipFamilies[0]';
  const fixed = 'may not change once set';
  if (now.length === before.length) {
    for (const [i, family] of before.entries()) {
      if (family !== now[i]) errors.push(fieldInvalid(path, now, fixed));
    }
    return;
  }
  if (now.length < before.length && (next.clusterIPs ?? []).length === 0) {
    errors.push(fieldInvalid(path, now, 'primary ipFamily can not be unset'));
  }
  if (now.length > 0 && now[0] !== before[0]) {
    errors.push(fieldInvalid(path, next.clusterIPs ?? null, fixed));
  }
  if (now.length === 1 && next.ipFamilyPolicy !== 'SingleStack') {
    const text = "must be set to 'SingleStack' when releasing the secondary ipFamily";
    errors.push(fieldInvalid('spec.ipFamilyPolicy', next.ipFamilyPolicy ?? null, text));
  }
}

export function validateServiceStatus(
  { spec, status }: KubeObject,
  old?: KubeObject,
): StatusCause[] {
  const errors: Errors = [];
  const ingress: Plain[] = status?.loadBalancer?.ingress ?? [];
  const path = 'status.loadBalancer.ingress';
  if (spec?.type !== 'LoadBalancer' && ingress.length > 0) {
    const why = "may only be used when `spec.type` is 'LoadBalancer'";
    errors.push(fieldForbidden(path, why));
    return errors;
  }
  const stored = (old?.status?.loadBalancer?.ingress ?? []).map((i: Plain) => i.ip);
  for (const [i, { ip, hostname, ipMode }] of ingress.entries()) {
    if (ip) checkFormat(errors, ip, `${path}[${i}].ip`, newIpErrors(stored));
    if (ip && ipMode === undefined) {
      errors.push(fieldRequired(`${path}[${i}].ipMode`, 'must be specified when `ip` is set'));
    } else if (!ip && ipMode !== undefined) {
      const why = 'may not be specified when `ip` is not set';
      errors.push(fieldForbidden(`${path}[${i}].ipMode`, why));
    } else if (ipMode !== undefined && !['Proxy', 'VIP'].includes(ipMode)) {
      errors.push(fieldNotSupported(`${path}[${i}].ipMode`, ipMode, ['Proxy', 'VIP']));
    }
    if (!hostname) continue;
    checkFormat(errors, hostname, `${path}[${i}].hostname`, dns1123SubdomainErrors);
    if (familyOf(hostname) !== undefined) {
      const text = 'must be a DNS name, not an IP address';
      errors.push(fieldInvalid(`${path}[${i}].hostname`, hostname, text));
    }
  }
  return errors;
}
