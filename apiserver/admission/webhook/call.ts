import { Agent, request as httpsRequest } from 'node:https';
import { connect } from 'node:tls';
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

const answerBytesMax = 10 * 1024 * 1024;
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
      return send(target, agentFor(target, client), body, timeoutSeconds).catch((error: Error) => {
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

function send(target: URL, agent: Agent, body: object, timeoutSeconds: number): Promise<unknown> {
  const bytes = Buffer.from(JSON.stringify(body));
  const signal = AbortSignal.timeout(timeoutSeconds * 1000);
  return new Promise((resolve, reject) => {
    const headers = {
      'content-type': 'application/json',
      accept: 'application/json, */*',
      'content-length': bytes.length,
    };
    const asked = httpsRequest(target, { method: 'POST', agent, headers, signal }, (response) => {
      const parts: Buffer[] = [];
      let size = 0;
      response.on('data', (part: Buffer) => {
        size += part.length;
        parts.push(part);
        if (size > answerBytesMax) {
          response.destroy(new Error(`answer is larger than ${answerBytesMax} bytes`));
        }
      });
      response.on('error', reject);
      response.on('end', () => {
        const text = Buffer.concat(parts).toString('utf8');
        const code = response.statusCode ?? 0;
        if (code < 200 || code > 299) return reject(new Error(failureText(code, text)));
        try {
          resolve(JSON.parse(text));
        } catch (error) {
          reject(error as Error);
        }
        return undefined;
      });
    });
    asked.on('error', (error) =>
      reject(signal.aborted ? new Error('context deadline exceeded', { cause: error }) : error),
    );
    asked.end(bytes);
  });
}

function failureText(code: number, text: string): string {
  const shown = text.trim().slice(0, 200);
  return shown === '' ? `the server answered ${code}` : shown;
}
