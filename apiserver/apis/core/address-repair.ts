import type { KubeObject } from '../../../object/object.ts';
import { type Cidr, type IpFamily, ipText, parseCidr } from '../ip-format.ts';
import { type Ip, parseIp } from '../loose-ip.ts';
import type { Plain } from '../plain.ts';
import { familyLabel, ipAddress, isUsable, managedByAllocator } from './service-ip.ts';

/**
 * Holds the cluster IPs of one Service against the IPAddresses that should be its, and one IPAddress
 * against its Service: what a write that was cut off leaves behind is found and given back. The
 * caches say what may be wrong, the store whether it is.
 * Source: pkg/registry/core/service/ipallocator/controller/repairip.go.
 */
export interface AddressRepairPorts {
  /** The next three as cached. */
  service(namespace: string, name: string): KubeObject | undefined;
  address(name: string): KubeObject | undefined;
  serviceCidrs(): readonly KubeObject[];
  /** From the store itself, as the next. */
  readService(namespace: string, name: string): Promise<KubeObject | undefined>;
  readAddress(name: string): Promise<KubeObject | undefined>;
  create(address: KubeObject): Promise<void>;
  /** Gone already is fine. */
  remove(name: string): Promise<void>;
  report(about: KubeObject, finding: Finding): void;
  now(): number;
}

/** What the Event about it says. */
export interface Finding {
  reason: string;
  action: string;
  message: string;
}

/** An address is taken before its Service is there; a request lasts no longer than this. */
const graceMs = 60_000;

export async function repairService(
  ports: AddressRepairPorts,
  namespace: string,
  name: string,
): Promise<void> {
  const service = ports.service(namespace, name);
  if (service === undefined) return;
  const cidrs = ports
    .serviceCidrs()
    .flatMap(({ spec }) => (spec?.cidrs ?? []) as string[])
    .flatMap((text) => parseCidr(text) ?? []);
  for (const text of clusterIps(service)) {
    const ip = parseIp(text);
    const misfit = misfitOf(ip, cidrs);
    if (ip === undefined || misfit !== undefined) {
      if (misfit !== undefined) ports.report(service, misfit);
      continue;
    }
    const held = ports.address(ipText(ip.value, ip.family));
    if (held === undefined || !belongs(held, service) || !isLabelled(held, ip.family)) {
      await repairHolding(ports, service, text, ip);
    }
  }
}

/** Gives the milliseconds after which a young address without its Service is to be seen again. */
export async function repairAddress(
  ports: AddressRepairPorts,
  name: string,
): Promise<number | undefined> {
  const seen = ports.address(name);
  if (seen === undefined || !isManaged(seen.metadata.labels)) return undefined;
  const parent: Plain = seen['spec']?.parentRef ?? {};
  if (isService(parent)) {
    const service = ports.service(parent.namespace ?? '', parent.name ?? '');
    if (service !== undefined && holds(service, name)) return undefined;
    // what is taken for a write that is still under way is not lost
    const age = ports.now() - (Date.parse(seen.metadata.creationTimestamp ?? '') || 0);
    if (age <= graceMs) return graceMs - age + 1;
  }
  const address = await ports.readAddress(name);
  if (address === undefined) return undefined;
  const finding = await misuse(ports, address);
  if (finding === undefined) return undefined;
  ports.report(address, { action: 'IPAddressAllocation', ...finding });
  await ports.remove(name);
  return undefined;
}

function clusterIps({ spec }: KubeObject): string[] {
  return spec.clusterIP && spec.clusterIP !== 'None' ? (spec.clusterIPs ?? []) : [];
}

function misfitOf(ip: Ip | undefined, cidrs: readonly Cidr[]): Finding | undefined {
  if (ip === undefined) {
    return {
      reason: 'ClusterIPNotValid',
      action: 'ClusterIPValidation',
      // upstream prints what parsing gave it
      message: 'Cluster IP <nil> is not a valid IP; please recreate Service',
    };
  }
  const { family, value } = ip;
  if (cidrs.some((cidr) => cidr.family === family && isUsable(cidr, value))) {
    return undefined;
  }
  return allocation(
    'ClusterIPOutOfRange',
    `Cluster IP [${family}]: ${ipText(value, family)} is not within any configured Service CIDR; please recreate service`,
  );
}

