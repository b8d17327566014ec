import { internalError, StatusError } from '../../object/status-error.ts';
import { type Batch, writeLimitBytes } from './batch.ts';
import type { Entry, FrameType } from './entry.ts';
import type { CacheEvent, Representation } from './event.ts';
import type { EventRing } from './ring.ts';
import { isPlain, type Selection, selects } from './selection.ts';
import type { VersionView } from './version-view.ts';

/** Where a watch writes to. */
export interface WatchSink {
  /**
   * Takes whole frames, in order. False when the receiver is full: nothing more is written until
   * {@link Watcher.resume}. The buffers are shared with other watchers: never change one.
   */
  write(frames: readonly Buffer[]): boolean;
  /**
   * The watch is over. With an error it is what the client is told in an ERROR event; without one
   * the stream just ends and the client watches again (too slow, resource gone, cache rebuilt).
   */
  end(error?: StatusError): void;
}

export interface WatchOptions extends Selection {
  /** Events after this revision. Absent: first the state now, as ADDED events, then what follows. */
  fromRevision?: number;
  /** After the initial state, a bookmark with `k8s.io/initial-events-end` (KEP-3157). */
  initialEventsEnd?: boolean;
  /** Send bookmarks once a minute, and shortly before `deadline`, where they say something new. */
  bookmarks?: boolean;
  /** Milliseconds since the epoch at which the caller will end the watch. */
  deadline?: number;
  /** Default: JSON of the cached version. */
  representation?: Representation;
  /** The version that is watched, where it may not be the one that objects are stored in. */
  view?: VersionView;
}

/** Bookmarks come this often. */
const bookmarkEveryMs = 60_000;
/** And this long before the deadline. */
const bookmarkBeforeDeadlineMs = 2_000;
/** Of the state a write carries more, which is copied for each client: memory of this size goes back when it is free. */
const stateLimitBytes = 256 * 1024;
/** Objects of the state, or events in another version, looked at in one go. */
const batchLength = 1_000;

/**
 * One watch: a cursor into the ring, plus the initial state still to be sent. It buffers nothing of
 * its own. Blocked by a slow client it stays where it is; when the ring drops the event it stands at,
 * it is ended (upstream ends slow watchers likewise).
 */
export class Watcher {
  readonly options: WatchOptions;
  readonly representation: Representation;
  /** Selects by namespace at most. */
  readonly plain: boolean;
  /** Plain watchers of one group get the same frames. */
  readonly group: string;
  readonly #ring: EventRing;
  readonly #sink: WatchSink;
  readonly #onClose: (watcher: Watcher) => void;
  /** Initial state in key order; emptied as it is sent. */
  #initial: readonly Entry[] | undefined;
  #initialAt = 0;
  #initialRevision: number;
  #next: number;
  #blocked = false;
  /** Until what comes next is there in the version that is watched. */
  #waiting = false;
  #closed = false;
  /** Has everything so far; events that pass it by without concerning it leave it so. */
  #current = false;
  #nextBookmark: number;
  /** What the client knows from the beginning: a bookmark says more or is not sent. */
  readonly #known: number;
  /** Asked to begin after this revision, which was not there yet; 0 once it was seen to pass. */
  #notBefore: number;

  constructor(
    ring: EventRing,
    start: { next: number; initial: readonly Entry[] | undefined; revision: number },
    options: WatchOptions,
    representation: Representation,
    sink: WatchSink,
    onClose: (watcher: Watcher) => void,
  ) {
    this.#ring = ring;
    this.#next = start.next;
    this.#initial = start.initial;
    this.#initialRevision = start.revision;
    this.options = options;
    this.representation = representation;
    this.plain = isPlain(options);
    this.group = `${options.namespace ?? ''} ${representation.id}`;
    this.#sink = sink;
    this.#onClose = onClose;
    const from = options.fromRevision ?? 0;
    this.#notBefore = from > start.revision ? from : 0;
    this.#known = Math.max(from, start.revision);
    // who waits for the end of the state is looked after with the next second, too, as upstream's cacher has it
    const waits = options.initialEventsEnd === true;
    this.#nextBookmark = waits ? 0 : nextBookmark(Date.now(), options.deadline);
  }

  /** Sequence number of the next event to send. */
  get next(): number {
    return this.#next;
  }

  get blocked(): boolean {
    return this.#blocked;
  }

