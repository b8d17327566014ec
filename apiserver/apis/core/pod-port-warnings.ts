import type { Plain } from '../plain.ts';
import { eachContainer } from './pod-containers.ts';

interface PortAt {
  port: Plain;
  path: string;
}

/** Ports that the containers of a pod define more than once. */
export function portWarnings(spec: Plain, path: string): string[] {
  const warnings: string[] = [];
  const taken = new Map<string, PortAt[]>();
  for (const { container, path: at } of eachContainer(spec, path)) {
    for (const [i, port] of (container.ports ?? []).entries()) {
      const own = `${at}.ports[${i}]`;
      if (port.hostIP && !port.hostPort) {
        warnings.push(`${own}: hostIP set without hostPort: ${goStruct(port)}`);
      }
      const key = `${port.containerPort}/${port.protocol}`;
      const others = taken.get(key) ?? [];
      for (const other of others) {
        const what = relation(port, other.port);
        if (what !== undefined) warnings.push(`${own}: ${what} port definition with ${other.path}`);
      }
      taken.set(key, [...others, { port, path: own }]);
    }
  }
  return warnings;
}

function relation(a: Plain, b: Plain): string | undefined {
  const [ip, otherIp]: [string, string] = [a.hostIP ?? '', b.hostIP ?? ''];
  const [host, otherHost]: [number, number] = [a.hostPort ?? 0, b.hostPort ?? 0];
  if (ip === otherIp && host === otherHost) return 'duplicate';
  if (host === 0 || otherHost === 0) return 'overlapping';
  if (host === otherHost && (ip === '') !== (otherIp === '')) return 'dangerously ambiguous';
  return undefined;
}

/** As Go's %+v shows a ContainerPort. */
function goStruct(port: Plain): string {
  const { name = '', hostPort = 0, containerPort = 0, protocol = '', hostIP = '' } = port;
  return `{Name:${name} HostPort:${hostPort} ContainerPort:${containerPort} Protocol:${protocol} HostIP:${hostIP}}`;
}