function allocation(reason: string, message: string): Finding {
  return { reason, action: 'ClusterIPAllocation', message };
}

function isService(parent: Plain | undefined): boolean {
  return !parent?.group && parent?.resource === 'services';
}

function belongs(address: KubeObject, { metadata }: KubeObject): boolean {
  const parent = address['spec']?.parentRef;
  return (
    isService(parent) && parent.namespace === metadata.namespace && parent.name === metadata.name
  );
}

function isLabelled({ metadata }: KubeObject, family: IpFamily): boolean {
  return metadata.labels?.[familyLabel] === family && isManaged(metadata.labels);
}

function isManaged(labels: Record<string, string> | undefined): boolean {
  return Object.entries(managedByAllocator).every(([key, value]) => labels?.[key] === value);
}

async function repairHolding(
  ports: AddressRepairPorts,
  seen: KubeObject,
  text: string,
  { family, value }: Ip,
): Promise<void> {
  const { namespace = '', name = '' } = seen.metadata;
  const service = await ports.readService(namespace, name);
  if (service === undefined || !clusterIps(service).includes(text)) return;
  const ip = ipText(value, family);
  const made = ipAddress(service, ip);
  const address = await ports.readAddress(ip);
  if (address === undefined) {
    const message = `Cluster IP [${family}]: ${ip} is not allocated; repairing`;
    ports.report(service, allocation('ClusterIPNotAllocated', message));
    return ports.create(made);
  }
  const parent = address['spec']?.parentRef;
  if (!belongs(address, service)) {
    const other = isService(parent)
      ? await ports.readService(parent.namespace ?? '', parent.name ?? '')
      : undefined;
    if (other === undefined) {
      const message = `the ClusterIP [${family}]: ${ip} for Service ${namespace}/${name} has a wrong reference; repairing`;
      ports.report(service, allocation('ClusterIPNotAllocated', message));
      await ports.remove(ip);
      return ports.create(made);
    }
    if (clusterIps(other).includes(ip)) {
      const message = `Cluster IP [${family}]:${ip} was assigned to multiple services; please recreate service`;
      ports.report(service, allocation('ClusterIPAlreadyAllocated', message));
      return undefined;
    }
  }
  if (isLabelled(address, family)) return undefined;
  await ports.remove(ip);
  return ports.create(made);
}

/** Why the address holds for nothing. */
async function misuse(
  ports: AddressRepairPorts,
  address: KubeObject,
): Promise<Pick<Finding, 'reason' | 'message'> | undefined> {
  const { name = '' } = address.metadata;
  const parent: Plain = address['spec']?.parentRef ?? {};
  if (!isService(parent)) {
    const { group = '', resource = '', namespace = '', name: of = '' } = parent;
    const shown = `&ParentReference{Group:${group},Resource:${resource},Namespace:${namespace},Name:${of},}`;
    const message = `IPAddress ${name} appears to have been modified, not referencing a Service ${shown}: cleaning up`;
    return { reason: 'IPAddressNotAllocated', message };
  }
  const service = await ports.readService(parent.namespace, parent.name);
  const about = `IPAddress: ${name} for Service ${parent.namespace}/${parent.name}`;
  if (service === undefined) {
    const message = `${about} appears to have leaked: cleaning up`;
    return { reason: 'IPAddressNotAllocated', message };
  }
  if (holds(service, name)) return undefined;
  const message = `${about} has a wrong reference; cleaning up`;
  return { reason: 'IPAddressWrongReference', message };
}

function holds({ spec }: KubeObject, address: string): boolean {
  return ((spec?.clusterIPs ?? []) as string[]).some((text) => {
    const ip = parseIp(text);
    return ip !== undefined && ipText(ip.value, ip.family) === address;
  });
}
