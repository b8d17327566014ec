import { StatusError } from '../../../object/status-error.ts';
import type { Plain } from '../plain.ts';
import { hasNodePorts, needsHealthCheck, needsNodePort } from './service-needs.ts';

/**
 * Which node ports a Service takes, in the order in which upstream asks for them: the first that
 * cannot be had is the one that is told.
 * Source: registry/core/service/storage/alloc.go, initNodePorts and updateNodePorts.
 */
export interface PortRequest {
  port: number | 'any';
  /** Of `spec.ports`; without it, the port of health checks. */
  entry?: number;
  /** Writes the port that was taken into the spec. */
  assign?(port: number): void;
}

/** @throws StatusError 500 when a change names a node port twice for one protocol */
export function portRequests(spec: Plain, old: Plain | undefined): PortRequest[] {
  const requests: PortRequest[] = [];
  if (hasNodePorts(spec)) {
    requests.push(...(old === undefined ? ofNewService(spec) : ofChange(spec, old)));
  }
  if (needsHealthCheck(spec) && !(old !== undefined && needsHealthCheck(old))) {
    requests.push(
      spec.healthCheckNodePort
        ? { port: spec.healthCheckNodePort }
        : {
            port: 'any',
            assign(port) {
              spec.healthCheckNodePort = port;
            },
          },
    );
  }
  return requests;
}

/**
 * The entries of one service port (TCP and UDP) share a node port, if they name no other one. What
 * entries of different service ports name is asked for twice, and refused the second time.
 */
function ofNewService(spec: Plain): PortRequest[] {
  const requests: PortRequest[] = [];
  const byPort = new Map<number, { port: number | 'any'; entries: Plain[] }>();
  for (const [i, entry] of entriesWithPorts(spec)) {
    const shared = byPort.get(entry.port);
    if (shared === undefined) {
      const named: Plain | undefined = spec.ports.find(
        (other: Plain) => other.port === entry.port && other.nodePort,
      );
      const port: number | 'any' = named?.nodePort ?? 'any';
      const entries = [entry];
      byPort.set(entry.port, { port, entries });
      requests.push({ port, entry: i, assign: (taken) => setAll(entries, taken) });
    } else if (!entry.nodePort) {
      shared.entries.push(entry);
    } else if (entry.nodePort !== shared.port) {
      requests.push({ port: entry.nodePort, entry: i });
    }
  }
  return requests;
}

/** What the Service had is its own still; every entry without a port gets one of its own. */
function ofChange(spec: Plain, old: Plain): PortRequest[] {
  const requests: PortRequest[] = [];
  const held = new Set<number>((old.ports ?? []).map(({ nodePort }: Plain) => nodePort));
  const seen = new Set<string>();
  for (const [i, entry] of entriesWithPorts(spec)) {
    const { nodePort, protocol } = entry;
    if (!nodePort) {
      requests.push({ port: 'any', entry: i, assign: (taken) => setAll([entry], taken) });
      continue;
    }
    if (!held.has(nodePort)) requests.push({ port: nodePort, entry: i });
    held.add(nodePort);
    const key = `${protocol} ${nodePort}`;
    if (seen.has(key)) throw duplicate(key);
    seen.add(key);
  }
  return requests;
}

/** Those that have a node port or are to have one. */
function entriesWithPorts(spec: Plain): [number, Plain][] {
  const all: [number, Plain][] = [...(spec.ports ?? []).entries()];
  return needsNodePort(spec) ? all : all.filter(([, { nodePort }]) => nodePort);
}

function setAll(entries: readonly Plain[], nodePort: number): void {
  for (const entry of entries) entry.nodePort = nodePort;
}

/** An error that upstream gives no reason, so that its clients have 500. */
function duplicate(shown: string): Error {
  return new StatusError(500, '', `duplicate nodePort: {${shown}}`);
}
