import { type Attempt, Endpoints, type EndpointsOptions, unavailable } from './etcd/endpoints.ts';
import { Leases } from './etcd/leases.ts';
import { compact, range, type RangeRequest, status } from './etcd/requests.ts';
import type { RangeResponse, ResponseHeader } from './etcd/responses.ts';
import { code, GrpcError } from './etcd/status.ts';
import { EtcdWatch } from './etcd/watch.ts';
import { guardedWrite, type Write } from './etcd/write.ts';
import { prefixEnd } from './keys.ts';
import type { StorageOptions } from './open.ts';
import {
  KeyExists,
  type KeyValue,
  type ListOptions,
  type ListResult,
  RevisionCompacted,
  RevisionInFuture,
  type Store,
  StoreUnavailable,
  type UpdateResult,
  type Watch,
  type WatchHandlers,
  type WriteOptions,
} from './store.ts';

export type EtcdOptions = EndpointsOptions & {
  /** How long one lease is given to keys with a TTL. */
  leaseReuseSeconds?: number;
};

const getAttempt: Attempt = { attemptMs: 1_500, totalMs: 10_000 };
const listAttempt: Attempt = { attemptMs: 8_000, totalMs: 30_000 };
/** Pages of a list aim at this size, so that no message is huge and none waits long behind it. */
const pageBytes = 4 * 1024 * 1024;
const pageKeysMin = 50;
const pageKeysFirst = 500;
const pageKeysMax = 10_000;
const rangeEverything = Buffer.from([0]);

/** The range request for all keys of a prefix from a start on. Byte order is etcd's. */
function rangeOf(prefix: string, startKey: string | undefined): { key: Buffer; rangeEnd: Buffer } {
  const start = startKey ?? prefix;
  const end = prefixEnd(prefix);
  return {
    key: start === '' ? rangeEverything : Buffer.from(start),
    rangeEnd: end === undefined ? rangeEverything : Buffer.from(end),
  };
}

/**
 * etcd 3.4 to 3.6, one member or several. Every call has a deadline; reads move to another member
 * when one does not answer, writes are repeated only as `etcd/write.ts` proves safe.
 */
export class EtcdStore implements Store {
  readonly #endpoints: Endpoints;
  readonly #leases: Leases;
  readonly #options: EtcdOptions;
  readonly #watches = new Set<EtcdWatch>();
  /** Writes under way by the version they replace. */
  readonly #writing = new Map<string, Promise<UpdateResult>>();
  /** Highest revision any response showed. */
  #seen = 0;
  #clusterId = 0n;

  /** As upstream's flags name the files, empty for none. Does not wait for etcd. */
  static open(flags: StorageOptions, log: EtcdOptions['log']): EtcdStore {
    const { servers: endpoints, caFile, certFile, keyFile } = flags;
    const files = {
      ...(caFile === '' ? {} : { caFile }),
      ...(certFile === '' ? {} : { certFile }),
      ...(keyFile === '' ? {} : { keyFile }),
    };
    const secure = endpoints.some((url) => url.startsWith('https:'));
    const tls = secure || Object.keys(files).length > 0 ? { tls: files } : {};
    return new EtcdStore({ endpoints, log, leaseReuseSeconds: flags.leaseReuseSeconds, ...tls });
  }

  constructor(options: EtcdOptions) {
    this.#options = options;
    this.#endpoints = new Endpoints(options);
    this.#leases = new Leases(this.#endpoints, options.leaseReuseSeconds);
  }

  async get(key: string): Promise<{ item: KeyValue | undefined; revision: number }> {
    const response = await this.#range({ key: Buffer.from(key) }, getAttempt);
    return { item: response.kvs[0], revision: response.header.revision };
  }

  async list(prefix: string, options: ListOptions = {}): Promise<ListResult> {
    const limit = options.limit === undefined || options.limit === 0 ? Infinity : options.limit;
    const items: KeyValue[] = [];
    let { revision, startKey } = options;
    let count: number | undefined;
    let pageKeys = pageKeysFirst;
    for (;;) {
      const want = Math.min(limit - items.length, pageKeys);
      const request: RangeRequest = { ...rangeOf(prefix, startKey), limit: want };
      if (revision !== undefined) request.revision = revision;
      if (options.keysOnly === true) request.keysOnly = true;
      const page = await this.#range(request, listAttempt);
      revision ??= page.header.revision;
      count ??= page.count;
      let bytes = 0;
      for (const kv of page.kvs) {
        items.push(kv);
        bytes += kv.value.length + kv.key.length;
      }
      const last = items.at(-1);
      if (!page.more || items.length >= limit || last === undefined) {
        return { items, revision, more: page.more, count };
      }
      startKey = `${last.key}\0`;
      const average = Math.max(1, bytes / Math.max(1, page.kvs.length));
      pageKeys = Math.min(pageKeysMax, Math.max(pageKeysMin, Math.floor(pageBytes / average)));
    }
  }

  async create(key: string, value: Buffer, options?: WriteOptions): Promise<number> {
    const result = await this.#write({ key, value, expected: 0, lease: 0n }, options);
    if (!result.ok) throw new KeyExists(key);
    return result.revision;
  }

