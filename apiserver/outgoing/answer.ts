import { type Agent, request as httpsRequest } from 'node:https';
import { http } from '../node-http.ts';

/** What a server that was asked said. */
export interface Answer {
  status: number;
  /** What stands behind the code: `Not Found`. */
  reason: string;
  headers: NodeJS.Dict<string | string[]>;
  text: string;
}

export interface Ask {
  headers: Readonly<Record<string, string | number>>;
  signal: AbortSignal;
  /** For https; without it Node's own. */
  agent?: Agent | undefined;
  /** A POST of this; a GET without. */
  body?: Buffer | undefined;
  answerBytesMax?: number | undefined;
}

const usualAnswerBytesMax = 10 * 1024 * 1024;

/** One request, and the answer whole. Redirects are answers. Rejects as Node does, and when there is too much to read. */
export function answerOf(
  url: URL,
  { headers, signal, agent, body, answerBytesMax = usualAnswerBytesMax }: Ask,
): Promise<Answer> {
  const plain = url.protocol === 'http:';
  const send = plain ? http.request : httpsRequest;
  const method = body === undefined ? 'GET' : 'POST';
  const how = { method, headers, signal, ...(plain || agent === undefined ? {} : { agent }) };
  return new Promise((resolve, reject) => {
    const asked = send(url, how, (response) => {
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
      response.on('end', () =>
        resolve({
          status: response.statusCode ?? 0,
          reason: response.statusMessage ?? '',
          headers: response.headers,
          text: Buffer.concat(parts).toString('utf8'),
        }),
      );
    });
    asked.on('error', reject);
    asked.end(body);
  });
}

/** Requests that one call makes at most: the first and those that redirects lead to (Go's http.Client). */
export const requestsMax = 10;

const redirects = new Set([301, 302, 303, 307, 308]);

/** Where a redirect leads. */
export function redirectOf({ status, headers: { location } }: Answer): string | undefined {
  return redirects.has(status) && typeof location === 'string' ? location : undefined;
}
