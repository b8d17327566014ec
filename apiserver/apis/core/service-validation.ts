import {
  fieldDuplicate,
  fieldForbidden,
  fieldInvalid,
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
import { cidrErrors, newCidrErrors, newIpErrors } from '../ip-format.ts';
import type { Plain } from '../plain.ts';
import { portErrors } from '../port-format.ts';
import { checkLabels } from '../selector-validation.ts';
import { checkOrdinaryAddress } from '../special-address.ts';
import { checkClusterIps } from './service-cluster-ip-validation.ts';
import {
  isExternallyAccessible,
  isHeadless,
  needsClusterIp,
  needsHealthCheck,
} from './service-needs.ts';
import { oldTopology, topologyMode } from './service-warnings.ts';

/**
 * Services once their addresses and ports are allocated (core validation validateService). With
 * `old`, addresses it has already are not judged again.
 */
export function validateService({ metadata, spec }: KubeObject, old?: KubeObject): StatusCause[] {
  const errors: Errors = [];
  const annotations = metadata.annotations ?? {};
  checkTopology(errors, annotations);
  const ports: Plain[] = spec.ports ?? [];
  if (ports.length === 0 && !isHeadless(spec) && spec.type !== 'ExternalName') {
    errors.push(fieldRequired('spec.ports'));
  }
  checkType(errors, spec);
  checkPorts(errors, ports);
  checkLabels(errors, spec.selector, 'spec.selector');
  checkAffinity(errors, spec);
  checkClusterIps(errors, spec, old?.spec);
  for (const [i, ip] of (spec.externalIPs ?? []).entries()) {
    const before = errors.length;
    const format = newIpErrors(old?.spec.externalIPs);
    checkFormat(errors, ip, `spec.externalIPs[${i}]`, format);
    if (errors.length === before) checkOrdinaryAddress(errors, ip, `spec.externalIPs[${i}]`);
  }
  const types = ['ClusterIP', 'ExternalName', 'LoadBalancer', 'NodePort'];
  checkOneOf(errors, spec.type, 'spec.type', types);
  checkNodePorts(errors, spec, ports);
  checkSourceRanges(errors, spec, annotations, old);
  checkLoadBalancer(errors, spec);
  checkTrafficPolicies(errors, spec);
  return errors;
}

function checkTopology(errors: Errors, annotations: Record<string, string>): void {
  const [old, mode] = [annotations[oldTopology], annotations[topologyMode]];
  if (old === undefined || mode === undefined || old === mode) return;
  const text = `must match annotations[${oldTopology}] when both are specified`;
  errors.push(fieldInvalid(`metadata.annotations[${topologyMode}]`, mode, text));
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
    if (port.appProtocol !== undefined) {
      checkFormat(errors, port.appProtocol, `${at}.appProtocol`, labelKeyErrors);
    }
  }
}

function checkAffinity(errors: Errors, spec: Plain): void {
  const kinds = ['ClientIP', 'None'];
  checkOneOf(errors, spec.sessionAffinity, 'spec.sessionAffinity', kinds);
  const path = 'spec.sessionAffinityConfig';
  if (spec.sessionAffinity === 'ClientIP') {
    const config = spec.sessionAffinityConfig;
    const seconds = config?.clientIP?.timeoutSeconds;
    const text = `when session affinity type is ClientIP`;
    if (!config) errors.push(fieldRequired(path, text));
    else if (!config.clientIP) errors.push(fieldRequired(`${path}.clientIP`, text));
    else if (seconds === undefined) {
      errors.push(fieldRequired(`${path}.clientIP.timeoutSeconds`, text));
    } else if (seconds <= 0 || seconds > 86400) {
      const range = 'must be greater than 0 and less than 86400';
      errors.push(fieldInvalid(`${path}.clientIP.timeoutSeconds`, seconds, range));
    }
  } else if (spec.sessionAffinity === 'None' && spec.sessionAffinityConfig !== undefined) {
    errors.push(fieldForbidden(path, 'must not be set when session affinity is None'));
  }
}

