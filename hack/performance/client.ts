import { type ClientHttp2Session, connect } from 'node:http2';
import { cpuMs } from './usage.ts';

/** Requests over a few HTTP/2 connections, and what they cost the server. */

export interface Reply {
  ms: number;
  bytes: number;
  /** The first part of the body, enough for an error or a small object. */
  text: string;
}

/** What one kind of work cost. */
export interface Cost {
  perSecond: number;
  /** CPU of the server for each, in milliseconds. */
  cpuMs: number;
  p50Ms: number;
  p99Ms: number;
}

const sessionCount = 4;
const watchesPerSession = 100;
const keptBytes = 64 * 1024;

/** Who asks: a bearer token, or a client certificate in PEM. */
export interface Credentials {
  token?: string;
  certificate?: { key: string; cert: string };
}

export function authorization({ token }: Credentials): { authorization?: string } {
  return token === undefined ? {} : { authorization: `Bearer ${token}` };
}

export class LoadClient {
  readonly #sessions: ClientHttp2Session[];
  readonly #credentials: Credentials;
  readonly #url: string;
  readonly #watching: { session: ClientHttp2Session; streams: number }[] = [];
  #turn = 0;

  constructor(url: string, credentials: Credentials) {
    this.#credentials = credentials;
    this.#url = url;
    this.#sessions = Array.from({ length: sessionCount }, () => this.#connect());
  }

  /** Rejects on any status from 300 on, with the server's words. */
  call(method: string, path: string, body?: string, type = 'application/json'): Promise<Reply> {
    const session = this.#sessions[this.#turn++ % sessionCount] as ClientHttp2Session;
    return new Promise((resolve, reject) => {
      const began = performance.now();
      const headers: Record<string, string> = {
        ':method': method,
        ':path': path,
        ...authorization(this.#credentials),
        accept: 'application/json',
        ...(body === undefined ? {} : { 'content-type': type }),
      };
      const stream = session.request(headers, { endStream: body === undefined });
      let status = 0;
      let bytes = 0;
      const kept: Buffer[] = [];
      stream.on('response', (response) => {
        status = Number(response[':status']);
      });
      stream.on('data', (part: Buffer) => {
        if (bytes < keptBytes) kept.push(part);
        bytes += part.length;
      });
      stream.on('error', reject);
      stream.on('end', () => {
        const text = Buffer.concat(kept).toString();
        if (status < 300) resolve({ ms: performance.now() - began, bytes, text });
        else reject(new Error(`${method} ${path}: ${status} ${text.slice(0, 300)}`));
      });
      if (body !== undefined) stream.end(body);
    });
  }

  /** A watch that stays open, beside others on a connection; resolves when it has begun. */
  watch(path: string): Promise<void> {
    let place = this.#watching.at(-1);
    if (place === undefined || place.streams === watchesPerSession) {
      place = { session: this.#connect(), streams: 0 };
      this.#watching.push(place);
    }
    place.streams += 1;
    const stream = place.session.request({
      ':path': path,
      ...authorization(this.#credentials),
    });
    stream.resume();
    return new Promise((resolve, reject) => {
      stream.on('error', reject);
      stream.on('response', ({ ':status': status }) => {
        if (status === 200) resolve();
        else reject(new Error(`GET ${path}: ${status}`));
      });
    });
  }

  close(): void {
    for (const session of this.#sessions) session.destroy();
    for (const { session } of this.#watching) session.destroy();
  }

  #connect(): ClientHttp2Session {
    const { certificate } = this.#credentials;
    const session = connect(this.#url, { rejectUnauthorized: false, ...certificate });
    session.on('error', () => {});
    return session;
  }
}

/** Runs `count` pieces of work, `width` at a time, and takes the CPU of `pid` meanwhile. */
export async function measure(
  pid: number,
  count: number,
  width: number,
  work: (i: number) => Promise<{ ms: number }>,
): Promise<Cost> {
  const times: number[] = [];
  const cpuBefore = cpuMs(pid);
  const began = performance.now();
  await atOnce(count, width, async (i) => {
    times.push((await work(i)).ms);
  });
  const seconds = (performance.now() - began) / 1000;
  return {
    perSecond: Math.round(count / seconds),
    cpuMs: (cpuMs(pid) - cpuBefore) / count,
    p50Ms: percentile(times, 0.5),
    p99Ms: percentile(times, 0.99),
  };
}

/** Does `count` things, `width` at a time. */
export async function atOnce(
  count: number,
  width: number,
  one: (i: number) => Promise<unknown>,
): Promise<void> {
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < count) await one(next++);
  };
  await Promise.all(Array.from({ length: width }, worker));
}

export function percentile(times: number[], at: number): number {
  times.sort((a, b) => a - b);
  return times[Math.min(times.length - 1, Math.floor(times.length * at))] ?? 0;
}

export function mean(times: readonly number[]): number {
  return times.reduce((sum, ms) => sum + ms, 0) / Math.max(1, times.length);
}
