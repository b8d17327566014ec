import { Agent, request as httpsRequest } from 'node:https';
import { goQuote } from '../../object/go-format.ts';
import { parseUrl } from '../../object/go-url.ts';
import { http } from '../node-http.ts';
import { backendErrorText } from '../webhook/backend-error.ts';

/** GETs of issuers of tokens and of components, which may have a CA of their own or none. */
export interface Fetched {
  status: number;
  /** With its reason: `404 Not Found`. */
  statusText: string;
  headers: NodeJS.Dict<string | string[]>;
  body: string;
}

/** Rejects, in Go's words, only where there is no answer. */
export type Fetch = (url: string, headers?: Readonly<Record<string, string>>) => Promise<Fetched>;

const answerBytesMax = 10 * 1024 * 1024;
const timeoutMs = 30_000;
/** The first and those that redirects lead to (Go's http.Client). */
const requestsMax = 10;
const redirects = new Set([301, 302, 303, 307, 308]);

export interface FetchOptions {
  /** In PEM; without it whom the system trusts. */
  ca?: string | undefined;
  /** Trusts everybody. */
  insecure?: boolean;
}

export function makeFetch({ ca, insecure = false }: FetchOptions): Fetch {
  const trust = ca === undefined ? {} : { ca };
  const agent = new Agent({
    keepAlive: true,
    maxSockets: 4,
    rejectUnauthorized: !insecure,
    ...trust,
  });
  return async (url, headers = {}) => {
    const signal = AbortSignal.timeout(timeoutMs);
    let at = url;
    for (let made = 1; ; made++) {
      const answer = await ask(at, agent, headers, signal);
      const { location } = answer.headers;
      if (!redirects.has(answer.status) || typeof location !== 'string') return answer;
      const to = new URL(location, at).href;
      if (made === requestsMax) {
        throw new Error(`Get ${goQuote(to)}: stopped after ${requestsMax} redirects`);
      }
      at = to;
    }
  };
}

async function ask(
  url: string,
  agent: Agent,
  headers: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<Fetched> {
  let scheme: string;
  try {
    ({ scheme } = parseUrl(url));
  } catch (error) {
    throw new Error(`parse ${goQuote(url)}: ${(error as Error).message}`, { cause: error });
  }
  if (scheme !== 'https' && scheme !== 'http') {
    throw new Error(`Get ${goQuote(url)}: unsupported protocol scheme ${goQuote(scheme)}`);
  }
  try {
    return await get(new URL(url), scheme === 'https' ? agent : undefined, headers, signal);
  } catch (error) {
    const { hostname: host, port } = new URL(url);
    const backend = { host, port: Number(port || (scheme === 'https' ? 443 : 80)) };
    const why = signal.aborted
      ? 'context deadline exceeded (Client.Timeout exceeded while awaiting headers)'
      : backendErrorText(backend, error as Error);
    throw new Error(`Get ${goQuote(url)}: ${why}`, { cause: error });
  }
}

function get(
  url: URL,
  agent: Agent | undefined,
  headers: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<Fetched> {
  const send = agent === undefined ? http.request : httpsRequest;
  return new Promise((resolve, reject) => {
    const how = { headers, signal, ...(agent === undefined ? {} : { agent }) };
    const asked = send(url, how, (response) => {
      const parts: Buffer[] = [];
      let size = 0;
      response.on('data', (part: Buffer) => {
        size += part.length;
        parts.push(part);
        if (size > answerBytesMax) response.destroy(new Error('the answer is too long'));
      });
      response.on('error', reject);
      response.on('end', () => {
        const status = response.statusCode ?? 0;
        resolve({
          status,
          statusText: `${status} ${response.statusMessage ?? ''}`,
          headers: response.headers,
          body: Buffer.concat(parts).toString('utf8'),
        });
      });
    });
    asked.on('error', reject);
    asked.end();
  });
}
