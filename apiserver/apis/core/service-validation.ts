import {
  fieldDuplicate,
  fieldForbidden,
  fieldInvalid,
  fieldNotSupported,
  fieldRequired,
} from '../../../object/field-error.ts';
import {
  dns1123LabelErrors,
  dns1123SubdomainErrors,
  labelKeyErrors,
} from '../../../object/name.ts';
import type { KubeObject } from '../../../object/object.ts';
import type { StatusCause } from '../../../object/status-error.ts';
import {
  checkFormat,
  checkOneOf,
  checkOptionalOneOf,
  checkPort,
  checkRange,
  type Errors,
} from '../field-check.ts';
import { cidrErrors, ipErrors } from '../ip-format.ts';
import type { Plain } from '../plain.ts';
import { portErrors } from '../port-format.ts';
import { checkLabels } from '../selector-validation.ts';
import { checkClusterIps } from './service-cluster-ip-validation.ts';
import {
  isExternallyAccessible,
  isHeadless,
  needsClusterIp,
  needsHealthCheck,
} from './service-needs.ts';

/** Services once their addresses and ports are allocated (core validation ValidateService). */
export function validateService({ spec }: KubeObject): StatusCause[] {
  const errors: Errors = [];
  const ports: Plain[] = spec.ports ?? [];
  if (ports.length === 0 && !isHeadless(spec) && spec.type !== 'ExternalName') {
    errors.push(fieldRequired('spec.ports'));
  }
  checkType(errors, spec);
  checkPorts(errors, ports);
  checkLabels(errors, spec.selector, 'spec.selector');
  checkAffinity(errors, spec);
  checkClusterIps(errors, spec);
  for (const [i, ip] of (spec.externalIPs ?? []).entries()) {
    checkFormat(errors, ip, `spec.externalIPs[${i}]`, ipErrors);
  }
  const types = ['ClusterIP', 'ExternalName', 'LoadBalancer', 'NodePort'];
  checkOneOf(errors, spec.type, 'spec.type', types);
  checkNodePorts(errors, spec, ports);
  checkLoadBalancer(errors, spec);
  checkTrafficPolicies(errors, spec);
  return errors;
}

function checkType(errors: Errors, spec: Plain): void {
  switch (spec.type) {
    case 'LoadBalancer':
    case 'NodePort':
      if (isHeadless(spec)) {
        const text = `may not be set to 'None' for ${spec.type} services`;
        errors.push(fieldInvalid('spec.clusterIPs[0]', 'None', text));
      }
      return;
    case 'ExternalName': {
      const why = 'may not be set for ExternalName services';
      for (const field of ['clusterIPs', 'ipFamilies']) {
        if ((spec[field] ?? []).length > 0) errors.push(fieldForbidden(`spec.${field}`, why));
      }
      if (spec.ipFamilyPolicy !== undefined) {
        errors.push(fieldForbidden('spec.ipFamilyPolicy', why));
      }
      // A CNAME may end with a dot.
      const cname = (spec.externalName ?? '').replace(/\.$/, '');
      if (cname === '') errors.push(fieldRequired('spec.externalName'));
      else checkFormat(errors, cname, 'spec.externalName', dns1123SubdomainErrors);
      return;
    }
    default:
  }
}

function checkPorts(errors: Errors, ports: Plain[]): void {
  const names = new Set<string>();
  const seen = new Set<string>();
  for (const [i, port] of ports.entries()) {
    const at = `spec.ports[${i}]`;
    if (port.name) {
      checkFormat(errors, port.name, `${at}.name`, dns1123LabelErrors);
      if (names.has(port.name)) errors.push(fieldDuplicate(`${at}.name`, port.name));
      names.add(port.name);
    } else if (ports.length > 1) errors.push(fieldRequired(`${at}.name`));
    checkPort(errors, port.port ?? 0, `${at}.port`);
    checkOneOf(errors, port.protocol, `${at}.protocol`, ['SCTP', 'TCP', 'UDP']);
    for (const message of portErrors(port.targetPort ?? 0)) {
      errors.push(fieldInvalid(`${at}.targetPort`, port.targetPort ?? 0, message));
    }
    if (port.appProtocol)
      checkFormat(errors, port.appProtocol, `${at}.appProtocol`, labelKeyErrors);
  }
  for (const [i, { protocol, port }] of ports.entries()) {
    const key = `${protocol}/${port}`;
    if (seen.has(key)) errors.push(fieldDuplicate(`spec.ports[${i}]`, { protocol, port }));
    seen.add(key);
  }
}

function checkAffinity(errors: Errors, spec: Plain): void {
  const kinds = ['ClientIP', 'None'];
  checkOneOf(errors, spec.sessionAffinity, 'spec.sessionAffinity', kinds);
  const path = 'spec.sessionAffinityConfig';
  if (spec.sessionAffinity === 'ClientIP') {
    const seconds = spec.sessionAffinityConfig?.clientIP?.timeoutSeconds;
    const text = `when session affinity type is ClientIP`;
    if (seconds === undefined) errors.push(fieldRequired(path, text));
    else if (seconds <= 0 || seconds > 86400) {
      const range = 'must be greater than 0 and less than 86400';
      errors.push(fieldInvalid(`${path}.clientIP.timeoutSeconds`, seconds, range));
    }
  } else if (spec.sessionAffinity === 'None' && spec.sessionAffinityConfig !== undefined) {
    errors.push(fieldForbidden(path, 'must not be set when session affinity is None'));
  }
}

