import { Agent } from 'node:https';
import { goQuote } from '../../object/go-format.ts';
import { parseUrl } from '../../object/go-url.ts';
import { type Answer, answerOf, redirectOf, requestsMax } from './answer.ts';
import { backendErrorText } from '../outgoing/backend-error.ts';

/**
 * A GET of an issuer of tokens or a component, which may have a CA of its own or none.
 * Rejects, in Go's words, only where there is no answer.
 */
export type Fetch = (url: string, headers?: Readonly<Record<string, string>>) => Promise<Answer>;

const timeoutMs = 30_000;

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
      const location = redirectOf(answer);
      if (location === undefined) return answer;
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
): Promise<Answer> {
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
    return await answerOf(new URL(url), { headers, signal, agent });
  } catch (error) {
    const { hostname: host, port } = new URL(url);
    const backend = { host, port: Number(port || (scheme === 'https' ? 443 : 80)) };
    const why = signal.aborted
      ? 'context deadline exceeded (Client.Timeout exceeded while awaiting headers)'
      : backendErrorText(backend, error as Error);
    throw new Error(`Get ${goQuote(url)}: ${why}`, { cause: error });
  }
}