function checkNodePorts(errors: Errors, spec: Plain, ports: Plain[]): void {
  for (const [i, { nodePort }] of ports.entries()) {
    if (!nodePort || spec.type !== 'ClusterIP') continue;
    const why = "may not be used when `type` is 'ClusterIP'";
    errors.push(fieldForbidden(`spec.ports[${i}].nodePort`, why));
  }
  const seen = new Set<string>();
  for (const [i, { nodePort, protocol }] of ports.entries()) {
    if (!nodePort) continue;
    const key = `${protocol}/${nodePort}`;
    if (seen.has(key)) errors.push(fieldDuplicate(`spec.ports[${i}].nodePort`, nodePort));
    seen.add(key);
  }
  const taken = new Set<string>();
  for (const [i, { protocol, port }] of ports.entries()) {
    const key = `${protocol}/${port}`;
    if (taken.has(key)) errors.push(fieldDuplicate(`spec.ports[${i}]`, shownPort(protocol, port)));
    taken.add(key);
  }
}

/** The fields of upstream's internal type, which is what its message shows. */
function shownPort(protocol: string, port: number): Plain {
  return {
    Name: '',
    Protocol: protocol,
    AppProtocol: null,
    Port: port,
    TargetPort: 0,
    NodePort: 0,
  };
}

const onlyBalanced = "may only be used when `type` is 'LoadBalancer'";

/** The field, or else the annotation that came before it. */
function checkSourceRanges(
  errors: Errors,
  spec: Plain,
  annotations: Record<string, string>,
  old: KubeObject | undefined,
): void {
  const isLoadBalancer = spec.type === 'LoadBalancer';
  const ranges: string[] = spec.loadBalancerSourceRanges ?? [];
  if (ranges.length > 0) {
    const path = 'spec.LoadBalancerSourceRanges';
    if (!isLoadBalancer) errors.push(fieldForbidden(path, onlyBalanced));
    const before: string[] = old?.spec.loadBalancerSourceRanges ?? [];
    const stored = before.map((range) => range.trim());
    for (const [i, range] of ranges.entries()) {
      checkFormat(errors, range.trim(), `${path}[${i}]`, newCidrErrors(stored));
    }
    return;
  }
  const key = 'service.beta.kubernetes.io/load-balancer-source-ranges';
  const text = annotations[key];
  if (text === undefined) return;
  const path = `metadata.annotations[${key}]`;
  if (!isLoadBalancer) errors.push(fieldForbidden(path, onlyBalanced));
  if (text.trim() === '' || old?.metadata.annotations?.[key] === text) return;
  for (const range of text.split(',')) checkFormat(errors, range.trim(), path, cidrErrors);
}

function checkLoadBalancer(errors: Errors, spec: Plain): void {
  const isLoadBalancer = spec.type === 'LoadBalancer';
  const allocate = spec.allocateLoadBalancerNodePorts;
  if (allocate !== undefined && !isLoadBalancer) {
    errors.push(fieldForbidden('spec.allocateLoadBalancerNodePorts', onlyBalanced));
  }
  if (allocate === undefined && isLoadBalancer) {
    errors.push(fieldRequired('allocateLoadBalancerNodePorts'));
  }
  checkBalancerClass(errors, spec);
}

export function checkBalancerClass(errors: Errors, spec: Plain): void {
  const name = spec.loadBalancerClass;
  if (name === undefined) return;
  const path = 'spec.loadBalancerClass';
  if (spec.type === 'LoadBalancer') checkFormat(errors, name, path, labelKeyErrors);
  else errors.push(fieldForbidden(path, onlyBalanced));
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
  const distributions = ['PreferClose', 'PreferSameZone', 'PreferSameNode'];
  checkOptionalOneOf(errors, spec.trafficDistribution, 'spec.trafficDistribution', distributions);
}
