import { BlockList, isIPv4, isIPv6 } from 'node:net';
import type { KubeObject } from '../../../object/object.ts';
import { badRequest, serviceUnavailable } from '../../../object/status-error.ts';
import type { Backend } from './backend.ts';

/** Where the proxied of pods and services listen (pkg/registry/core/{pod,service}, ResourceLocation). */

/** `name`, `name:port` or `scheme:name:port`, as the name of a proxy request may be. */
export interface ProxyName {
  scheme: '' | 'http' | 'https';
  name: string;
  port: string;
}

/** Undefined for what is none of the three forms (k8s.io/apimachinery util/net SplitSchemeNamePort). */
export function splitProxyName(id: string): ProxyName | undefined {
  const parts = id.split(':');
  if (parts.length > 3) return undefined;
  const [scheme, name, port] =
    parts.length === 3 ? parts : ['', parts[0] ?? '', parts.length === 2 ? parts[1] : ''];
  if (name === '' || (scheme !== '' && scheme !== 'http' && scheme !== 'https')) return undefined;
  return { scheme, name: name as string, port: port as string };
}

/** Go's default transport. */
const connectTimeoutMs = 30_000;

/** Nobody's certificate is checked: what is proxied has no identity that could be asked for. */
export function proxied(scheme: ProxyName['scheme'], host: string, port: string): Backend {
  const used = scheme === '' ? 'http' : scheme;
  if (port !== '' && !/^\d{1,5}$/.test(port)) {
    throw serviceUnavailable(
      `error trying to reach service: dial tcp: lookup tcp/${port}: unknown port`,
    );
  }
  return {
    scheme: used,
    host,
    port: port === '' ? (used === 'https' ? 443 : 80) : Number(port),
    tls: { rejectUnauthorized: false },
    connectTimeoutMs,
  };
}

export function podBackend(pod: KubeObject, { scheme, port }: ProxyName): Backend {
  const containers: { ports?: { containerPort: number }[] }[] = pod['spec']?.containers ?? [];
  const first = containers.flatMap((container) => container.ports ?? [])[0]?.containerPort;
  const ip: string = pod['status']?.podIPs?.[0]?.ip ?? '';
  if (!isGlobalUnicast(ip)) throw badRequest('address not allowed');
  return proxied(scheme, ip, port === '' && first !== undefined ? String(first) : port);
}

interface EndpointAddress {
  ip: string;
  targetRef?: { kind?: string; namespace?: string; name?: string };
}

export interface Endpoints extends KubeObject {
  subsets?: { addresses?: EndpointAddress[]; ports?: { name?: string; port: number }[] }[];
}

/**
 * A ready address of a service, any of them. `port` is a port's name; addresses whose pod has
 * another IP by now do not count: they would lead to somebody else.
 */
export async function serviceBackend(
  endpoints: Endpoints,
  { scheme, port }: ProxyName,
  id: string,
  podIPs: (namespace: string, pod: string) => Promise<readonly string[]>,
): Promise<Backend> {
  const namespace = endpoints.metadata.namespace ?? '';
  for (const { addresses = [], ports = [] } of shuffled(endpoints.subsets ?? [])) {
    const found = ports.find((one) => (one.name ?? '') === port);
    if (found === undefined) continue;
    for (const { ip, targetRef } of shuffled(addresses)) {
      if (targetRef?.namespace !== namespace) continue;
      if (!(await podIPs(namespace, targetRef.name ?? '')).includes(ip)) continue;
      return proxied(scheme, ip, String(found.port));
    }
  }
  const { subsets = [], metadata } = endpoints;
  // with addresses, but none of this port or all of others: what was asked for is told whole
  const told = subsets.length === 0 ? (metadata.name ?? '') : id;
  throw serviceUnavailable(`no endpoints available for service ${JSON.stringify(told)}`);
}

/** The name of the port that `port`, a number, means; a name means itself. */
export function servicePortName(service: KubeObject, port: string): string {
  const ports: { name?: string; port: number }[] = service['spec']?.ports ?? [];
  const found = ports.find((one) => one.port === Number(port));
  if (found !== undefined) return found.name ?? '';
  throw serviceUnavailable(
    `no service port ${Number(port)} found for service ${JSON.stringify(service.metadata.name)}`,
  );
}

function shuffled<T>(list: readonly T[]): T[] {
  const start = Math.floor(Math.random() * list.length);
  return [...list.slice(start), ...list.slice(0, start)];
}

const notGlobal = new BlockList();
notGlobal.addSubnet('127.0.0.0', 8, 'ipv4');
notGlobal.addSubnet('169.254.0.0', 16, 'ipv4');
notGlobal.addSubnet('224.0.0.0', 4, 'ipv4');
notGlobal.addAddress('0.0.0.0', 'ipv4');
notGlobal.addAddress('255.255.255.255', 'ipv4');
notGlobal.addAddress('::1', 'ipv6');
notGlobal.addAddress('::', 'ipv6');
notGlobal.addSubnet('fe80::', 10, 'ipv6');
notGlobal.addSubnet('ff00::', 8, 'ipv6');

/** Go's net.IP.IsGlobalUnicast: the API server must not be led to itself or to its neighbours. */
export function isGlobalUnicast(ip: string): boolean {
  if (isIPv4(ip)) return !notGlobal.check(ip, 'ipv4');
  return isIPv6(ip) && !notGlobal.check(ip, 'ipv6');
}
