import type { KubeObject } from '../../../object/object.ts';
import { badRequest, forbidden, notFound } from '../../../object/status-error.ts';
import type { Resource } from '../../apis/resource.ts';
import { attributesOf } from '../../authz/authorize.ts';
import type { RequestContext } from '../../context.ts';
import { booleanOf } from '../../request/query.ts';
import { isWebSocket, offeredProtocols } from '../../request/web-socket.ts';
import type { Services } from '../services.ts';
import { fresh } from '../stored.ts';
import { admitConnect } from './admit.ts';
import type { Backend } from './backend.ts';
import { containerOf, type KubeletFinder } from './kubelet.ts';
import { logQuery, passLog } from './log.ts';
import { proxy } from './proxy.ts';
import { type AskedStreams, closeProtocol, translate } from './translate.ts';
import { tunnel, tunnelled } from './tunnel.ts';

/**
 * What a kubelet answers for a pod: log, exec, attach, portforward. Connections go to it as they
 * come, except WebSockets that it does not understand: those are translated to SPDY, which all
 * kubelets speak (pkg/registry/core/pod/rest/subresources.go).
 */
type Connect = (context: RequestContext, resource: Resource, services: Services) => Promise<void>;

export interface PodConnections {
  log: Connect;
  exec: Connect;
  attach: Connect;
  portforward: Connect;
}

/** In a node's `status.declaredFeatures`: its kubelet takes the WebSockets of clients itself. */
const webSocketFeature = 'ExtendWebSocketsToKubelet';

interface Kubelet {
  backend: Backend;
  webSockets: boolean;
}

export function podConnections(find: KubeletFinder): PodConnections {
  const kubeletOf = async (services: Services, pod: KubeObject): Promise<Kubelet | undefined> => {
    const nodeName: string = pod['spec']?.nodeName ?? '';
    if (nodeName === '') return undefined;
    const nodes = services.resources.find('', 'v1', 'nodes');
    const at = { namespace: '', name: nodeName };
    const node = nodes === undefined ? undefined : await fresh(services, nodes, at);
    if (node === undefined) throw notFound({ group: '', resource: 'nodes' }, nodeName);
    const features: string[] = node.object['status']?.declaredFeatures ?? [];
    return { backend: find(node.object), webSockets: features.includes(webSocketFeature) };
  };
  const hostOf = async (services: Services, pod: KubeObject): Promise<Kubelet> => {
    const kubelet = await kubeletOf(services, pod);
    if (kubelet !== undefined) return kubelet;
    throw badRequest(`pod ${pod.metadata.name} does not have a host assigned`);
  };

  const session =
    (verb: 'exec' | 'attach'): Connect =>
    async (context, resource, services) => {
      const asked = askedStreams(context);
      const command = verb === 'exec' ? context.query.getAll('command') : [];
      await mayCreate(context, services);
      await admitConnect(context, resource, services, sessionOptions(context, asked, command));
      const pod = await podOf(context, resource, services);
      const container = containerOf(pod, context.query.get('container'));
      const { backend, webSockets } = await hostOf(services, pod);
      const path = `/${verb}/${context.info.namespace}/${context.info.name}/${container}`;
      const query = sessionQuery(asked, command);
      const closes = isWebSocket(context) && offeredProtocols(context).includes(closeProtocol);
      if (closes && !webSockets) return translate(context, backend, path + query, asked);
      return passConnection(context, backend, path, query);
    };

  return {
    async log(context, resource, services) {
      const query = logQuery(context).toString();
      const pod = await podOf(context, resource, services);
      const container = containerOf(pod, context.query.get('container'));
      const kubelet = await kubeletOf(services, pod);
      if (kubelet === undefined) {
        context.answer = { code: 204, headers: {}, body: undefined };
        return;
      }
      const { backend } = kubelet;
      const trusted = !booleanOf(context.query, 'insecureSkipTLSVerifyBackend');
      const path = `/containerLogs/${context.info.namespace}/${context.info.name}/${container}`;
      await passLog(
        context,
        trusted ? backend : { ...backend, tls: { ...backend.tls, rejectUnauthorized: false } },
        query === '' ? path : `${path}?${query}`,
      );
    },
    exec: session('exec'),
    attach: session('attach'),
    async portforward(context, resource, services) {
      const ports = context.query.getAll('ports').flatMap((list) => list.split(','));
      const wrong = ports.find((port) => !/^\d+$/.test(port));
      if (wrong !== undefined) throw badRequest(`invalid port ${JSON.stringify(wrong)}`);
      await mayCreate(context, services);
      const options = ports.length === 0 ? {} : { ports: ports.map(Number) };
      await admitConnect(context, resource, services, options);
      const pod = await podOf(context, resource, services);
      const { backend, webSockets } = await hostOf(services, pod);
      const path = `/portForward/${context.info.namespace}/${context.info.name}`;
      const query = ports.length === 0 ? '' : `?port=${ports.join('%2C')}`;
      const inside = isWebSocket(context) ? tunnelled(offeredProtocols(context)) : [];
      if (inside.length > 0 && !webSockets) return tunnel(context, backend, path + query, inside);
      return passConnection(context, backend, path, query);
    },
  };
}

async function podOf(
  context: RequestContext,
  resource: Resource,
  services: Services,
): Promise<KubeObject> {
  const { namespace, name } = context.info;
  const found = await fresh(services, resource, { namespace, name });
  if (found === undefined) throw notFound(resource, name);
  return found.object;
}

/** A WebSocket begins with a GET: reading alone must not open a session (rest/authorize.go). */
async function mayCreate(context: RequestContext, services: Services): Promise<void> {
  const { info, user } = context;
  if (info.verb === 'create') return;
  const decision = await services.authorize({ ...attributesOf(user, info), verb: 'create' });
  if (decision.verdict === 'allow') return;
  throw forbidden({ group: info.group, resource: info.resource }, info.name, decision.reason);
}

/** To the kubelet as it came, under the kubelet's path and query. */
function passConnection(
  context: RequestContext,
  backend: Backend,
  path: string,
  query: string,
): Promise<void> {
  if (context.upgrade === undefined) throw badRequest('Upgrade request required');
  return proxy(context, { backend, path, query });
}

function askedStreams({ query }: RequestContext): AskedStreams {
  return {
    stdin: booleanOf(query, 'stdin'),
    stdout: booleanOf(query, 'stdout'),
    stderr: booleanOf(query, 'stderr'),
    tty: booleanOf(query, 'tty'),
  };
}

/** PodExecOptions and PodAttachOptions: what is false is left out. */
function sessionOptions(
  { query }: RequestContext,
  asked: AskedStreams,
  command: readonly string[],
): Record<string, unknown> {
  const container = query.get('container') ?? '';
  return {
    ...Object.fromEntries(Object.entries(asked).filter(([, value]) => value)),
    ...(container === '' ? {} : { container }),
    ...(command.length === 0 ? {} : { command }),
  };
}

const kubeletNames = { stdin: 'input', stdout: 'output', stderr: 'error', tty: 'tty' } as const;

function sessionQuery(asked: AskedStreams, command: readonly string[]): string {
  const query = new URLSearchParams();
  for (const [name, kubeletName] of Object.entries(kubeletNames)) {
    if (asked[name as keyof AskedStreams]) query.set(kubeletName, '1');
  }
  for (const word of command) query.append('command', word);
  const text = query.toString();
  return text === '' ? '' : `?${text}`;
}
