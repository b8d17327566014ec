import { isIP } from 'node:net';
import { serviceHost } from '../names.ts';
import type { Picture } from '../picture.ts';

function hostPort(host: string, port: number): string {
  return isIP(host) === 6 ? `https://[${host}]:${port}` : `https://${host}:${port}`;
}

/**
 * URL under which clients reach the API: what the spec says, else the load balancer's address,
 * else (ClusterIP, NodePort) the Service's name. Undefined while a load balancer has no address.
 */
export function endpointOf({ controlPlane, names, children }: Picture): string | undefined {
  const { endpoint, service } = controlPlane.spec.network;
  if (endpoint !== undefined) {
    const hasPort = /^(\[.*\]|[^:]*):\d+$/.test(endpoint);
    return hasPort ? `https://${endpoint}` : `https://${endpoint}:${service.port}`;
  }
  if (service.type !== 'LoadBalancer') return hostPort(serviceHost(names), service.port);
  const ingress = children.service.get(names.apiServer)?.status?.loadBalancer?.ingress?.[0];
  const host = ingress?.ip ?? ingress?.hostname;
  return host === undefined ? undefined : hostPort(host, service.port);
}
