import type { Resource } from './apis/resource.ts';
import type { ServerConfig } from './config.ts';
import type { RequestContext } from './context.ts';
import type { Credentials } from './credentials.ts';
import { tokenSubresource } from './reviews.ts';
import { bindPod } from './verbs/binding.ts';
import { evict } from './verbs/evict.ts';
import { makeKubeletFinder } from './verbs/connect/kubelet.ts';
import { podConnections } from './verbs/connect/pod.ts';
import { makeProxies } from './verbs/connect/proxies.ts';
import { get } from './verbs/get.ts';
import { patch } from './verbs/patch.ts';
import { scale } from './verbs/scale.ts';
import type { Services } from './verbs/services.ts';
import { update } from './verbs/update.ts';

export type VerbFunction = (
  context: RequestContext,
  resource: Resource,
  services: Services,
) => Promise<void>;

/** Every subresource with a code of its own, by `resource/subresource`. status is the verbs' own. */
export function subresources(
  config: ServerConfig,
  credentials: Credentials,
): (resource: Resource, name: string) => VerbFunction | undefined {
  const findKubelet = makeKubeletFinder(config.kubelet);
  const connections = podConnections(findKubelet);
  const proxies = makeProxies(findKubelet);
  const table: Record<string, VerbFunction> = {
    'pods/binding': bindPod,
    'pods/eviction': evict,
    'pods/log': connections.log,
    'pods/exec': connections.exec,
    'pods/attach': connections.attach,
    'pods/portforward': connections.portforward,
    'pods/proxy': proxies.pods,
    'services/proxy': proxies.services,
    'nodes/proxy': proxies.nodes,
    'serviceaccounts/token': tokenSubresource(config, credentials),
  };
  return (resource, name) => {
    if (name === 'scale' && resource.scale !== undefined) return scale;
    const own = resource.custom === undefined ? table[`${resource.resource}/${name}`] : undefined;
    if (own !== undefined) return own;
    return resource.subresources?.[name]?.update === undefined ? undefined : door;
  };
}

/** get, update and patch of the object through a narrower door. */
const door: VerbFunction = (context, resource, services) => {
  if (context.info.verb === 'get') return get(context, resource, services);
  if (context.info.verb === 'update') return update(context, resource, services);
  return patch(context, resource, services);
};
