import type { KubeObject } from '../../../object/object.ts';
import { cidrWarnings, ipWarnings } from '../ip-warnings.ts';
import type { Plain } from '../plain.ts';

/** pkg/api/service/warnings.go. */

export const oldTopology = 'service.kubernetes.io/topology-aware-hints';
export const topologyMode = 'service.kubernetes.io/topology-mode';

export function serviceWarnings({ metadata, spec = {} }: KubeObject): string[] {
  const warnings: string[] = [];
  if (metadata.annotations?.[oldTopology] !== undefined) {
    warnings.push(`annotation ${oldTopology} is deprecated, please use ${topologyMode} instead`);
  }
  const externalIps: string[] = spec.externalIPs ?? [];
  const headless = spec.type === 'ClusterIP' && spec.clusterIP === 'None';
  const named = spec.type === 'ExternalName';
  if (spec.clusterIP && spec.clusterIP !== 'None') {
    for (const [i, ip] of (spec.clusterIPs ?? []).entries()) {
      warnings.push(...ipWarnings(ip, `spec.clusterIPs[${i}]`));
    }
  }
  if (headless) warnings.push(...headlessWarnings(spec, externalIps));
  for (const [i, ip] of externalIps.entries()) {
    warnings.push(...ipWarnings(ip, `spec.externalIPs[${i}]`));
  }
  if (externalIps.length > 0 && !headless && !named) {
    warnings.push('spec.externalIPs is deprecated');
  }
  if (spec.loadBalancerIP) {
    warnings.push(...ipWarnings(spec.loadBalancerIP, 'spec.loadBalancerIP'));
  }
  for (const [i, range] of (spec.loadBalancerSourceRanges ?? []).entries()) {
    warnings.push(...cidrWarnings(range, `spec.loadBalancerSourceRanges[${i}]`));
  }
  if (named && externalIps.length > 0) {
    warnings.push('spec.externalIPs is ignored when spec.type is "ExternalName"');
  }
  if (!named && spec.externalName) {
    warnings.push('spec.externalName is ignored when spec.type is not "ExternalName"');
  }
  if (spec.trafficDistribution === 'PreferClose') {
    const text = '"PreferClose" is deprecated; use "PreferSameZone"';
    warnings.push(`spec.trafficDistribution: ${text}`);
  }
  return warnings;
}

function headlessWarnings(spec: Plain, externalIps: readonly string[]): string[] {
  const ignored = (field: string) => `spec.${field} is ignored for headless services`;
  return [
    ...(spec.loadBalancerIP ? [ignored('loadBalancerIP')] : []),
    ...(externalIps.length > 0 ? [ignored('externalIPs')] : []),
    ...(spec.sessionAffinity === 'None' ? [] : [ignored('SessionAffinity')]),
  ];
}
