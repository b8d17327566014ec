import assert from 'node:assert/strict';
import { request } from 'node:https';
import { type ApiServer, type ApiServerOptions, startApiServer } from '../embedded.ts';

/**
 * Test fixture: a server in this process and a client that shows every byte of an answer. Nothing is
 * interpreted but JSON, so tests see what any client would see.
 */
export interface Reply {
  code: number;
  headers: Record<string, string | string[] | undefined>;
  raw: Buffer;
  text: string;
  // oxlint-disable-next-line no-explicit-any -- answers of many kinds
  body: any;
}

export interface Ask {
  /** Objects are sent as JSON, strings and bytes as they are. */
  body?: unknown;
  type?: string;
  accept?: string;
  headers?: Record<string, string>;
}

export class ApiClient {
  readonly server: ApiServer;

  private constructor(server: ApiServer) {
    this.server = server;
  }

  static async start(options?: ApiServerOptions): Promise<ApiClient> {
    return new ApiClient(await startApiServer(options));
  }

  stop(): Promise<void> {
    return this.server.stop();
  }

  ask(method: string, path: string, ask: Ask = {}): Promise<Reply> {
    const sent = ask.body === undefined ? undefined : bytesOf(ask.body);
    return new Promise((resolve, reject) => {
      const call = request(
        `${this.server.url}${path}`,
        {
          method,
          ca: this.server.ca,
          agent: false,
          headers: {
            authorization: `Bearer ${this.server.token}`,
            'user-agent': 'tester/v1',
            ...(sent === undefined
              ? {}
              : { 'content-type': ask.type ?? 'application/json', 'content-length': sent.length }),
            ...(ask.accept === undefined ? {} : { accept: ask.accept }),
            ...ask.headers,
          },
        },
        (response) => {
          const parts: Buffer[] = [];
          response.on('data', (part: Buffer) => parts.push(part));
          response.on('error', reject);
          response.on('end', () => {
            const raw = Buffer.concat(parts);
            const text = raw.toString('utf8');
            resolve({
              code: response.statusCode ?? 0,
              headers: response.headers,
              raw,
              text,
              body: parsed(text),
            });
          });
        },
      );
      // a server may answer and close before it has read the whole body
      call.on('error', reject);
      call.end(sent);
    });
  }

  get(path: string, ask?: Ask): Promise<Reply> {
    return this.ask('GET', path, ask);
  }

  create(path: string, body: unknown, ask?: Ask): Promise<Reply> {
    return this.ask('POST', path, { body, ...ask });
  }

  put(path: string, body: unknown, ask?: Ask): Promise<Reply> {
    return this.ask('PUT', path, { body, ...ask });
  }

  delete(path: string, body?: unknown): Promise<Reply> {
    return this.ask('DELETE', path, body === undefined ? {} : { body });
  }

  patch(path: string, type: keyof typeof patchTypes, body: unknown, ask?: Ask): Promise<Reply> {
    return this.ask('PATCH', path, { body, type: patchTypes[type], ...ask });
  }

  /** Opens a watch; resolves when its headers are there. */
  watch(path: string, ask: Ask = {}): Promise<WatchStream> {
    return new Promise((resolve, reject) => {
      const call = request(
        `${this.server.url}${path}`,
        {
          ca: this.server.ca,
          agent: false,
          headers: {
            authorization: `Bearer ${this.server.token}`,
            ...(ask.accept === undefined ? {} : { accept: ask.accept }),
          },
        },
        (response) => {
          const stream = new WatchStream(response.statusCode ?? 0, () => call.destroy());
          response.on('data', (part: Buffer) => stream.take(part));
          response.on('end', () => stream.finish());
          response.on('error', () => stream.finish());
          resolve(stream);
        },
      );
      call.on('error', reject);
      call.end();
    });
  }
}

export const patchTypes = {
  json: 'application/json-patch+json',
  merge: 'application/merge-patch+json',
  strategic: 'application/strategic-merge-patch+json',
  apply: 'application/apply-patch+yaml',
} as const;

export class WatchStream {
  readonly code: number;
  readonly close: () => void;
  ended = false;
  text = '';
  // oxlint-disable-next-line no-explicit-any -- events of many kinds
  readonly events: any[] = [];
  #rest = '';
  #read = 0;
  #waiting: (() => void) | undefined;

  constructor(code: number, close: () => void) {
    this.code = code;
    this.close = close;
  }

  take(part: Buffer): void {
    this.text += part.toString('utf8');
    const lines = (this.#rest + part.toString('utf8')).split('\n');
    this.#rest = lines.pop() ?? '';
    for (const line of lines) this.events.push(JSON.parse(line));
    this.#waiting?.();
  }

  finish(): void {
    this.ended = true;
    this.#waiting?.();
  }

  /** The next event; undefined when the server ended the stream. */
  // oxlint-disable-next-line no-explicit-any -- events of many kinds
  async next(): Promise<any> {
    while (this.#read >= this.events.length) {
      if (this.ended) return undefined;
      await new Promise<void>((resolve) => {
        this.#waiting = resolve;
      });
    }
    return this.events[this.#read++];
  }

  /** `ADDED a`, `DELETED b`: the next `count` events in short. */
  async names(count: number): Promise<string[]> {
    const out: string[] = [];
    for (let i = 0; i < count; i++) {
      const event = await this.next();
      out.push(event === undefined ? 'end' : `${event.type} ${event.object.metadata?.name ?? ''}`);
    }
    return out;
  }

  async end(): Promise<void> {
    while ((await this.next()) !== undefined);
  }
}

function bytesOf(body: unknown): Buffer {
  if (Buffer.isBuffer(body)) return body;
  return Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The reply is a Status that says exactly this. */
export function refused(
  reply: Reply,
  code: number,
  reason: string | undefined,
  message: string | RegExp,
) {
  assert.equal(reply.code, code, reply.text);
  assert.equal(reply.body.kind, 'Status');
  assert.equal(reply.body.status, 'Failure');
  assert.equal(reply.body.code, code);
  assert.equal(reply.body.reason, reason);
  if (typeof message === 'string') assert.equal(reply.body.message, message);
  else assert.match(reply.body.message, message);
}

/** The object in a reply that must be a success. */
export function stored(reply: Reply, code = 200) {
  assert.equal(reply.code, code, reply.text);
  return reply.body;
}
