import { setTimeout as sleep } from 'node:timers/promises';
import { prefixEnd } from '../keys.ts';
import {
  RevisionCompacted,
  RevisionInFuture,
  type StoreEvent,
  type Watch,
  type WatchHandlers,
} from '../store.ts';
import type { StreamCall } from './connection.ts';
import type { Endpoint, Endpoints } from './endpoints.ts';
import { tellsProgress } from './progress.ts';
import { status, watch, type WatchRequest } from './requests.ts';
import type { ResponseHeader, WatchResponse } from './responses.ts';

const checkMs = 500;
/**
 * A stream must be up, and say something while etcd is known to be ahead, within this many checks
 * (3 s). Checks are counted, not time: after a pause of this process the news come before the verdict.
 */
const silentChecks = 6;
const pauseMaxMs = 1_000;
const noValue = Buffer.alloc(0);
const everything = Buffer.from([0]);

export interface WatchOwner {
  endpoints: Endpoints;
  /** Highest revision known. */
  seen(): number;
  /** Takes note of a header; false when it is another cluster's than before. */
  header(header: ResponseHeader): boolean;
  currentRevision(): Promise<number>;
  log: { warn(fields: object, message: string): void };
  onClose(): void;
}

/**
 * A watch over one gRPC stream at a time. When a stream breaks, falls silent or its member is cut off,
 * the next begins at another member right behind the last revision delivered: nothing is lost and
 * nothing comes twice. It ends only when etcd has compacted that revision away, or is another or an
 * older store than before.
 *
 * Members that answer progress requests reliably (>= 3.4.31, 3.5.13, 3.6) are asked for the prefix
 * only. Others are watched whole, so that every revision shows as an event and it is known which one
 * has been reached (docs/decisions/0001-progress-without-progress-requests.md).
 */
export class EtcdWatch implements Watch {
  readonly #owner: WatchOwner;
  readonly #prefix: string;
  readonly #handlers: WatchHandlers;
  readonly #stops: (() => void)[];
  readonly #closing = new AbortController();
  /** Everything up to here was delivered. */
  #reached: number;
  #stream: StreamCall<WatchRequest> | undefined;
  #endpoint: Endpoint | undefined;
  #whole = false;
  #created = false;
  #progressWanted = false;
  /** Checks since the last message, or since the opening. */
  #silent = 0;
  /** Parts of a revision that came in fragments. */
  #fragments: StoreEvent[] = [];
  #failures = 0;

