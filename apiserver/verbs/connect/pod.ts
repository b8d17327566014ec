import { badRequest, notFound } from '../../../object/status-error.ts';
import type { KubeObject } from '../../../object/object.ts';
import type { Resource } from '../../apis/resource.ts';
import type { RequestContext } from '../../context.ts';
import type { Services } from '../services.ts';
import { fresh } from '../stored.ts';
import { containerOf, type KubeletFinder, type KubeletTarget } from './kubelet.ts';
import { forward } from './proxy.ts';

/**
 * What a kubelet answers for a pod: log, exec, attach, portforward. The API server finds the
 * kubelet, checks the container's name and passes the stream through.
 */
type Connect = (context: RequestContext, resource: Resource, services: Services) => Promise<void>;

export interface PodConnections {
  log: Connect;
  exec: Connect;
  attach: Connect;
  portforward: Connect;
}

const logParameters: Record<string, string> = {
  follow: 'follow',
  previous: 'previous',
  timestamps: 'timestamps',
  sinceSeconds: 'sinceSeconds',
  sinceTime: 'sinceTime',
  tailLines: 'tailLines',
  limitBytes: 'limitBytes',
  stream: 'stream',
};

export function podConnections(find: KubeletFinder, timeoutMs: number): PodConnections {
  const target = async (
    context: RequestContext,
    resource: Resource,
    services: Services,
  ): Promise<{ pod: KubeObject; kubelet: KubeletTarget }> => {
    const { namespace, name } = context.info;
    const found = await fresh(services, resource, { namespace, name });
    if (found === undefined) throw notFound(resource, name);
    const pod = found.object;
    const nodeName: string = pod['spec']?.nodeName ?? '';
    if (nodeName === '') throw badRequest(`pod ${name} does not have a host assigned`);
    const nodes = services.resources.find('', 'v1', 'nodes');
    const node =
      nodes === undefined
        ? undefined
        : await fresh(services, nodes, { namespace: '', name: nodeName });
    if (node === undefined) throw notFound({ group: '', resource: 'nodes' }, nodeName);
    return { pod, kubelet: find(node.object) };
  };

  const stream =
    (verb: string, parameters: readonly string[]): Connect =>
    async (context, resource, services) => {
      if (context.upgrade === undefined) {
        throw badRequest('Upgrade request required');
      }
      const { pod, kubelet } = await target(context, resource, services);
      const container =
        verb === 'portForward' ? '' : `/${containerOf(pod, context.query.get('container'))}`;
      const query = new URLSearchParams();
      for (const [name, kubeletName] of parameters.map((p) => p.split('=') as [string, string?])) {
        for (const value of context.query.getAll(name)) query.append(kubeletName ?? name, value);
      }
      await forward(context, {
        protocol: 'https',
        ...kubelet,
        method: 'GET',
        path: `/${verb}/${context.info.namespace}/${context.info.name}${container}?${query.toString()}`,
        timeoutMs,
      });
    };

  return {
    async log(context, resource, services) {
      checkLogOptions(context);
      const { pod, kubelet } = await target(context, resource, services);
      const container = containerOf(pod, context.query.get('container'));
      const query = new URLSearchParams();
      for (const [name, kubeletName] of Object.entries(logParameters)) {
        const value = context.query.get(name);
        if (value !== null) query.set(kubeletName, value);
      }
      await forward(context, {
        protocol: 'https',
        ...kubelet,
        path: `/containerLogs/${context.info.namespace}/${context.info.name}/${container}?${query.toString()}`,
        timeoutMs,
      });
    },
    exec: stream('exec', ['command', 'stdin=input', 'stdout=output', 'stderr=error', 'tty']),
    attach: stream('attach', ['stdin=input', 'stdout=output', 'stderr=error', 'tty']),
    portforward: stream('portForward', ['ports=port']),
  };
}

function checkLogOptions(context: RequestContext): void {
  for (const name of ['tailLines', 'limitBytes', 'sinceSeconds']) {
    const value = context.query.get(name);
    if (value !== null && !/^-?[0-9]+$/.test(value)) {
      throw badRequest(
        `unable to decode query parameter ${name}: strconv.ParseInt: parsing ${JSON.stringify(value)}: invalid syntax`,
      );
    }
  }
}
