import { Agent } from 'node:https';
import { connect, type ConnectionOptions } from 'node:tls';
import { authorizationOf, type WebhookCredentials } from './credentials.ts';
import { failureText } from './failure.ts';
import { postJson } from './post.ts';

/**
 * One POST to a webhook over TLS, of admission or of conversion. A service reference is called by its
 * DNS name, which its certificate must carry, at the address the resolver gives.
 * Source: k8s.io/apiserver util/webhook/client.go.
 */

export interface ClientConfig {
  url?: string;
  service?: { namespace: string; name: string; path?: string; port?: number };
  /** Base64 PEM. */
  caBundle?: string;
}

/** Where to connect for port `port` of a Service. Rejects when it has no address. */
export type ResolveService = (
  namespace: string,
  name: string,
  port: number,
) => Promise<{ host: string; port: number }>;

export interface WebhookCaller {
  /** Gives the parsed answer. Rejects on anything but 2xx JSON in time. */
  post(
    client: ClientConfig,
    body: object,
    timeoutMs: number,
    /** Of an answer; 10 MiB unless given. */
    answerBytesMax?: number,
  ): Promise<unknown>;
  close(): void;
}

const clientsMax = 256;
const socketsMax = 64;

export function makeWebhookCaller(options: {
  resolve: ResolveService;
  /** Nobody in particular unless given. */
  credentials?: WebhookCredentials | undefined;
}): WebhookCaller {
  /** By address and trust: a changed configuration connects anew. Oldest out first. */
  const agents = new Map<string, Agent>();
  const userOf = (target: URL) =>
    options.credentials?.(`${target.hostname}:${target.port || '443'}`);

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
    const { certificate: cert, key: certKey } = userOf(target) ?? {};
    const trust = {
      ...(ca === undefined ? {} : { ca }),
      ...(cert === undefined ? {} : { cert }),
      ...(certKey === undefined ? {} : { key: certKey }),
    };
    agent = new Agent({ keepAlive: true, maxSockets: socketsMax, ...trust });
    if (service !== undefined) {
      agent.createConnection = connectionsTo(target, service, options.resolve, trust);
    }
    agents.set(key, agent);
    return agent;
  }

  return {
    async post(client, body, timeoutMs, answerBytesMax) {
      const target = addressOf(client);
      // in whole seconds, as upstream tells it
      if (timeoutMs > 0) target.searchParams.set('timeout', `${Math.ceil(timeoutMs / 1000)}s`);
      try {
        const answer = await postJson(target, agentFor(target, client), body, {
          timeoutMs,
          headers: authorizationOf(userOf(target)),
          ...(answerBytesMax === undefined ? {} : { answerBytesMax }),
        });
        if (answer !== undefined) return answer;
      } catch (error) {
        const shown = shownAddress(client, target);
        throw new Error(failureText(error as Error, target, shown), { cause: error });
      }
      throw new Error('0-length response with status code: 200 and content type: application/json');
    },
    close() {
      for (const agent of agents.values()) agent.destroy();
      agents.clear();
    },
  };
}

/** To where a Service is, under its name; a redirect may lead elsewhere. */
function connectionsTo(
  target: URL,
  { namespace, name }: NonNullable<ClientConfig['service']>,
  resolve: ResolveService,
  trust: ConnectionOptions,
): Agent['createConnection'] {
  const port = Number(target.port || 443);
  return (given, done) => {
    const to = { host: String(given.host), port: Number(given.port) };
    const elsewhere = to.host !== target.hostname || to.port !== port;
    const found = elsewhere ? Promise.resolve(to) : resolve(namespace, name, port);
    found.then(
      (at) => {
        const socket = connect({ ...at, servername: target.hostname, ...trust });
        socket.once('secureConnect', () => done?.(null, socket));
        socket.once('error', (error) => done?.(error, socket));
      },
      (error: Error) => done?.(error, undefined as never),
    );
    return undefined;
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

/** A URL leaves its usual port out; upstream names the port of a Service always. */
function shownAddress({ service }: ClientConfig, target: URL): string {
  const port = Number(target.port || 443);
  const host = service === undefined ? target.host : `${target.hostname}:${port}`;
  return `${target.protocol}//${host}${target.pathname}${target.search}`;
}
