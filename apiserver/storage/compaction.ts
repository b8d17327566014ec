import { KeyExists, RevisionCompacted, type Store } from './store.ts';

/** Upstream's key: kube-apiservers and Quorate servers on one etcd take turns through it. */
export const compactRevisionKey = 'compact_rev_key';
export const defaultCompactionIntervalMs = 5 * 60_000;

export interface CompactorLog {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
}

interface Turn {
  /** Version of the compaction record that we wrote or saw last; 0 when there is none. */
  time: number;
  /** Store revision when it was written or seen. */
  revision: number;
}

/**
 * Forgets history older than one interval, as upstream's compactor does: every interval, whoever
 * manages to raise the record compacts to the revision of the interval before; the others see that
 * the record moved and wait. So versions live one to two intervals, which is how long a continue
 * token or a broken watch can be taken up again.
 *
 * Source of the protocol: k8s.io/apiserver storage/etcd3 compact.go (the version of the key is the
 * logical time; its value is the revision last compacted to).
 */
export class Compactor {
  readonly #store: Store;
  readonly #log: CompactorLog;
  readonly #intervalMs: number;
  #timer: NodeJS.Timeout | undefined;
  #turn: Turn = { time: 0, revision: 0 };
  #running = false;

  /** `intervalMs` 0 turns compaction off (`--etcd-compaction-interval=0`). */
  constructor(store: Store, log: CompactorLog, intervalMs: number = defaultCompactionIntervalMs) {
    this.#store = store;
    this.#log = log;
    this.#intervalMs = intervalMs;
  }

  start(): void {
    if (this.#intervalMs <= 0 || this.#timer !== undefined) return;
    this.#timer = setInterval(() => void this.tick(), this.#intervalMs).unref();
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  /** One turn; gives the revision compacted to when it was ours. Never throws: the next turn tries again. */
  async tick(): Promise<number | undefined> {
    if (this.#running) return undefined;
    this.#running = true;
    try {
      return await this.#take();
    } catch (error) {
      this.#log.warn({ error }, 'compaction failed and is tried again later');
      return undefined;
    } finally {
      this.#running = false;
    }
  }

  async #take(): Promise<number | undefined> {
    const { time, revision } = this.#turn;
    const value = Buffer.from(String(revision));
    const won = await this.#raise(time, value);
    if (won === undefined) {
      // another server's turn, or our first: learn where things are
      const { item, revision: now } = await this.#store.get(compactRevisionKey);
      this.#turn = { time: item?.modRevision ?? 0, revision: now };
      return undefined;
    }
    this.#turn = { time: won, revision: won };
    if (revision === 0) return undefined;
    try {
      await this.#store.compact(revision);
    } catch (error) {
      if (!(error instanceof RevisionCompacted)) throw error;
    }
    this.#log.info({ revision }, 'the store was compacted');
    return revision;
  }

  /** The record's new revision when it was still as we knew it. */
  async #raise(known: number, value: Buffer): Promise<number | undefined> {
    if (known === 0) {
      try {
        return await this.#store.create(compactRevisionKey, value);
      } catch (error) {
        if (error instanceof KeyExists) return undefined;
        throw error;
      }
    }
    const result = await this.#store.update(compactRevisionKey, value, known);
    return result.ok ? result.revision : undefined;
  }
}
