import type { Plain } from '../plain.ts';

/** What a Service of a type has or may have (pkg/api/service, registry/core/service strategy). */

export function needsClusterIp(spec: Plain): boolean {
  return ['ClusterIP', 'NodePort', 'LoadBalancer'].includes(spec.type);
}

export function needsNodePort(spec: Plain): boolean {
  if (spec.type === 'NodePort') return true;
  return spec.type === 'LoadBalancer' && spec.allocateLoadBalancerNodePorts !== false;
}

export function hasNodePorts(spec: Plain): boolean {
  return spec.type === 'NodePort' || spec.type === 'LoadBalancer';
}

export function needsHealthCheck(spec: Plain): boolean {
  return spec.type === 'LoadBalancer' && spec.externalTrafficPolicy === 'Local';
}

export function isHeadless(spec: Plain): boolean {
  return spec.clusterIPs?.length === 1 && spec.clusterIPs[0] === 'None';
}

export function isExternallyAccessible(spec: Plain): boolean {
  if (hasNodePorts(spec)) return true;
  return spec.type === 'ClusterIP' && (spec.externalIPs ?? []).length > 0;
}
