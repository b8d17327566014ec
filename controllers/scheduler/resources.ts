import type { KubeObject } from '../../object/object.ts';
import { parseQuantity, quantityMilliValue, quantityValue } from '../../object/quantity.ts';

/** What a pod asks for and a node has, as numbers: cpu in thousandths, everything else in units. */
export type Resources = Map<string, number>;

type QuantityMap = Record<string, string | number> | undefined;

interface Container {
  resources?: { requests?: QuantityMap };
  ports?: { hostPort?: number; hostIP?: string; protocol?: string }[];
  restartPolicy?: string;
}

/** Quantities repeat endlessly ("100m", "64Mi"); parsing them once is enough. Bounded. */
const parsed = new Map<string, number>();

export function amount(name: string, quantity: string | number): number {
  const key = `${name === 'cpu' ? 'm' : ''}${quantity}`;
  let value = parsed.get(key);
  if (value === undefined) {
    const q = parseQuantity(String(quantity));
    value = name === 'cpu' ? quantityMilliValue(q) : quantityValue(q);
    if (parsed.size > 4096) parsed.clear();
    parsed.set(key, value);
  }
  return value;
}

export function resourcesOf(map: QuantityMap): Resources {
  return new Map(Object.entries(map ?? {}).map(([name, q]) => [name, amount(name, q)]));
}

/**
 * The request of a whole pod: containers and sidecars together, or the largest init container with the
 * sidecars started before it, whichever is more; plus overhead (KEP-753). Pod-level requests win.
 * The map must not be changed.
 */
export function podRequest(pod: KubeObject): Resources {
  let request = requests.get(pod);
  if (request === undefined) {
    request = sumRequests(pod);
    requests.set(pod, request);
  }
  return request;
}

/** Objects in an informer never change in place, so what was summed once stays true. */
const requests = new WeakMap<KubeObject, Resources>();

function sumRequests(pod: KubeObject): Resources {
  const total: Resources = new Map();
  for (const container of (pod.spec?.containers ?? []) as Container[]) {
    add(total, resourcesOf(container.resources?.requests));
  }
  const sidecars: Resources = new Map();
  const initial: Resources = new Map();
  for (const container of (pod.spec?.initContainers ?? []) as Container[]) {
    const request = resourcesOf(container.resources?.requests);
    if (container.restartPolicy === 'Always') {
      add(total, request);
      add(sidecars, request);
      raise(initial, sidecars);
    } else {
      add(request, sidecars);
      raise(initial, request);
    }
  }
  raise(total, initial);
  for (const [name, value] of resourcesOf(pod.spec?.resources?.requests)) total.set(name, value);
  add(total, resourcesOf(pod.spec?.overhead));
  return total;
}

export function add(to: Resources, more: Resources, sign = 1): void {
  for (const [name, value] of more) to.set(name, (to.get(name) ?? 0) + sign * value);
}

function raise(to: Resources, least: Resources): void {
  for (const [name, value] of least) to.set(name, Math.max(to.get(name) ?? 0, value));
}

export interface HostPort {
  port: number;
  ip: string;
  protocol: string;
}

export function hostPortsOf(pod: KubeObject): HostPort[] {
  const sidecars = ((pod.spec?.initContainers ?? []) as Container[]).filter(
    (c) => c.restartPolicy === 'Always',
  );
  return [...((pod.spec?.containers ?? []) as Container[]), ...sidecars].flatMap((container) =>
    (container.ports ?? [])
      .filter((p) => (p.hostPort ?? 0) > 0)
      .map((p) => ({
        port: p.hostPort ?? 0,
        ip: p.hostIP ?? '0.0.0.0',
        protocol: p.protocol ?? 'TCP',
      })),
  );
}

export function portsClash(a: HostPort, b: HostPort): boolean {
  const sameIp = a.ip === b.ip || a.ip === '0.0.0.0' || b.ip === '0.0.0.0';
  return a.port === b.port && a.protocol === b.protocol && sameIp;
}
