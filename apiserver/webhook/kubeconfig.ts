import { Agent } from 'node:https';
import { type Credentials, readKubeconfig } from '../../reconciler/kubeconfig.ts';
import { durationText } from '../../object/duration.ts';
import { decodeYaml } from '../../object/yaml.ts';
import { authorizationOf } from './credentials.ts';
import { failureText } from './failure.ts';
import { AnswerUnreadable, postJson, PostRefused } from './post.ts';

/**
 * A remote service described by a kubeconfig, as the webhooks of authentication, authorization and
 * audit are (k8s.io/apiserver util/webhook). The server's URL is the whole address, path included. Tokens,
 * certificates and keys are read again after a minute, as client-go does with their files; what cannot be
 * read then stays as it was.
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
  /** How long what was read is good for. */
  freshMs?: number;
}

const waitFactor = 1.5;

/** Throws, naming the file, when it is no kubeconfig of a server. */
export function remoteService(configFile: string, options: RemoteOptions = {}): RemoteService {
  const { timeoutMs = 30_000, attempts = 5, firstWaitMs = 500, freshMs = 60_000 } = options;
  let access = accessBy(readKubeconfig(configFile), timeoutMs);
  let readAt = performance.now();

  function fresh(): Access {
    if (performance.now() - readAt < freshMs) return access;
    readAt = performance.now();
    const now = readAgain(configFile);
    if (now === undefined || now.version === access.version) return access;
    const old = access.agent;
    access = accessBy(now, timeoutMs);
    // what it has under way may end
    if (old !== undefined) setTimeout(() => old.destroy(), timeoutMs).unref();
    return access;
  }

  return {
    async post(body) {
      for (let attempt = 1; ; attempt++) {
        const { target, agent, headers } = fresh();
        try {
          return await postJson(target, agent, body, { timeoutMs, headers });
        } catch (error) {
          const read = error instanceof AnswerUnreadable ? inYaml(error) : undefined;
          if (read !== undefined) return read;
          if (attempt >= attempts || !isTransient(error)) {
            throw new Error(failureText(error as Error, target, target.href), { cause: error });
          }
          const waitMs = firstWaitMs * waitFactor ** (attempt - 1);
          await new Promise((resolve) => setTimeout(resolve, waitMs).unref());
        }
      }
    },
    close: () => access.agent?.destroy(),
  };
}

interface Access {
  target: URL;
  agent: Agent | undefined;
  headers: Record<string, string>;
  version: string;
}

function accessBy(credentials: Credentials, timeoutMs: number): Access {
  const target = new URL(credentials.server);
  const agent = target.protocol === 'http:' ? undefined : agentFor(credentials);
  // client-go says how long it waits, and nothing else behind the path
  target.search = `?timeout=${durationText(timeoutMs)}`;
  return { target, agent, headers: authorizationOf(credentials), version: credentials.version };
}

function readAgain(configFile: string): Credentials | undefined {
  try {
    return readKubeconfig(configFile);
  } catch {
    return undefined;
  }
}

/** An answer that is no JSON may be YAML; undefined for what is no object then either. */
function inYaml({ text }: AnswerUnreadable): unknown {
  try {
    const { value } = decodeYaml(text);
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}

/**
 * As upstream's webhook.DefaultShouldRetry: a broken connection, 429, what is no more than an error of
 * the server, and its timeout. A connection that just ends is none that broke.
 */
function isTransient(error: unknown): boolean {
  if (error instanceof PostRefused)
    return error.code === 429 || (error.code >= 500 && error.code !== 503);
  const { code, message } = error as NodeJS.ErrnoException;
  return code === 'ECONNRESET' && message !== 'socket hang up';
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
