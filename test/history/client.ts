import { readFileSync } from 'node:fs';
import { Agent, request } from 'node:https';

/** One answer, or why there was none. Never rejects: failures are part of the history. */
export interface Outcome {
  code: number;
  body: string;
  error: string | undefined;
  startedAt: number;
  endedAt: number;
}

interface Kubeconfig {
  clusters: { cluster: { server: string; 'certificate-authority-data': string } }[];
  users: {
    user: { 'client-certificate-data'?: string; 'client-key-data'?: string; token?: string };
  }[];
}

/** A client of one API server address that neither retries nor hides anything. */
export class HistoryClient {
  readonly #server: URL;
  readonly #tls: object;
  readonly #headers: Record<string, string>;
  readonly #agent: Agent;

  constructor(kubeconfig: string, connections: number) {
    const config = JSON.parse(readFileSync(kubeconfig, 'utf8')) as Kubeconfig;
    const cluster = config.clusters[0]?.cluster;
    const user = config.users[0]?.user;
    if (cluster === undefined || user === undefined) throw new Error(`${kubeconfig} is empty`);
    const decode = (text: string): string => Buffer.from(text, 'base64').toString('utf8');
    this.#server = new URL(cluster.server);
    this.#tls = {
      ca: decode(cluster['certificate-authority-data']),
      ...(user['client-certificate-data'] === undefined
        ? {}
        : {
            cert: decode(user['client-certificate-data']),
            key: decode(user['client-key-data'] ?? ''),
          }),
    };
    this.#headers = user.token === undefined ? {} : { authorization: `Bearer ${user.token}` };
    this.#agent = new Agent({
      keepAlive: true,
      maxSockets: connections,
      scheduling: 'fifo',
      ...this.#tls,
    });
  }

  call(method: string, path: string, body?: unknown, timeoutMs = 2_000): Promise<Outcome> {
    const startedAt = performance.now();
    return new Promise((resolve) => {
      const settle = (code: number, text: string, error?: string): void =>
        resolve({ code, body: text, error, startedAt, endedAt: performance.now() });
      const payload = body === undefined ? undefined : JSON.stringify(body);
      const type = method === 'PATCH' ? 'application/merge-patch+json' : 'application/json';
      const outgoing = request(
        {
          host: this.#server.hostname,
          port: this.#server.port,
          method,
          path,
          agent: this.#agent,
          ...this.#tls,
          headers: {
            ...this.#headers,
            accept: 'application/json',
            ...(payload === undefined
              ? {}
              : { 'content-type': type, 'content-length': Buffer.byteLength(payload) }),
          },
        },
        (response) => {
          let text = '';
          response.setEncoding('utf8');
          response.on('data', (part: string) => {
            text += part;
          });
          response.on('end', () => settle(response.statusCode ?? 0, text));
          response.on('error', (error) => settle(0, '', error.message));
        },
      );
      const timer = setTimeout(() => outgoing.destroy(new Error('timed out')), timeoutMs);
      outgoing.on('error', (error) => settle(0, '', error.message));
      outgoing.on('close', () => {
        clearTimeout(timer);
        settle(0, '', 'connection closed');
      });
      outgoing.end(payload);
    });
  }

  close(): void {
    this.#agent.destroy();
  }
}
