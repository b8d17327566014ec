import { lookup } from 'node:dns/promises';
import { posix } from 'node:path';
import type { KubeObject } from '../../../object/object.ts';
import { badRequest, notFound } from '../../../object/status-error.ts';
import type { Resource } from '../../apis/resource.ts';
import type { RequestContext } from '../../context.ts';
import type { Services } from '../services.ts';
import { fresh } from '../stored.ts';
import { admitConnect } from './admit.ts';
import type { Backend } from './backend.ts';
import type { KubeletFinder } from './kubelet.ts';
import {
  type Endpoints,
  isGlobalUnicast,
  podBackend,
  proxied,
  type ProxyName,
  serviceBackend,
  servicePortName,
  splitProxyName,
} from './location.ts';
import { proxy } from './proxy.ts';

type Connect = (context: RequestContext, resource: Resource, services: Services) => Promise<void>;
type Find = (
  resource: Resource,
  services: Services,
  namespace: string,
  name: ProxyName,
  /** As the client wrote it. */
  id: string,
) => Promise<Backend>;

/** `pods/proxy`, `services/proxy` and `nodes/proxy`: any path below, every method, upgrades. */
export function makeProxies(find: KubeletFinder): {
  pods: Connect;
  services: Connect;
  nodes: Connect;
} {
  return {
    pods: proxyTo('pod', async (resource, services, namespace, name) =>
      podBackend(await objectOf(resource, services, namespace, name.name), name),
    ),
    services: proxyTo('service', serviceOf),
    nodes: proxyTo('node', async (resource, services, _namespace, name) => {
      const kubelet = find(await objectOf(resource, services, '', name.name));
      if (name.port === '' || Number(name.port) === kubelet.port) return kubelet;
      await checkProxyable(kubelet.host);
      return proxied(name.scheme, kubelet.host, name.port);
    }),
  };
}

/** In `parts`: resource, name, `proxy`; then comes the backend's path. */
const partsBefore = 3;

function proxyTo(title: string, find: Find): Connect {
  return async (context, resource, services) => {
    const { name: id, namespace, parts } = context.info;
    const rest = parts.slice(partsBefore).join('/');
    const path = rest === '' ? '' : `/${rest}`;
    await admitConnect(context, resource, services, path === '' ? {} : { path });
    const name = splitProxyName(id);
    if (name === undefined) throw badRequest(`invalid ${title} request ${JSON.stringify(id)}`);
    const backend = await find(resource, services, namespace, name, id);
    await proxy(context, { backend, path: path === '' ? '' : posix.join('/', path) });
  };
}

const serviceOf: Find = async (resource, services, namespace, name, id) => {
  const port = /^\d+$/.test(name.port)
    ? servicePortName(await objectOf(resource, services, namespace, name.name), name.port)
    : name.port;
  const endpoints = await objectOf(known(services, 'endpoints'), services, namespace, name.name);
  const pods = known(services, 'pods');
  return serviceBackend(endpoints as Endpoints, { ...name, port }, id, async (at, pod) => {
    const found = await fresh(services, pods, { namespace: at, name: pod });
    const ips: { ip: string }[] = found?.object['status']?.podIPs ?? [];
    return ips.map(({ ip }) => ip);
  });
};

/** A node may be known by its host name: none of its addresses may lead to this machine. */
async function checkProxyable(host: string): Promise<void> {
  const addresses = await lookup(host, { all: true }).catch((error: Error) => {
    throw badRequest(error.message);
  });
  if (addresses.every(({ address }) => isGlobalUnicast(address))) return;
  throw badRequest('address not allowed');
}

async function objectOf(
  resource: Resource,
  services: Services,
  namespace: string,
  name: string,
): Promise<KubeObject> {
  const found = await fresh(services, resource, { namespace, name });
  if (found === undefined) throw notFound(resource, name);
  return found.object;
}

function known(services: Services, name: string): Resource {
  const resource = services.resources.find('', 'v1', name);
  if (resource === undefined) throw new Error(`${name} are not served`);
  return resource;
}
