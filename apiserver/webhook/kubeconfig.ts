import { Agent } from 'node:https';
import { type Credentials, readKubeconfig } from '../../reconciler/kubeconfig.ts';
import { authorizationOf } from './credentials.ts';
import { postJson, PostRefused } from './post.ts';

/**
 * A remote service described by a kubeconfig, as the webhooks of authentication, authorization and
 * audit are (k8s.io/apiserver util/webhook). The file is read once; the server's URL is the whole
 * address, path included.
 */
export interface RemoteService {
  /** Sends JSON, gives JSON. Repeats what fails for a moment; then rejects. */
  post(body: unknown): Promise<unknown>;
  close(): void;
}

export interface RemoteOptions {
  timeoutMs?: number;
  /** Tries in all, with a growing wait between (upstream: 5 tries, 500 ms, factor 1.5). */
  attempts?: number;
  firstWaitMs?: number;
}

const waitFactor = 1.5;

/** Throws, naming the file, when it is no kubeconfig of a server. */
export function remoteService(configFile: string, options: RemoteOptions = {}): RemoteService {
  const credentials = readKubeconfig(configFile);
  const target = new URL(credentials.server);
  const agent = target.protocol === 'http:' ? undefined : agentFor(credentials);
  const { timeoutMs = 30_000, attempts = 5, firstWaitMs = 500 } = options;
  const headers = authorizationOf(credentials);
  return {
    async post(body) {
      for (let attempt = 1; ; attempt++) {
        try {
          return await postJson(target, agent, body, { timeoutMs, headers });
        } catch (error) {
          if (attempt >= attempts || !isTransient(error)) {
            const why = (error as Error).message;
            throw new Error(`Post ${JSON.stringify(target.href)}: ${why}`, { cause: error });
          }
          const waitMs = firstWaitMs * waitFactor ** (attempt - 1);
          await new Promise((resolve) => setTimeout(resolve, waitMs).unref());
        }
      }
    },
    close: () => agent?.destroy(),
  };
}

/** As upstream's webhook.DefaultShouldRetry: a broken connection, 429, 500, 504. */
function isTransient(error: unknown): boolean {
  if (error instanceof PostRefused) return [429, 500, 504].includes(error.code);
  return (error as NodeJS.ErrnoException).code === 'ECONNRESET';
}

const socketsMax = 64;

function agentFor(credentials: Credentials): Agent {
  const { ca, certificate, key, serverName, insecure } = credentials;
  return new Agent({
    keepAlive: true,
    maxSockets: socketsMax,
    rejectUnauthorized: !insecure,
    ...(ca === undefined ? {} : { ca }),
    ...(certificate === undefined ? {} : { cert: certificate }),
    ...(key === undefined ? {} : { key }),
    ...(serverName === undefined ? {} : { servername: serverName }),
  });
}