  update(
    key: string,
    value: Buffer,
    expected: number,
    options?: WriteOptions,
  ): Promise<UpdateResult> {
    return this.#write({ key, value, expected, lease: 0n }, options);
  }

  delete(key: string, expected: number): Promise<UpdateResult> {
    return this.#write({ key, value: undefined, expected, lease: 0n });
  }

  watch(prefix: string, fromRevision: number, handlers: WatchHandlers): Watch {
    const watch = new EtcdWatch(
      {
        endpoints: this.#endpoints,
        seen: () => this.#seen,
        header: (header) => this.#header(header),
        currentRevision: () => this.currentRevision(),
        log: this.#options.log,
        onClose: () => this.#watches.delete(watch),
      },
      prefix,
      fromRevision,
      handlers,
    );
    this.#watches.add(watch);
    return watch;
  }

  async currentRevision(): Promise<number> {
    const response = await this.#range({ key: rangeEverything, keysOnly: true }, getAttempt);
    return response.header.revision;
  }

  async compact(revision: number): Promise<void> {
    const attempt: Attempt = { attemptMs: 5_000, totalMs: 15_000 };
    try {
      await this.#endpoints.call(compact, revision, attempt);
    } catch (error) {
      throw this.#revisionError(error, revision);
    }
  }

  /** Size of the member's database file now in use by the preferred endpoint. */
  async sizeBytes(): Promise<number | undefined> {
    return (await this.#endpoints.call(status, undefined, getAttempt)).dbSize;
  }

  async ping(timeoutMs: number): Promise<void> {
    const attempt: Attempt = {
      attemptMs: Math.max(100, Math.min(1_500, timeoutMs / 2)),
      totalMs: timeoutMs,
    };
    await this.#range({ key: rangeEverything, keysOnly: true }, attempt);
  }

  /** New connections use the certificate files as they are now. They are also looked at every 10 s. */
  reload(): boolean {
    return this.#endpoints.reload();
  }

  /** SHA-256 over the certificate files in use; undefined without TLS. */
  get tlsFingerprint(): string | undefined {
    return this.#endpoints.tlsFingerprint;
  }

  async close(): Promise<void> {
    this.#endpoints.close();
    for (const watch of [...this.#watches]) watch.end(new StoreUnavailable('the store is closed'));
  }

  async #range(request: RangeRequest, attempt: Attempt): Promise<RangeResponse> {
    try {
      const response = await this.#endpoints.call(range, request, attempt);
      this.#header(response.header);
      return response;
    } catch (error) {
      throw this.#revisionError(error, request.revision ?? 0);
    }
  }

  async #write(write: Write, options?: WriteOptions): Promise<UpdateResult> {
    const ttl = options?.ttlSeconds;
    if (ttl === undefined) return this.#guarded(write);
    try {
      return await this.#guarded({ ...write, lease: await this.#leases.get(ttl) });
    } catch (error) {
      if (!(error instanceof GrpcError) || error.code !== code.notFound) throw error;
      // the lease is gone: nothing was written
      this.#leases.forget(ttl);
      return this.#guarded({ ...write, lease: await this.#leases.get(ttl) });
    }
  }

  /**
   * One at a time for each version of a key. Once the outcome of one is known that version is over,
   * and its rivals have lost; they do not try, as the write of the winner could be taken for theirs
   * (see etcd/write.ts).
   */
  async #guarded(write: Write): Promise<UpdateResult> {
    const version = `${write.expected} ${write.key}`;
    for (let rival = this.#writing.get(version); rival; rival = this.#writing.get(version)) {
      const known = await rival.then(
        () => true,
        () => false,
      );
      if (known) return { ok: false, current: (await this.get(write.key)).item };
    }
    const mine = this.#transact(write);
    this.#writing.set(version, mine);
    try {
      return await mine;
    } finally {
      this.#writing.delete(version);
    }
  }

  #transact(write: Write): Promise<UpdateResult> {
    return guardedWrite(
      this.#endpoints,
      write,
      this.#seen,
      async (key, revision) => {
        const { kvs } = await this.#range({ key: Buffer.from(key), revision }, getAttempt);
        return kvs[0];
      },
      (response) => this.#header(response.header),
    );
  }

  /** False when it is another cluster's than before. */
  #header(header: ResponseHeader): boolean {
    const { clusterId, revision } = header;
    if (this.#clusterId !== clusterId) {
      const first = this.#clusterId === 0n;
      this.#clusterId = clusterId;
      this.#seen = revision;
      return first;
    }
    if (revision > this.#seen) this.#seen = revision;
    return true;
  }

  #revisionError(error: unknown, revision: number): unknown {
    if (!(error instanceof GrpcError)) return error;
    if (error.code === code.outOfRange) {
      if (/compacted/.test(error.details)) return new RevisionCompacted(revision, revision + 1);
      if (/future/.test(error.details)) return new RevisionInFuture(revision, this.#seen);
    }
    return unavailable(error);
  }
}
