import type { Endpoint, ServiceDirectory } from './endpoints.ts';
import { type Answer, type DnsRecord, recordTypes, responseCodes } from './dns-message.ts';

/**
 * Names of Services and their endpoints (Kubernetes DNS-Based Service Discovery 1.1.0): what exists
 * under the cluster's zone, answered from the ServiceDirectory. Everything else does not exist: the
 * instance's network leads nowhere else.
 */
export type Directory = Pick<ServiceDirectory, 'service' | 'endpoints' | 'ports'>;

/** CoreDNS' default for the kubernetes plugin. */
const ttl = 5;

export function resolveName(
  directory: Directory,
  zone: string,
  name: string,
  type: number,
): Answer {
  const none = { answers: [], additional: [], zone };
  const suffix = `.${zone}`;
  if (name === zone) return { code: responseCodes.ok, ...none };
  if (!name.endsWith(suffix)) return { code: responseCodes.nameError, ...none };
  const labels = name.slice(0, -suffix.length).split('.');
  const records = labels.at(-1) === 'pod' ? podRecords(name, labels) : undefined;
  const found = records ?? serviceRecords(directory, zone, name, labels);
  if (found === undefined) return { code: responseCodes.nameError, ...none };
  const cname = found.filter((r) => r.type === 'CNAME');
  const wanted = found.filter((r) => recordTypes[r.type] === type);
  const answers = wanted.length > 0 ? wanted : cname;
  return {
    code: responseCodes.ok,
    answers,
    additional: additionalOf(directory, zone, answers),
    zone,
  };
}

/** `10-244-1-2.default.pod`: the address is in the name itself. */
function podRecords(name: string, labels: string[]): DnsRecord[] | undefined {
  const [encoded = '', , kind] = labels;
  if (labels.length !== 3 || kind !== 'pod' || !/^\d+(-\d+){3}$/.test(encoded)) return undefined;
  return [{ type: 'A', name, ttl, address: encoded.replaceAll('-', '.') }];
}

/** Undefined: the name does not exist. Empty: it does, without records of its own. */
function serviceRecords(
  directory: Directory,
  zone: string,
  name: string,
  labels: string[],
): DnsRecord[] | undefined {
  if (labels.at(-1) !== 'svc') return undefined;
  const [namespace = '', serviceName = ''] = [labels.at(-2), labels.at(-3)];
  const service = directory.service(namespace, serviceName);
  if (service === undefined) return undefined;
  const below = labels.slice(0, -3);
  if (service.spec?.type === 'ExternalName') {
    if (below.length > 0) return undefined;
    return [{ type: 'CNAME', name, ttl, target: String(service.spec.externalName) }];
  }
  const headless = service.spec?.clusterIP === 'None';
  const [first = '', second = ''] = below;
  if (below.length === 0) {
    if (!headless) return [{ type: 'A', name, ttl, address: String(service.spec?.clusterIP) }];
    return addresses(name, directory.endpoints(namespace, serviceName));
  }
  if (below.length === 2 && first.startsWith('_') && second.startsWith('_')) {
    const port = { name: first.slice(1), protocol: second.slice(1).toUpperCase() };
    const base = `${serviceName}.${namespace}.svc.${zone}`;
    return srvRecords(directory, { namespace, service: serviceName, base, headless }, port, name);
  }
  if (below.length !== 1 || !headless) return undefined;
  const hosts = directory
    .endpoints(namespace, serviceName)
    .filter((endpoint) => hostOf(endpoint) === first);
  return hosts.length === 0 ? undefined : addresses(name, hosts);
}

function addresses(name: string, endpoints: readonly Endpoint[]): DnsRecord[] | undefined {
  const ready = endpoints.filter((endpoint) => endpoint.ready);
  if (ready.length === 0) return undefined;
  return ready.map(({ address }) => ({ type: 'A', name, ttl, address }));
}

/** An endpoint without a hostname goes by its address, as CoreDNS names it. */
function hostOf({ hostname, address }: Endpoint): string {
  return hostname ?? address.replaceAll('.', '-');
}

interface Home {
  namespace: string;
  service: string;
  base: string;
  headless: boolean;
}

function srvRecords(
  directory: Directory,
  home: Home,
  port: { name: string; protocol: string },
  name: string,
): DnsRecord[] | undefined {
  const { namespace, service, base, headless } = home;
  if (headless) {
    const known = directory
      .ports(namespace, service)
      .some((p) => p.name === port.name && p.protocol === port.protocol);
    if (!known) return undefined;
    return directory
      .endpoints(namespace, service, port.name)
      .filter((endpoint) => endpoint.ready)
      .map((endpoint) => ({
        type: 'SRV',
        name,
        ttl,
        port: endpoint.port,
        target: `${hostOf(endpoint)}.${base}`,
      }));
  }
  const ports: { name?: string; port: number; protocol?: string }[] =
    directory.service(namespace, service)?.spec?.ports ?? [];
  const match = ports.find(
    (p) => (p.name ?? '') === port.name && (p.protocol ?? 'TCP') === port.protocol,
  );
  return match === undefined
    ? undefined
    : [{ type: 'SRV', name, ttl, port: match.port, target: base }];
}

/** Addresses of the names that SRV answers point at. */
function additionalOf(directory: Directory, zone: string, answers: readonly DnsRecord[]) {
  const additional: DnsRecord[] = [];
  for (const answer of answers) {
    if (answer.type !== 'SRV') continue;
    const labels = answer.target.slice(0, -zone.length - 1).split('.');
    additional.push(...(serviceRecords(directory, zone, answer.target, labels) ?? []));
  }
  return additional;
}
