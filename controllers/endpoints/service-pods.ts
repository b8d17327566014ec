import type { KubeObject } from '../../object/object.ts';
import { labelSelectorFromMap, matches } from '../../object/selector.ts';
import { isFinished } from '../pod.ts';

/** What Endpoints and EndpointSlices have in common: which pods, at which ports. */
export interface ServicePort {
  name?: string;
  protocol?: string;
  port: number;
  targetPort?: number | string;
  appProtocol?: string;
}

export interface EndpointPort {
  name: string;
  protocol: string;
  port: number;
  appProtocol?: string;
}

export function isHeadless(service: KubeObject): boolean {
  return service.spec?.clusterIP === 'None';
}

/** Services whose endpoints somebody else keeps: no selector, or a mere name. */
export function isManaged(service: KubeObject): boolean {
  return (
    service.spec?.type !== 'ExternalName' && Object.keys(service.spec?.selector ?? {}).length > 0
  );
}

export function selects(service: KubeObject, pod: KubeObject): boolean {
  return (
    isManaged(service) && matches(labelSelectorFromMap(service.spec.selector), pod.metadata.labels)
  );
}

/** Pods that may be endpoints at all. */
export function canServe(pod: KubeObject): boolean {
  return !isFinished(pod) && podAddresses(pod).length > 0;
}

export function podAddresses(pod: KubeObject): string[] {
  const list: { ip?: string }[] = pod.status?.podIPs ?? [];
  const all = list.map((entry) => entry.ip ?? '').filter((ip) => ip !== '');
  const first: string = pod.status?.podIP ?? '';
  return all.length === 0 && first !== '' ? [first] : all;
}

export const familyOf = (address: string): 'IPv4' | 'IPv6' =>
  address.includes(':') ? 'IPv6' : 'IPv4';

export function familiesOf(service: KubeObject): ('IPv4' | 'IPv6')[] {
  const families = service.spec?.ipFamilies;
  if (Array.isArray(families) && families.length > 0) return families;
  const address: string = service.spec?.clusterIP ?? '';
  return address !== '' && address !== 'None' ? [familyOf(address)] : ['IPv4'];
}

/** The service's ports as this pod has them; a port whose name the pod does not know is left out. */
export function portsOf(service: KubeObject, pod: KubeObject): EndpointPort[] {
  const found: EndpointPort[] = [];
  for (const port of (service.spec?.ports ?? []) as ServicePort[]) {
    const protocol = port.protocol ?? 'TCP';
    const number = targetPort(port, protocol, pod);
    if (number === undefined) continue;
    found.push({
      name: port.name ?? '',
      protocol,
      port: number,
      ...(port.appProtocol === undefined ? {} : { appProtocol: port.appProtocol }),
    });
  }
  return found;
}

function targetPort(port: ServicePort, protocol: string, pod: KubeObject): number | undefined {
  const target = port.targetPort ?? port.port;
  if (typeof target === 'number') return target === 0 ? port.port : target;
  const sidecars = (pod.spec?.initContainers ?? []).filter(
    (c: { restartPolicy?: string }) => c.restartPolicy === 'Always',
  );
  for (const container of [...(pod.spec?.containers ?? []), ...sidecars]) {
    for (const candidate of container.ports ?? []) {
      if (candidate.name === target && (candidate.protocol ?? 'TCP') === protocol) {
        return candidate.containerPort;
      }
    }
  }
  return undefined;
}

/** Set where the pod has a DNS name of its own under this service. */
export function hostnameOf(service: KubeObject, pod: KubeObject): string | undefined {
  const { hostname, subdomain } = pod.spec ?? {};
  const own =
    subdomain === service.metadata.name && service.metadata.namespace === pod.metadata.namespace;
  return typeof hostname === 'string' && hostname !== '' && own ? hostname : undefined;
}

export function targetRef(pod: KubeObject): Record<string, string> {
  const { namespace = '', name = '', uid = '' } = pod.metadata;
  return { kind: 'Pod', namespace, name, uid };
}
