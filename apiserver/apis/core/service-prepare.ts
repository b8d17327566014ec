import { semanticEqual } from '../../../object/equal.ts';
import type { KubeObject } from '../../../object/object.ts';
import { keepStatus } from '../field-check.ts';
import { type Plain, setTextDefaults } from '../plain.ts';
import {
  hasNodePorts,
  isExternallyAccessible,
  needsClusterIp,
  needsHealthCheck,
  needsNodePort,
} from './service-needs.ts';

/** Defaults of a Service and what an update takes over (pkg/apis/core/v1 defaults, service strategy). */

/** Three hours: how long a client stays with its pod under ClientIP affinity. */
const affinitySeconds = 10800;

export function defaultService(service: KubeObject): void {
  service.spec ??= {};
  service.status ??= {};
  service.status.loadBalancer ??= {};
  const { spec } = service;
  setTextDefaults(spec, { sessionAffinity: 'None', type: 'ClusterIP' });
  if (spec.sessionAffinity === 'None') delete spec.sessionAffinityConfig;
  else if (spec.sessionAffinity === 'ClientIP') {
    if (spec.sessionAffinityConfig?.clientIP?.timeoutSeconds === undefined) {
      spec.sessionAffinityConfig = { clientIP: { timeoutSeconds: affinitySeconds } };
    }
  }
  for (const port of spec.ports ?? []) {
    setTextDefaults(port, { protocol: 'TCP' });
    if (!port.targetPort) port.targetPort = port.port;
  }
  if (isExternallyAccessible(spec)) setTextDefaults(spec, { externalTrafficPolicy: 'Cluster' });
  if (needsClusterIp(spec)) spec.internalTrafficPolicy ??= 'Cluster';
  if (spec.type === 'LoadBalancer') {
    spec.allocateLoadBalancerNodePorts ??= true;
    for (const ingress of service.status.loadBalancer.ingress ?? []) {
      if (ingress.ip) ingress.ipMode ??= 'VIP';
    }
  }
}

export function prepareNewService(service: KubeObject): void {
  service.status = { loadBalancer: {} };
  const { spec } = service;
  if (spec.clusterIP && (spec.clusterIPs ?? []).length === 0) spec.clusterIPs = [spec.clusterIP];
}

export function prepareChangedService(next: KubeObject, old: KubeObject): void {
  keepStatus(next, old);
  takeOverAllocated(next.spec, old.spec);
  normaliseClusterIps(next.spec, old.spec);
  dropDependent(next.spec, old.spec);
  if (next.spec.type !== 'LoadBalancer') next.status = { ...next.status, loadBalancer: {} };
}

/** A PUT that says nothing about what was allocated keeps it. */
function takeOverAllocated(next: Plain, old: Plain): void {
  if (needsClusterIp(old) && needsClusterIp(next)) {
    if (!next.clusterIP && old.clusterIP) next.clusterIP = old.clusterIP;
    if ((next.clusterIPs ?? []).length === 0 && old.clusterIPs) {
      next.clusterIPs = [...old.clusterIPs];
    }
  }
  if (needsNodePort(old) && needsNodePort(next)) takeOverNodePorts(next, old);
  if (needsHealthCheck(old) && needsHealthCheck(next) && old.healthCheckNodePort) {
    next.healthCheckNodePort ||= old.healthCheckNodePort;
  }
}

/** A port is known by its name, whatever else of it changes; one without is one of that name. */
function takeOverNodePorts(next: Plain, old: Plain): void {
  const asked = nodePorts(next);
  const before = new Map<string, number>();
  for (const port of old.ports ?? []) before.set(port.name ?? '', port.nodePort ?? 0);
  for (const port of next.ports ?? []) {
    const known = before.get(port.name ?? '');
    if (!port.nodePort && known && !asked.has(known)) port.nodePort = known;
  }
}

function nodePorts({ ports = [] }: Plain): Set<number> {
  const list: Plain[] = ports;
  return new Set(list.flatMap(({ nodePort }): number[] => (nodePort ? [nodePort] : [])));
}

/** clusterIP and clusterIPs[0] are one thing; where only the one was changed, the other follows. */
function normaliseClusterIps(next: Plain, old: Plain): void {
  if ((next.clusterIP ?? '') === (old.clusterIP ?? '')) return;
  if (!semanticEqual(next.clusterIPs, old.clusterIPs)) return;
  if (next.clusterIP) next.clusterIPs = [next.clusterIP];
  else delete next.clusterIPs;
}

/** Fields that the new type does not have go, if they were only carried along. */
function dropDependent(next: Plain, old: Plain): void {
  const drop = (field: string) => {
    if (semanticEqual(next[field], old[field])) delete next[field];
  };
  if (needsClusterIp(old) && !needsClusterIp(next)) {
    const carried = ['clusterIP', 'clusterIPs'].every((f) => semanticEqual(next[f], old[f]));
    for (const field of ['ipFamilies', 'ipFamilyPolicy']) drop(field);
    if (carried) {
      delete next.clusterIP;
      delete next.clusterIPs;
    }
  }
  if (hasNodePorts(old) && !hasNodePorts(next) && !asksNodePort(next, old)) {
    for (const port of next.ports ?? []) delete port.nodePort;
  }
  if (needsHealthCheck(old) && !needsHealthCheck(next)) drop('healthCheckNodePort');
  if (old.type === 'LoadBalancer' && next.type !== 'LoadBalancer') {
    drop('allocateLoadBalancerNodePorts');
    drop('loadBalancerClass');
  }
  if (isExternallyAccessible(old) && !isExternallyAccessible(next)) drop('externalTrafficPolicy');
}

/** For one that it did not have before. */
function asksNodePort(next: Plain, old: Plain): boolean {
  const before = nodePorts(old);
  return [...nodePorts(next)].some((port) => !before.has(port));
}
