import { Agent } from 'node:https';
import { connect } from 'node:tls';
import { postJson } from '../../webhook/post.ts';
import type { ClientConfig } from './registration.ts';

/**
 * One POST to a webhook over TLS. A service reference is called by its DNS name, which its
 * certificate must carry, at the address the resolver gives.
 * Source: k8s.io/apiserver util/webhook/client.go.
 */

/** Where to connect for port `port` of a Service. Rejects when it has no address. */
export type ResolveService = (
  namespace: string,
  name: string,
  port: number,
) => Promise<{ host: string; port: number }>;

export interface WebhookCaller {
  /** Gives the parsed answer. Rejects on anything but 2xx JSON in time. */
  post(client: ClientConfig, body: object, timeoutSeconds: number): Promise<unknown>;
  close(): void;
}

const clientsMax = 256;
const socketsMax = 64;

export function makeWebhookCaller(options: { resolve: ResolveService }): WebhookCaller {
  /** By address and trust: a changed configuration connects anew. Oldest out first. */
  const agents = new Map<string, Agent>();

  function agentFor(target: URL, { caBundle, service }: ClientConfig): Agent {
    const key = `${target.host} ${service === undefined ? '' : 'service'} ${caBundle ?? ''}`;
    let agent = agents.get(key);
    if (agent !== undefined) return agent;
    if (agents.size >= clientsMax) {
      const [oldest] = agents.keys();
      agents.get(oldest as string)?.destroy();
      agents.delete(oldest as string);
    }
    const ca = caBundle ? Buffer.from(caBundle, 'base64').toString('utf8') : undefined;
    agent = new Agent({
      keepAlive: true,
      maxSockets: socketsMax,
      ...(ca === undefined ? {} : { ca }),
    });
    if (service !== undefined) {
      const { namespace, name } = service;
      const port = Number(target.port || 443);
      agent.createConnection = (_given, done) => {
        options.resolve(namespace, name, port).then(
          (at) => {
            const socket = connect({
              ...at,
              servername: target.hostname,
              ...(ca === undefined ? {} : { ca }),
            });
            socket.once('secureConnect', () => done?.(null, socket));
            socket.once('error', (error) => done?.(error, socket));
          },
          (error: Error) => done?.(error, undefined as never),
        );
        return undefined;
      };
    }
    agents.set(key, agent);
    return agent;
  }

  return {
    post(client, body, timeoutSeconds) {
      const target = addressOf(client);
      target.searchParams.set('timeout', `${timeoutSeconds}s`);
      return postJson(target, agentFor(target, client), body, {
        timeoutMs: timeoutSeconds * 1000,
      }).catch((error: Error) => {
        throw new Error(`Post ${JSON.stringify(target.href)}: ${error.message}`, { cause: error });
      });
    },
    close() {
      for (const agent of agents.values()) agent.destroy();
      agents.clear();
    },
  };
}

function addressOf({ url, service }: ClientConfig): URL {
  if (service !== undefined) {
    const { namespace, name, path = '', port = 443 } = service;
    const at = new URL(`https://${name}.${namespace}.svc:${port}`);
    at.pathname = path;
    return at;
  }
  if (url === undefined) throw new Error('webhook configuration must have either service or URL');
  return new URL(url);
}
