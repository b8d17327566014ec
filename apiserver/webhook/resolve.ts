import type { KubeObject } from '../../object/object.ts';
import type { Lister } from '../watch/view.ts';
import type { ResolveService } from './call.ts';

/** Where a Service is, for who calls it from outside the cluster's DNS. Source: kube-aggregator apiserver/resolvers.go. */

interface ServicePort {
  name?: string;
  port: number;
  targetPort?: number | string;
}

function servicePort(service: KubeObject | undefined, title: string, port: number): ServicePort {
  if (service === undefined) throw new Error(`service ${JSON.stringify(title)} not found`);
  const found = ((service.spec?.ports ?? []) as ServicePort[]).find((one) => one.port === port);
  if (found === undefined)
    throw new Error(`no service port ${port} found for service ${JSON.stringify(title)}`);
  return found;
}

/** The Service's own address: needs kube-proxy or its like on this machine. */
export function resolveByClusterIp(services: Lister): ResolveService {
  return async (namespace, name, port) => {
    const service = services.get(namespace, name);
    if (service?.spec?.type === 'ExternalName') return { host: service.spec.externalName, port };
    servicePort(service, name, port);
    const host: string = service?.spec?.clusterIP ?? '';
    if (host === '' || host === 'None') {
      throw new Error(`service ${JSON.stringify(name)} has no cluster IP`);
    }
    return { host, port };
  };
}

interface Slice extends KubeObject {
  endpoints: { addresses: string[]; conditions?: { ready?: boolean } }[];
  ports: { name?: string; port?: number }[];
}

/** One of the ready endpoints: needs a way to the pods (`--enable-aggregator-routing`). */
export function resolveByEndpoints(services: Lister, endpointSlices: Lister): ResolveService {
  let next = 0;
  return async (namespace, name, port) => {
    const service = services.get(namespace, name);
    if (service?.spec?.type === 'ExternalName') return { host: service.spec.externalName, port };
    const wanted = servicePort(service, name, port).name ?? '';
    const targets: { host: string; port: number }[] = [];
    for (const slice of endpointSlices.list(namespace) as Slice[]) {
      if (slice.metadata.labels?.['kubernetes.io/service-name'] !== name) continue;
      const at = slice.ports?.find((one) => (one.name ?? '') === wanted)?.port;
      if (at === undefined) continue;
      for (const { addresses, conditions } of slice.endpoints ?? []) {
        if (conditions?.ready === false) continue;
        const [host] = addresses;
        if (host !== undefined) targets.push({ host, port: at });
      }
    }
    const target = targets[next++ % Math.max(1, targets.length)];
    if (target === undefined)
      throw new Error(`no endpoints available for service ${JSON.stringify(name)}`);
    return target;
  };
}