  /** The receiver has room again. */
  resume(): void {
    if (!this.#blocked || this.#closed) return;
    this.#blocked = false;
    this.pump();
  }

  /** The client went away. The sink is not called any more. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#initial = undefined;
    this.#onClose(this);
  }

  end(error?: StatusError): void {
    if (this.#closed) return;
    this.close();
    this.#sink.end(error);
  }

  /** Events from sequence `from` on may concern it, none of those before that it was not told of. */
  concern(from: number): void {
    this.passBy(from);
    this.#current = false;
  }

  /** None of the events before `sequence` that it has not been told of concerns it. */
  passBy(sequence: number): void {
    if (this.#current && this.#next < sequence) this.#next = sequence;
  }

  /** Sees what others of its {@link group} see who stand where it does. */
  get takesBatches(): boolean {
    if (!this.plain || this.options.view !== undefined || this.#notBefore > 0) return false;
    return this.#initial === undefined && !this.#blocked && !this.#closed;
  }

  /** A whole batch that begins where it stands. */
  receive(batch: Batch): void {
    this.#next = batch.to;
    this.#current = batch.to === this.#ring.next;
    const frames = batch.framesFor(this);
    if (frames.length > 0) this.#write(frames);
  }

  /** Sends what there is until the client is full. */
  pump(): void {
    while (!this.#blocked && !this.#waiting && !this.#closed) {
      if (this.#next < this.#ring.first) return this.end();
      if (this.#initial !== undefined) this.#sendInitial(this.#initial);
      else if (this.#next < this.#ring.next) this.#sendEvents();
      else {
        this.#current = true;
        return;
      }
    }
    // a blocked watcher whose place in the ring is gone can never catch up
    if (!this.#closed && this.#next < this.#ring.first) this.end();
  }

  /** Called about every second. `revision` is what the resource's cache has reached. */
  tick(now: number, revision: number): void {
    if (!this.options.bookmarks || second(now) < second(this.#nextBookmark) || this.#closed) return;
    if (this.#blocked || this.#waiting) return;
    if (this.#initial !== undefined || this.#next < this.#ring.next) return;
    this.#nextBookmark = nextBookmark(now, this.options.deadline);
    if (revision > this.#known) this.#write([this.representation.bookmark(revision, false)]);
  }

  #sendInitial(initial: readonly Entry[]): void {
    const { view } = this.options;
    const start = view === undefined ? 0 : this.#initialAt;
    const batch =
      view === undefined
        ? initial
        : this.#taken(() => view.of(initial.slice(start, start + batchLength)));
    if (batch === undefined) return;
    const frames: Buffer[] = [];
    const json = this.representation.id === 'json';
    let bytes = 0;
    while (this.#initialAt < start + batch.length && bytes < stateLimitBytes) {
      const entry = batch[this.#initialAt++ - start] as Entry;
      if (view !== undefined && !selects(this.options, entry)) continue;
      const parts = json ? entry.parts('ADDED') : [this.representation.frame('ADDED', entry)];
      for (const part of parts) {
        frames.push(part);
        bytes += part.length;
      }
    }
    if (this.#initialAt >= initial.length) {
      this.#initial = undefined;
      if (this.options.initialEventsEnd === true) {
        frames.push(this.representation.bookmark(this.#initialRevision, true));
      }
    }
    if (frames.length > 0) this.#write(frames);
  }

  #sendEvents(): void {
    const { view } = this.options;
    const viewed = view && this.#taken(() => this.#nextEvents(view));
    if (view !== undefined && viewed === undefined) return;
    const to = viewed === undefined ? this.#ring.next : this.#next + viewed.length;
    const frames: Buffer[] = [];
    let bytes = 0;
    for (let i = 0; this.#next < to && bytes < writeLimitBytes; i++) {
      const event = viewed?.[i] ?? (this.#ring.at(this.#next) as CacheEvent);
      this.#next++;
      if (event.revision <= this.#notBefore) continue;
      this.#notBefore = 0;
      const type = typeFor(event, this.options, this.plain);
      if (type === undefined) continue;
      const frame = event.frame(type, this.representation);
      frames.push(frame);
      bytes += frame.length;
    }
    if (frames.length > 0) this.#write(frames);
  }

  /** What follows in the ring, in the version that is watched. */
  #nextEvents(view: VersionView): readonly CacheEvent[] | Promise<readonly CacheEvent[]> {
    const { labelSelector, fieldSelector } = this.options;
    const to = Math.min(this.#ring.next, this.#next + batchLength);
    const events: CacheEvent[] = [];
    for (let at = this.#next; at < to; at++) events.push(this.#ring.at(at) as CacheEvent);
    return view.events(events, labelSelector !== undefined || fieldSelector !== undefined);
  }

  /** Undefined while it is not there: the watcher goes on by itself when it is, and ends when it fails. */
  #taken<T>(take: () => readonly T[] | Promise<readonly T[]>): readonly T[] | undefined {
    const taken = take();
    if (!(taken instanceof Promise)) return taken;
    this.#waiting = true;
    this.#current = false;
    taken.then(
      () => {
        this.#waiting = false;
        this.pump();
      },
      (error: Error) =>
        this.end(error instanceof StatusError ? error : internalError(error.message)),
    );
    return undefined;
  }

  #write(frames: readonly Buffer[]): void {
    if (this.#sink.write(frames)) return;
    this.#blocked = true;
    this.#current = false;
  }
}

/** What the event is for a selection: entering is ADDED, leaving is DELETED, never matching nothing. */
function typeFor(event: CacheEvent, selection: Selection, plain: boolean): FrameType | undefined {
  if (selection.namespace && selection.namespace !== event.object.namespace) return undefined;
  if (plain) return event.type;
  const before = event.previous !== undefined && selects(selection, event.previous);
  if (event.deleted) return before ? 'DELETED' : undefined;
  const now = selects(selection, event.object);
  if (now) return before ? 'MODIFIED' : 'ADDED';
  return before ? 'DELETED' : undefined;
}

/** Bookmarks are due with their second: of those before the deadline there are two, as of upstream's. */
const second = (ms: number): number => Math.floor(ms / 1000);

function nextBookmark(now: number, deadline: number | undefined): number {
  const regular = now + bookmarkEveryMs;
  if (deadline === undefined) return regular;
  const last = Math.min(regular, deadline - bookmarkBeforeDeadlineMs);
  return last > now ? last : Infinity;
}
