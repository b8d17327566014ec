import { parseJson } from '../../object/json.ts';
import { type Agent, request as httpsRequest } from 'node:https';
import { http } from '../node-http.ts';

/** One POST of JSON to a service that answers with JSON, as all webhooks are called. */

/** The service answered, and not with 2xx. */
export class PostRefused extends Error {
  readonly code: number;
  readonly text: string;

  constructor(code: number, text: string) {
    const shown = text.trim().slice(0, 200);
    super(shown === '' ? `the server answered ${code}` : shown);
    this.code = code;
    this.text = text;
  }
}

/** The answer was no JSON. */
export class AnswerUnreadable extends Error {
  readonly text: string;

  constructor(text: string, cause: Error) {
    super(cause.message, { cause });
    this.text = text;
  }
}

const usualAnswerBytesMax = 10 * 1024 * 1024;

export interface PostOptions {
  timeoutMs: number;
  headers?: Readonly<Record<string, string>>;
  answerBytesMax?: number;
}

/** Requests that one call makes at most: the first and those that redirects lead to (Go's http.Client). */
const requestsMax = 10;

/** Gives the parsed answer; rejects on anything but 2xx JSON in time. */
export async function postJson(
  target: URL,
  agent: Agent | undefined,
  body: unknown,
  options: PostOptions,
): Promise<unknown> {
  const signal = AbortSignal.timeout(options.timeoutMs);
  let bytes: Buffer | undefined = Buffer.from(JSON.stringify(body));
  let at = target;
  for (let made = 1; ; made++) {
    const reply = await ask(at, at.protocol === 'http:' ? undefined : agent, bytes, {
      ...options,
      // what was meant for one host is not for another
      headers: at.host === target.host ? (options.headers ?? {}) : {},
      signal,
    });
    const { code, location } = reply;
    if (location === undefined) return parsed(reply);
    if (made === requestsMax) throw new Error(`stopped after ${requestsMax} redirects`);
    at = new URL(location, at);
    // the others say that the body has been taken, and where the answer is
    if (code !== 307 && code !== 308) bytes = undefined;
  }
}

interface Reply {
  code: number;
  text: string;
  /** Where a redirect leads. */
  location: string | undefined;
}

function parsed({ code, text }: Reply): unknown {
  if (code < 200 || code > 299) throw new PostRefused(code, text);
  try {
    return text === '' ? undefined : parseJson(text);
  } catch (error) {
    throw new AnswerUnreadable(text, error as Error);
  }
}

const redirects = new Set([301, 302, 303, 307, 308]);

/** A POST of the bytes, or a GET without. */
function ask(
  target: URL,
  agent: Agent | undefined,
  bytes: Buffer | undefined,
  options: PostOptions & { signal: AbortSignal },
): Promise<Reply> {
  const { answerBytesMax = usualAnswerBytesMax, signal } = options;
  const send = target.protocol === 'http:' ? http.request : httpsRequest;
  return new Promise((resolve, reject) => {
    const headers = {
      accept: 'application/json, */*',
      'content-type': 'application/json',
      ...(bytes === undefined ? {} : { 'content-length': bytes.length }),
      ...options.headers,
    };
    const method = bytes === undefined ? 'GET' : 'POST';
    const how = { method, headers, signal, ...(agent === undefined ? {} : { agent }) };
    const asked = send(target, how, (response) => {
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
        const code = response.statusCode ?? 0;
        const location = redirects.has(code) ? response.headers.location : undefined;
        resolve({ code, location, text: Buffer.concat(parts).toString('utf8') });
      });
    });
    asked.on('error', (error) =>
      reject(signal.aborted ? new Error('context deadline exceeded', { cause: error }) : error),
    );
    asked.end(bytes);
  });
}
