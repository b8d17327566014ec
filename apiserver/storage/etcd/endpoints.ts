import { setTimeout as sleep } from 'node:timers/promises';
import { StoreUnavailable } from '../store.ts';
import { Connection, type UnaryCall } from './connection.ts';
import type { Method } from './framing.ts';
import { code, describeError, GrpcError, isTransient } from './status.ts';
import { type LoadedTls, loadTls, type TlsFiles } from './tls.ts';

/** An endpoint that failed is asked last for this long, doubling up to the second. */
const suspectMinMs = 500;
const suspectMaxMs = 8_000;
/** Between rounds over all endpoints. */
const pauseMinMs = 20;
const pauseMaxMs = 400;
/** How often the certificate files are looked at. */
const tlsCheckMs = 10_000;
/** An old connection is kept this long for the calls still on it. */
const drainMs = 30_000;

export interface EndpointsOptions {
  endpoints: readonly string[];
  tls?: TlsFiles;
  log: { warn(fields: object, message: string): void; info(fields: object, message: string): void };
}

export interface Attempt {
  /** Longest for one endpoint. */
  attemptMs: number;
  /** Longest for all together. */
  totalMs: number;
}

/** One etcd member as we see it. */
export class Endpoint {
  readonly url: string;
  connection: Connection;
  suspectUntil = 0;
  suspectMs = suspectMinMs;
  /** Calls under way, and since when: abandoned when the endpoint is found dead, to move on. */
  readonly calls = new Map<UnaryCall<unknown>, number>();

  constructor(url: string, connection: Connection) {
    this.url = url;
    this.connection = connection;
  }
}

/**
 * The members of one etcd cluster: calls go to one of them, and move on when it does not answer. The
 * bound on waiting is each call's own (attemptMs, totalMs); nothing is queued here.
 */
export class Endpoints {
  readonly #all: Endpoint[];
  readonly #options: EndpointsOptions;
  readonly #closed = new AbortController();
  readonly #onFailure = new Set<(endpoint: Endpoint) => void>();
  readonly #onReload = new Set<() => void>();
  #preferred: number;
  #tls: LoadedTls | undefined;
  #tlsTimer: NodeJS.Timeout | undefined;

  constructor(options: EndpointsOptions) {
    if (options.endpoints.length === 0) throw new Error('no etcd endpoints given');
    this.#options = options;
    this.#tls = options.tls === undefined ? undefined : loadTls(options.tls);
    for (const url of options.endpoints) checkUrl(url, options.tls !== undefined);
    this.#all = options.endpoints.map((url) => new Endpoint(url, this.#connect(url)));
    this.#preferred = Math.floor(Math.random() * this.#all.length);
    if (options.tls !== undefined) {
      this.#tlsTimer = setInterval(() => this.reload(), tlsCheckMs).unref();
    }
  }

  get count(): number {
    return this.#all.length;
  }

  get signal(): AbortSignal {
    return this.#closed.signal;
  }

  /** SHA-256 over the certificate files in use; undefined without TLS. */
  get tlsFingerprint(): string | undefined {
    return this.#tls?.fingerprint;
  }

  onFailure(listener: (endpoint: Endpoint) => void): () => void {
    this.#onFailure.add(listener);
    return () => this.#onFailure.delete(listener);
  }

  /** The connections are new: streams should move over. */
  onReload(listener: () => void): () => void {
    this.#onReload.add(listener);
    return () => this.#onReload.delete(listener);
  }