  constructor(owner: WatchOwner, prefix: string, fromRevision: number, handlers: WatchHandlers) {
    this.#owner = owner;
    this.#prefix = prefix;
    this.#handlers = handlers;
    this.#reached = fromRevision - 1;
    const timer = setInterval(() => this.#check(), checkMs).unref();
    this.#stops = [
      () => clearInterval(timer),
      owner.endpoints.onFailure((endpoint) => {
        if (endpoint === this.#endpoint) this.#again('the member does not answer');
      }),
      owner.endpoints.onReload(() => this.#again('new certificate files')),
    ];
    void this.#open();
  }

  requestProgress(): void {
    if (this.#whole) return;
    if (this.#stream === undefined || !this.#created) this.#progressWanted = true;
    else this.#stream.send('progress');
  }

  close(): void {
    if (this.#closing.signal.aborted) return;
    this.#closing.abort();
    for (const stop of this.#stops) stop();
    this.#drop();
    this.#owner.onClose();
  }

  end(error: Error): void {
    if (this.#closing.signal.aborted) return;
    this.close();
    this.#handlers.onEnd(error);
  }

  async #open(): Promise<void> {
    const { signal } = this.#closing;
    if (this.#failures > 1) {
      const longest = Math.min(pauseMaxMs, 20 * 2 ** Math.min(this.#failures, 10));
      const pause = longest * (0.5 + Math.random() / 2);
      await sleep(pause, undefined, { signal, ref: false }).catch(() => undefined);
    }
    if (signal.aborted) return;
    const endpoint = this.#owner.endpoints.pick();
    try {
      const { connection } = endpoint;
      const { version } = await connection.unary(status, undefined, 1_500).response;
      if (signal.aborted) return;
      this.#whole = !tellsProgress(version);
      this.#attach(endpoint);
    } catch (error) {
      if (signal.aborted) return;
      this.#failures++;
      this.#owner.log.warn({ error, endpoint: endpoint.url }, 'etcd cannot be watched there');
      this.#owner.endpoints.failed(endpoint);
      void this.#open();
    }
  }

  #attach(endpoint: Endpoint): void {
    const stream = endpoint.connection.stream(watch, {
      onMessage: (response) => this.#receive(response),
      onEnd: (error) => {
        if (stream === this.#stream) this.#broken(error ?? new Error('etcd ended the stream'));
      },
    });
    this.#stream = stream;
    this.#endpoint = endpoint;
    this.#created = false;
    this.#fragments = [];
    this.#silent = 0;
    const end = prefixEnd(this.#prefix);
    const all = this.#whole || this.#prefix === '';
    stream.send({
      key: all ? everything : Buffer.from(this.#prefix),
      rangeEnd: all || end === undefined ? everything : Buffer.from(end),
      startRevision: this.#reached + 1,
      progressNotify: !this.#whole,
    });
  }

  #broken(error: Error): void {
    const endpoint = this.#endpoint;
    this.#failures++;
    const fields = { error, endpoint: endpoint?.url, revision: this.#reached };
    this.#owner.log.warn(fields, 'the etcd watch broke and is resumed');
    this.#drop();
    if (endpoint !== undefined) this.#owner.endpoints.failed(endpoint);
    void this.#open();
  }

  /** Leaves the present stream for a new one. */
  #again(reason: string): void {
    if (this.#stream === undefined) return;
    const fields = { reason, endpoint: this.#endpoint?.url, revision: this.#reached };
    this.#owner.log.warn(fields, 'the etcd watch moves to a new stream');
    this.#failures++;
    this.#drop();
    void this.#open();
  }

  #drop(): void {
    const stream = this.#stream;
    this.#stream = undefined;
    this.#endpoint = undefined;
    this.#fragments = [];
    stream?.cancel();
  }

  /** Twice a second: is the stream alive, as far as one can tell? */
  #check(): void {
    const endpoint = this.#endpoint;
    if (this.#stream === undefined || endpoint === undefined) return;
    this.#silent++;
    if (!this.#created) {
      if (this.#silent > silentChecks) this.#broken(new Error('the stream was not opened in time'));
    } else if (this.#owner.seen() <= this.#reached) {
      this.#silent = 0;
    } else if (this.#silent > silentChecks) {
      // etcd is ahead of what we were told
      this.#broken(new Error('the stream is silent although etcd is ahead'));
    } else if (this.#silent > 1) {
      this.requestProgress();
    }
  }

  #receive(response: WatchResponse): void {
    this.#silent = 0;
    const known = this.#owner.header(response.header);
    if (response.created && !response.canceled) {
      this.#created = true;
      this.#failures = 0;
      if (this.#endpoint !== undefined) this.#owner.endpoints.succeeded(this.#endpoint);
      if (!known) return this.end(new Error('etcd is another cluster than before'));
      void this.#checkNotBehind(response.header.revision);
      if (this.#progressWanted) {
        this.#progressWanted = false;
        this.requestProgress();
      }
      return;
    }
    if (response.canceled) return this.#canceled(response);
    if (response.events.length > 0 || this.#fragments.length > 0) return this.#events(response);
    if (!this.#whole && !response.fragment) this.#progress(response.header.revision);
  }

  #canceled(response: WatchResponse): void {
    const compacted = response.compactRevision;
    if (compacted > 0) return this.end(new RevisionCompacted(this.#reached + 1, compacted));
    this.#broken(new Error(response.cancelReason || 'etcd cancelled the watch'));
  }

  #events(response: WatchResponse): void {
    let events = this.#fragments;
    for (const { put, kv } of response.events) {
      const { value, modRevision: revision } = kv;
      // of whole key spaces: what is not ours has no key
      const key = !this.#whole || kv.key.startsWith(this.#prefix) ? kv.key : '';
      events.push({ type: put ? 'put' : 'delete', key, value: put ? value : noValue, revision });
    }
    if (response.fragment) return;
    this.#fragments = [];
    const last = events.at(-1)?.revision ?? this.#reached;
    // a member may repeat what it sent before a progress notification; we do not
    const ours = (event: StoreEvent): boolean =>
      event.revision > this.#reached && (event.key !== '' || this.#prefix === '');
    if (this.#whole || (events[0]?.revision ?? 0) <= this.#reached) events = events.filter(ours);
    this.#reached = Math.max(this.#reached, last);
    const lastOurs = events.at(-1)?.revision ?? 0;
    if (events.length > 0) this.#handlers.onEvents(events);
    if (lastOurs < this.#reached && !this.#closing.signal.aborted) {
      this.#handlers.onProgress(this.#reached);
    }
  }

  #progress(revision: number): void {
    if (revision > this.#reached) this.#reached = revision;
    this.#handlers.onProgress(this.#reached);
  }

  /** A store restored from a backup is behind what we have delivered: watching on would be wrong. */
  async #checkNotBehind(headerRevision: number): Promise<void> {
    if (headerRevision >= this.#reached) return;
    const reached = this.#reached;
    const current = await this.#owner.currentRevision().catch(() => undefined);
    if (current !== undefined && current < reached)
      this.end(new RevisionInFuture(reached, current));
  }
}
