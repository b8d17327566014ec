import { setTimeout as sleep } from 'node:timers/promises';
import { serviceUnavailable } from '../../object/status-error.ts';
import type { ProtobufDecoder } from '../storage/codec.ts';
import type { Store, StoreEvent, Watch } from '../storage/store.ts';
import { EntryDecoder } from './decoder.ts';
import { Tracked } from './load.ts';
import { ResourceCache } from './resource-cache.ts';
import type { RingLimits } from './ring.ts';
import { type CacheLog, type ResourceSpec, silentLog } from './spec.ts';
import { defaultWaitMs, RevisionWaits, sharedFresh } from './waits.ts';

/** First lists under way at once. */
const loadLimit = 4;
const tickMs = 1_000;
const retryMinMs = 50;
const retryMaxMs = 2_000;

export interface WatchCacheOptions {
  /** Everything of this server: `/registry/`. */
  prefix: string;
  log?: CacheLog;
  protobuf?: ProtobufDecoder;
  ring?: Partial<RingLimits>;
}

const endedPerSecond = 200;
const endTurnMs = 100;

/**
 * One watch on the store for everything under the prefix, feeding a cache per resource. Resources
 * come and go at run time; each is listed when first asked for, without a gap to the shared watch.
 *
 * When the store ends the watch (compacted while we were cut off), every resource is listed again and
 * the difference becomes events: watchers go on and reads never go back. A store whose revision went
 * back (restored from a backup) ends all watchers and starts anew.
 */
export class WatchCache {
  readonly #store: Store;
  readonly #prefix: string;
  readonly #log: CacheLog;
  readonly #decoder: EntryDecoder;
  readonly #ringLimits: Partial<RingLimits> | undefined;
  readonly #resources = new Map<string, Tracked>();
  /** How many path segments the known key prefixes have: `/registry/pods/` has 2. */
  readonly #depths = new Set<number>();
  readonly #waits: RevisionWaits;
  readonly #freshRevision: () => Promise<number>;
  readonly #stopping = new AbortController();
  #watch: Watch | undefined;
  #started: Promise<void> | undefined;
  #ticker: NodeJS.Timeout | undefined;
  #revision = 0;
  /** Grows with every new store watch: lists begun under an older one are done again. */
  #epoch = 0;
  #loads = 0;
  readonly #loadQueue: (() => void)[] = [];

  constructor(store: Store, options: WatchCacheOptions) {
    this.#store = store;
    this.#prefix = options.prefix;
    this.#log = options.log ?? silentLog;
    this.#ringLimits = options.ring;
    this.#decoder = new EntryDecoder(this.#log, options.protobuf);
    this.#waits = new RevisionWaits(() => this.#watch?.requestProgress());
    this.#freshRevision = sharedFresh(() => this.#store.currentRevision());
  }

  /** The revision up to which the shared watch has delivered everything. */
  get revision(): number {
    return this.#revision;
  }

  /** Begins the shared watch; resolves once it stands. Tries until the store answers or stop(). */
  start(): Promise<void> {
    this.#started ??= this.#open(0);
    this.#ticker ??= setInterval(() => this.#tick(), tickMs).unref();
    return this.#started;
  }