function checkNodePorts(errors: Errors, spec: Plain, ports: Plain[]): void {
  const seen = new Set<string>();
  for (const [i, { nodePort, protocol }] of ports.entries()) {
    if (!nodePort) continue;
    const at = `spec.ports[${i}].nodePort`;
    if (spec.type === 'ClusterIP') {
      errors.push(fieldForbidden(at, "may not be used when `type` is 'ClusterIP'"));
    }
    const key = `${protocol}/${nodePort}`;
    if (seen.has(key)) errors.push(fieldDuplicate(at, nodePort));
    seen.add(key);
  }
}

function checkLoadBalancer(errors: Errors, spec: Plain): void {
  const only = "may only be used when `type` is 'LoadBalancer'";
  const isLoadBalancer = spec.type === 'LoadBalancer';
  const ranges: string[] = spec.loadBalancerSourceRanges ?? [];
  const path = 'spec.LoadBalancerSourceRanges';
  if (ranges.length > 0 && !isLoadBalancer) errors.push(fieldForbidden(path, only));
  for (const [i, range] of ranges.entries()) {
    checkFormat(errors, range.trim(), `${path}[${i}]`, cidrErrors);
  }
  if (spec.allocateLoadBalancerNodePorts !== undefined && !isLoadBalancer) {
    errors.push(fieldForbidden('spec.allocateLoadBalancerNodePorts', only));
  }
  if (spec.loadBalancerClass === undefined) return;
  if (!isLoadBalancer) errors.push(fieldForbidden('spec.loadBalancerClass', only));
  else checkFormat(errors, spec.loadBalancerClass, 'spec.loadBalancerClass', labelKeyErrors);
}

function checkTrafficPolicies(errors: Errors, spec: Plain): void {
  const policies = ['Cluster', 'Local'];
  const external = spec.externalTrafficPolicy;
  const path = 'spec.externalTrafficPolicy';
  if (isExternallyAccessible(spec)) checkOneOf(errors, external, path, policies);
  else if (external) {
    const text = 'may only be set for externally-accessible services';
    errors.push(fieldInvalid(path, external, text));
  }
  const port = spec.healthCheckNodePort;
  const at = 'spec.healthCheckNodePort';
  if (needsHealthCheck(spec)) {
    if (!port) errors.push(fieldRequired(at));
    else checkRange(errors, port, at, [1, 65535]);
  } else if (port) {
    const text =
      "may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'";
    errors.push(fieldInvalid(at, port, text));
  }
  if (needsClusterIp(spec) && spec.internalTrafficPolicy === undefined) {
    errors.push(fieldRequired('spec.internalTrafficPolicy'));
  }
  checkOptionalOneOf(errors, spec.internalTrafficPolicy, 'spec.internalTrafficPolicy', policies);
  const distributions = ['PreferClose', 'PreferSameNode', 'PreferSameZone'];
  checkOptionalOneOf(errors, spec.trafficDistribution, 'spec.trafficDistribution', distributions);
}

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
  if (needsHealthCheck(before) && needsHealthCheck(now)) {
    if (before.healthCheckNodePort !== now.healthCheckNodePort) {
      errors.push(fieldForbidden('spec.healthCheckNodePort', 'field is immutable'));
    }
  }
  return errors;
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
  if (isHeadless(old) && isHeadless(next) && Object.keys(next.selector ?? {}).length === 0) return;
  const path = 'spec.ipFamilies';
  if (now.length === 0) {
    errors.push(fieldInvalid(`${path}[0]`, now, 'primary ipFamily can not be unset'));
  } else if (now[0] !== before[0]) {
    errors.push(fieldInvalid(`${path}[0]`, now, 'may not change once set'));
  }
}

export function validateServiceStatus({ spec, status }: KubeObject): StatusCause[] {
  const errors: Errors = [];
  const ingress: Plain[] = status?.loadBalancer?.ingress ?? [];
  const path = 'status.loadBalancer.ingress';
  if (spec?.type !== 'LoadBalancer' && ingress.length > 0) {
    const why = 'may only be used when `spec.type` is "LoadBalancer"';
    errors.push(fieldForbidden(path, why));
    return errors;
  }
  for (const [i, { ip, hostname, ipMode }] of ingress.entries()) {
    if (ip) checkFormat(errors, ip, `${path}[${i}].ip`, ipErrors);
    if (ip && ipMode === undefined) {
      errors.push(fieldRequired(`${path}[${i}].ipMode`, 'must be specified when `ip` is set'));
    } else if (!ip && ipMode !== undefined) {
      const why = 'may not be specified when `ip` is not set';
      errors.push(fieldForbidden(`${path}[${i}].ipMode`, why));
    } else if (ipMode !== undefined && !['Proxy', 'VIP'].includes(ipMode)) {
      errors.push(fieldNotSupported(`${path}[${i}].ipMode`, ipMode, ['Proxy', 'VIP']));
    }
    if (hostname) checkFormat(errors, hostname, `${path}[${i}].hostname`, dns1123SubdomainErrors);
  }
  return errors;
}
