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

/** Gives the parsed answer; rejects on anything but 2xx JSON in time. */
export function postJson(
  target: URL,
  agent: Agent | undefined,
  body: unknown,
  options: {
    timeoutMs: number;
    headers?: Readonly<Record<string, string>>;
    answerBytesMax?: number;
  },
): Promise<unknown> {
  const { answerBytesMax = usualAnswerBytesMax } = options;
  const bytes = Buffer.from(JSON.stringify(body));
  const signal = AbortSignal.timeout(options.timeoutMs);
  const send = target.protocol === 'http:' ? http.request : httpsRequest;
  return new Promise((resolve, reject) => {
    const headers = {
      'content-type': 'application/json',
      accept: 'application/json, */*',
      'content-length': bytes.length,
      ...options.headers,
    };
    const how = { method: 'POST', headers, signal, ...(agent === undefined ? {} : { agent }) };
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
        const text = Buffer.concat(parts).toString('utf8');
        const code = response.statusCode ?? 0;
        if (code < 200 || code > 299) return reject(new PostRefused(code, text));
        try {
          resolve(text === '' ? undefined : parseJson(text));
        } catch (error) {
          reject(new AnswerUnreadable(text, error as Error));
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
