import type { Agent } from 'node:https';
import { parseJson } from '../../object/json.ts';
import { type Answer, answerOf, type Ask, redirectOf, requestsMax } from '../outgoing/answer.ts';

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

export interface PostOptions {
  timeoutMs: number;
  headers?: Readonly<Record<string, string>>;
  answerBytesMax?: number;
}

/** Gives the parsed answer; rejects on anything but 2xx JSON in time. */
export async function postJson(
  target: URL,
  agent: Agent | undefined,
  body: unknown,
  options: PostOptions,
): Promise<unknown> {
  const { answerBytesMax } = options;
  const signal = AbortSignal.timeout(options.timeoutMs);
  let bytes: Buffer | undefined = Buffer.from(JSON.stringify(body));
  let at = target;
  for (let made = 1; ; made++) {
    // what was meant for one host is not for another
    const more = at.host === target.host ? (options.headers ?? {}) : {};
    const answer = await ask(at, { agent, body: bytes, signal, headers: more, answerBytesMax });
    const location = redirectOf(answer);
    if (location === undefined) return parsed(answer);
    if (made === requestsMax) throw new Error(`stopped after ${requestsMax} redirects`);
    at = new URL(location, at);
    // the others say that the body has been taken, and where the answer is
    if (answer.status !== 307 && answer.status !== 308) bytes = undefined;
  }
}

function parsed({ status, text }: Answer): unknown {
  if (status < 200 || status > 299) throw new PostRefused(status, text);
  try {
    return text === '' ? undefined : parseJson(text);
  } catch (error) {
    throw new AnswerUnreadable(text, error as Error);
  }
}

async function ask(url: URL, { headers, ...rest }: Ask): Promise<Answer> {
  const { body, signal } = rest;
  try {
    return await answerOf(url, {
      ...rest,
      headers: {
        accept: 'application/json, */*',
        'content-type': 'application/json',
        ...(body === undefined ? {} : { 'content-length': body.length }),
        ...headers,
      },
    });
  } catch (error) {
    if (!signal.aborted) throw error;
    throw new Error('context deadline exceeded', { cause: error });
  }
}