  /** The endpoint to use now: the preferred one unless it failed lately. */
  pick(): Endpoint {
    const now = performance.now();
    let best = this.#all[this.#preferred] as Endpoint;
    for (let i = 0; i < this.#all.length; i++) {
      const at = (this.#preferred + i) % this.#all.length;
      const endpoint = this.#all[at] as Endpoint;
      if (endpoint.suspectUntil <= now) {
        this.#preferred = at;
        return endpoint;
      }
      if (endpoint.suspectUntil < best.suspectUntil) best = endpoint;
    }
    return best;
  }

  /** It did not do its work: others first for a while, and what waits for it goes elsewhere. */
  failed(endpoint: Endpoint): void {
    const now = performance.now();
    if (endpoint.suspectUntil <= now) {
      endpoint.suspectUntil = now + endpoint.suspectMs;
      endpoint.suspectMs = Math.min(suspectMaxMs, endpoint.suspectMs * 2);
    }
    if (this.#all.length === 1) return;
    for (const [call, since] of endpoint.calls) if (now - since > suspectMinMs) call.cancel();
    for (const listener of this.#onFailure) listener(endpoint);
  }

  succeeded(endpoint: Endpoint): void {
    endpoint.suspectUntil = 0;
    endpoint.suspectMs = suspectMinMs;
  }

  /**
   * A call that may be repeated on any member. `onAmbiguous` is told when an attempt's outcome is
   * unknown. Throws the last error when it is not transient, else StoreUnavailable after totalMs.
   */
  async call<Request, Response>(
    method: Method<Request, Response>,
    request: Request,
    attempt: Attempt,
    onAmbiguous?: () => void,
  ): Promise<Response> {
    const until = performance.now() + attempt.totalMs;
    for (let failures = 0; ; failures++) {
      this.#check();
      const endpoint = this.pick();
      const left = until - performance.now();
      try {
        const limit = Math.max(1, Math.min(left, attempt.attemptMs));
        return await this.#once(endpoint, method, request, limit);
      } catch (error) {
        this.#check(error);
        if (!isTransient(error)) throw error;
        onAmbiguous?.();
        this.failed(endpoint);
        const pause = pauseFor(failures, this.#all.length);
        if (performance.now() + pause >= until) throw unavailable(error);
        if (pause > 0) await this.#pause(pause);
      }
    }
  }

  /** Uses new certificate files when they changed and fit together. True when it did. */
  reload(): boolean {
    if (this.#options.tls === undefined || this.#closed.signal.aborted) return false;
    let loaded: LoadedTls;
    try {
      loaded = loadTls(this.#options.tls);
    } catch (error) {
      const fields = { error, files: this.#options.tls };
      this.#options.log.warn(fields, 'the etcd client certificate files cannot be used yet');
      return false;
    }
    if (loaded.fingerprint === this.#tls?.fingerprint) return false;
    this.#tls = loaded;
    for (const endpoint of this.#all) {
      const old = endpoint.connection;
      endpoint.connection = this.#connect(endpoint.url);
      setTimeout(() => old.close(), drainMs).unref();
    }
    const fields = { fingerprint: loaded.fingerprint };
    this.#options.log.info(fields, 'the etcd client certificate files were reloaded');
    for (const listener of this.#onReload) listener();
    return true;
  }

  close(): void {
    this.#closed.abort();
    clearInterval(this.#tlsTimer);
    for (const endpoint of this.#all) {
      for (const call of endpoint.calls.keys()) call.cancel();
      endpoint.connection.close();
    }
  }

  #connect(url: string): Connection {
    return new Connection(url, this.#tls?.material);
  }

  #check(cause?: unknown): void {
    if (this.#closed.signal.aborted) throw new StoreUnavailable('the store is closed', { cause });
  }

  async #pause(ms: number): Promise<void> {
    await sleep(ms, undefined, { signal: this.#closed.signal }).catch(() => undefined);
  }

  async #once<Request, Response>(
    endpoint: Endpoint,
    method: Method<Request, Response>,
    request: Request,
    limitMs: number,
  ): Promise<Response> {
    const call = endpoint.connection.unary(method, request, limitMs);
    endpoint.calls.set(call, performance.now());
    try {
      const response = await call.response;
      if (endpoint.suspectUntil > 0) this.succeeded(endpoint);
      return response;
    } finally {
      endpoint.calls.delete(call);
    }
  }
}

/** The first round over the members goes without a pause. */
function pauseFor(failures: number, members: number): number {
  const rounds = failures + 1 - members;
  if (rounds < 0) return 0;
  return Math.min(pauseMaxMs, pauseMinMs * 2 ** Math.min(rounds, 10)) * (0.5 + Math.random() / 2);
}

export function unavailable(error: unknown): StoreUnavailable {
  const deadline = error instanceof GrpcError && error.code === code.deadlineExceeded;
  const why = deadline ? 'no answer in time' : describeError(error);
  return new StoreUnavailable(`etcd does not answer: ${why}`, { cause: error });
}

function checkUrl(url: string, tls: boolean): void {
  const scheme = /^(https?):\/\/[^/]+$/.exec(url)?.[1];
  if (scheme === undefined) {
    throw new Error(`etcd endpoint ${JSON.stringify(url)} is not of the form https://host:port`);
  }
  if (tls !== (scheme === 'https')) {
    throw new Error(
      tls
        ? `etcd endpoint ${url} is not https, but etcd certificate files are given`
        : `etcd endpoint ${url} is https, but other endpoints are not`,
    );
  }
}