  stop(): void {
    this.#stopping.abort();
    this.#watch?.close();
    clearInterval(this.#ticker);
    this.#waits.fail(serviceUnavailable('the server is shutting down'));
    for (const { cache } of this.#resources.values()) cache.reset();
  }

  /**
   * Ends the watches there are, evenly over `graceMs` but {@link endedPerSecond} at least: so many clients
   * come back somewhere else at once (k8s.io/apiserver server/genericapiserver.go).
   */
  async endWatches(graceMs: number): Promise<void> {
    const watchers = [...this.#resources.values()].flatMap(({ cache }) => cache.watchersNow());
    const all = watchers.length;
    const perSecond = Math.max(endedPerSecond, (all * 1000) / graceMs);
    const perTurn = graceMs > 0 ? Math.ceil((perSecond * endTurnMs) / 1000) : all;
    for (let at = 0; at < all; at += perTurn) {
      if (at > 0) await sleep(endTurnMs);
      for (const watcher of watchers.slice(at, at + perTurn)) watcher.end();
    }
  }

  /** The cache of a resource; the same one for the same keyPrefix until it is removed. */
  resource(spec: ResourceSpec): ResourceCache {
    const known = this.#resources.get(spec.keyPrefix);
    if (known !== undefined) return known.cache;
    const cache = new ResourceCache(
      spec,
      {
        cacheRevision: () => this.#revision,
        load: () => this.#load(tracked),
        waitFor: (revision, timeoutMs, at) =>
          this.#waits.until(revision, at, timeoutMs ?? defaultWaitMs),
        consistent: () => this.#freshRevision(),
      },
      this.#decoder,
      this.#ringLimits,
    );
    const tracked = new Tracked(cache);
    this.#resources.set(spec.keyPrefix, tracked);
    this.#depths.add(depthOf(spec.keyPrefix));
    return cache;
  }

  /** The resource of this key prefix is read in another way from now on (its definition changed). */
  respec(spec: ResourceSpec): void {
    this.#resources.get(spec.keyPrefix)?.cache.respec(spec);
  }

  /** Ends the resource's watchers and forgets it (a CustomResourceDefinition went). */
  remove(keyPrefix: string): void {
    const tracked = this.#resources.get(keyPrefix);
    if (tracked === undefined) return;
    tracked.removed = true;
    this.#resources.delete(keyPrefix);
    tracked.cache.reset();
    this.#depths.clear();
    for (const known of this.#resources.keys()) this.#depths.add(depthOf(known));
  }

  /** Rejects with 504 `Too large resource version` when the watch is not there in time. */
  waitFor(revision: number | bigint, timeoutMs: number = defaultWaitMs): Promise<void> {
    return this.#waits.until(revision, this, timeoutMs);
  }

  /** The store's revision now (linearizable), shared among concurrent callers. */
  currentRevision(): Promise<number> {
    return this.#freshRevision();
  }

  async #open(attempt: number): Promise<void> {
    const { signal } = this.#stopping;
    for (let failed = attempt; !signal.aborted; failed++) {
      try {
        if (failed > 0) await pause(failed, signal);
        const revision = await this.#store.currentRevision();
        if (signal.aborted) return;
        this.#begin(revision);
        return;
      } catch (error) {
        if (signal.aborted) return;
        this.#log.warn({ error }, 'the store cannot be watched yet, trying again');
      }
    }
  }

  #begin(revision: number): void {
    const wentBack = revision < this.#revision;
    const again = [...this.#resources.values()].filter((tracked) => tracked.cache.isReady);
    this.#epoch++;
    if (wentBack) {
      const fields = { seen: this.#revision, revision };
      this.#log.error(fields, 'the store went back to an older revision, all watches end');
      for (const { cache } of this.#resources.values()) cache.reset();
    }
    for (const tracked of again) tracked.hold();
    this.#revision = revision;
    const epoch = this.#epoch;
    const current = (): boolean => epoch === this.#epoch && !this.#stopping.signal.aborted;
    this.#watch = this.#store.watch(this.#prefix, revision + 1, {
      onEvents: (events) => current() && this.#receive(events),
      onProgress: (reached) => current() && this.#advance(reached),
      onEnd: (error) => current() && this.#lost(error),
    });
    for (const tracked of again) {
      this.#load(tracked, true).catch((error: unknown) => {
        this.#log.error({ error, prefix: tracked.cache.spec.keyPrefix }, 'a list was given up');
      });
    }
    this.#waits.check();
  }

  #lost(error: Error): void {
    this.#log.warn({ error }, 'the watch of the store ended, listing everything again');
    for (const { cache } of this.#resources.values()) cache.freeze();
    this.#watch = undefined;
    this.#epoch++;
    void this.#open(error.name === 'RevisionCompacted' ? 0 : 1);
  }

  #receive(events: readonly StoreEvent[]): void {
    const last = events.at(-1);
    if (last === undefined) return;
    const now = performance.now();
    const first = this.#owner((events[0] as StoreEvent).key);
    if (events.length === 1) first?.receive(events, now);
    else {
      const byOwner = new Map<Tracked, StoreEvent[]>();
      for (const event of events) {
        const owner = this.#owner(event.key);
        if (owner === undefined) continue;
        const list = byOwner.get(owner);
        if (list === undefined) byOwner.set(owner, [event]);
        else list.push(event);
      }
      for (const [owner, list] of byOwner) owner.receive(list, now);
    }
    this.#advance(last.revision);
  }

  #advance(revision: number): void {
    if (revision <= this.#revision) return;
    this.#revision = revision;
    this.#waits.check();
  }

  /** The resource whose key prefix the key has. Longer prefixes win. */
  #owner(key: string): Tracked | undefined {
    let found: Tracked | undefined;
    let depth = 0;
    for (let slash = key.indexOf('/', 1); slash > 0; slash = key.indexOf('/', slash + 1)) {
      depth++;
      if (this.#depths.has(depth)) {
        found = this.#resources.get(key.slice(0, slash + 1)) ?? found;
      }
    }
    return found;
  }

  #load(tracked: Tracked, again = false): Promise<void> {
    if (tracked.cache.isReady && !again && tracked.loading === undefined) return Promise.resolve();
    if (tracked.loading !== undefined) return tracked.loading;
    const loading = this.#loadUntilDone(tracked).finally(() => {
      tracked.loading = undefined;
      this.#waits.check();
    });
    tracked.loading = loading;
    return loading;
  }

  async #loadUntilDone(tracked: Tracked): Promise<void> {
    await this.start();
    const { signal } = this.#stopping;
    if (this.#loads >= loadLimit) await new Promise<void>((go) => this.#loadQueue.push(go));
    this.#loads++;
    try {
      for (let failed = 0; !signal.aborted && !tracked.removed; ) {
        const epoch = this.#epoch;
        const valid = (): boolean => epoch === this.#epoch && this.#watch !== undefined;
        try {
          if (valid() && (await tracked.loadOnce(this.#store, valid))) return;
        } catch (error) {
          const fields = { error, prefix: tracked.cache.spec.keyPrefix };
          this.#log.warn(fields, 'a resource could not be listed, trying again');
        }
        await pause(++failed, signal);
      }
      throw serviceUnavailable('the resource is not served any more');
    } finally {
      this.#loads--;
      this.#loadQueue.shift()?.();
    }
  }

  #tick(): void {
    const monotonic = performance.now();
    const now = Date.now();
    for (const { cache } of this.#resources.values()) cache.tick(monotonic, now);
  }
}

function depthOf(keyPrefix: string): number {
  return keyPrefix.split('/').length - 2;
}

async function pause(failed: number, signal: AbortSignal): Promise<void> {
  const longest = Math.min(retryMaxMs, retryMinMs * 2 ** Math.min(failed, 10));
  await sleep(longest * (0.5 + Math.random() / 2), undefined, { signal, ref: false }).catch(
    () => undefined,
  );
}
