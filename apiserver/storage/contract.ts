import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { compareKeys } from './keys.ts';
import {
  KeyExists,
  RevisionCompacted,
  RevisionInFuture,
  type Store,
  type StoreEvent,
  StoreUnavailable,
  type Watch,
} from './store.ts';

/** A watch that keeps what it hears. */
export class Recorder {
  readonly events: StoreEvent[] = [];
  progress = 0;
  ended: Error | undefined;
  readonly #watch: Watch;
  #wake: (() => void) | undefined;

  constructor(store: Store, prefix: string, fromRevision: number) {
    this.#watch = store.watch(prefix, fromRevision, {
      onEvents: (events) => {
        this.events.push(...events);
        this.#wake?.();
      },
      onProgress: (revision) => {
        this.progress = Math.max(this.progress, revision);
        this.#wake?.();
      },
      onEnd: (error) => {
        this.ended = error;
        this.#wake?.();
      },
    });
  }

  /** Waits until it holds; the test's own timeout is the limit. */
  async until(holds: () => boolean): Promise<void> {
    while (!holds()) {
      this.#watch.requestProgress();
      const woken = new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      await Promise.race([woken, sleep(100)]);
    }
  }

  async untilEvents(count: number): Promise<StoreEvent[]> {
    await this.until(() => this.events.length >= count || this.ended !== undefined);
    return this.events;
  }

  close(): void {
    this.#watch.close();
  }
}

export function brief(events: readonly StoreEvent[]): string[] {
  return events.map(({ type, key, revision }) => `${type} ${key.split('/').at(-1)}@${revision}`);
}

/** Every write of a key raises its number by one; many writers at once lose none. */
export async function count(store: Store, key: string, times: number): Promise<void> {
  for (let done = 0; done < times; ) {
    const { item } = await store.get(key);
    assert(item !== undefined);
    const next = Buffer.from(String(Number(item.value.toString()) + 1));
    const result = await store.update(key, next, item.modRevision);
    if (result.ok) done++;
  }
}

/** What every adapter of the storage port has to do. One store is made for the whole suite. */
export function storeContract(
  name: string,
  makeStore: () => Promise<{ store: Store; stop(): Promise<void>; extra?: Store }>,
): void {
  describe(`store contract: ${name}`, { timeout: 120_000 }, () => {
    let store: Store;
    let stop: () => Promise<void>;
    let next = 0;
    /** A prefix of its own for each test. */
    const own = (): string => `/registry/t${next++}/`;
    const text = (value: string): Buffer => Buffer.from(value);

    before(async () => {
      ({ store, stop } = await makeStore());
    });
    after(async () => {
      await store.close();
      await stop();
    });

    it('creates once, reads back, and says what is not there', async () => {
      const key = `${own()}a`;
      assert.equal((await store.get(key)).item, undefined);
      const revision = await store.create(key, text('one'));
      const got = await store.get(key);
      assert.equal(got.item?.value.toString(), 'one');
      assert.equal(got.item?.modRevision, revision);
      assert(got.revision >= revision);
      await assert.rejects(store.create(key, text('two')), KeyExists);
      assert.equal((await store.get(key)).item?.value.toString(), 'one');
    });

    it('updates and deletes only the expected version', async () => {
      const key = `${own()}a`;
      const first = await store.create(key, text('1'));
      const second = await store.update(key, text('2'), first);
      assert(second.ok && second.revision > first);
      const stale = await store.update(key, text('3'), first);
      assert(!stale.ok);
      assert.equal(stale.current?.value.toString(), '2');
      assert.equal(stale.current?.modRevision, second.revision);
      const notYet = await store.delete(key, first);
      assert(!notYet.ok && notYet.current?.modRevision === second.revision);
      const gone = await store.delete(key, second.revision);
      assert(gone.ok && gone.revision > second.revision);
      const again = await store.delete(key, second.revision);
      assert(!again.ok && again.current === undefined);
      const lost = await store.update(key, text('4'), second.revision);
      assert(!lost.ok && lost.current === undefined);
      assert((await store.create(key, text('5'))) > gone.revision);
    });

    it('raises one revision for the whole store by one with every write', async () => {
      const prefix = own();
      const before = await store.currentRevision();
      const a = await store.create(`${prefix}a`, text(''));
      const b = await store.create(`${prefix}b`, text(''));
      assert.deepEqual([a, b, await store.currentRevision()], [before + 1, before + 2, before + 2]);
    });

    it('is linearizable for concurrent writers', async () => {
      const key = `${own()}counter`;
      await store.create(key, text('0'));
      await Promise.all(Array.from({ length: 8 }, () => count(store, key, 10)));
      assert.equal((await store.get(key)).item?.value.toString(), '80');
    });

    it('lets one of many creators win', async () => {
      const key = `${own()}a`;
      const tries = Array.from({ length: 10 }, (_, i) => store.create(key, text(String(i))));
      const results = await Promise.allSettled(tries);
      assert.equal(results.filter((result) => result.status === 'fulfilled').length, 1);
    });

    it('lists a prefix in byte order, in pages', async () => {
      const prefix = own();
      const names = ['b', 'a', 'c/d', 'c', 'c-d', 'é', 'z~', '\u{1f600}', '\uffee', 'A B', '%2F'];
      for (const name of names) await store.create(prefix + name, text(name));
      await store.create(`${prefix.slice(0, -1)}0`, text('behind the prefix'));
      const sorted = names.map((name) => prefix + name).sort(compareKeys);
      const whole = await store.list(prefix);
      assert.deepEqual(
        whole.items.map((item) => item.key),
        sorted,
      );
      assert.deepEqual([whole.more, whole.count], [false, names.length]);
      assert.equal(whole.items[0]?.value.toString(), sorted[0]?.slice(prefix.length));

      const keys: string[] = [];
      let startKey: string | undefined;
      for (let left = names.length; ; left -= 4) {
        const options = startKey === undefined ? { limit: 4 } : { limit: 4, startKey };
        const page = await store.list(prefix, { ...options, revision: whole.revision });
        assert.equal(page.revision, whole.revision);
        assert.equal(page.count, left);
        assert.equal(page.more, left > 4);
        keys.push(...page.items.map((item) => item.key));
        if (!page.more) break;
        startKey = `${page.items.at(-1)?.key}\0`;
      }
      assert.deepEqual(keys, sorted);
      const bare = await store.list(prefix, { keysOnly: true, limit: 2 });
      assert.deepEqual(
        bare.items.map((item) => item.value.length),
        [0, 0],
      );
    });

    it('lists an old revision as it was', async () => {
      const prefix = own();
      const a = await store.create(`${prefix}a`, text('a1'));
      const b = await store.create(`${prefix}b`, text('b1'));
      const then = await store.currentRevision();
      await store.update(`${prefix}a`, text('a2'), a);
      await store.delete(`${prefix}b`, b);
      await store.create(`${prefix}c`, text('c1'));
      const old = await store.list(prefix, { revision: then });
      assert.equal(old.revision, then);
      assert.deepEqual(
        old.items.map((item) => `${item.value}@${item.modRevision}`),
        [`a1@${a}`, `b1@${b}`],
      );
      const now = await store.list(prefix);
      assert.deepEqual(
        now.items.map((item) => item.value.toString()),
        ['a2', 'c1'],
      );
      await assert.rejects(store.list(prefix, { revision: now.revision + 1000 }), RevisionInFuture);
    });

    it('lists five megabytes, and a value of one', async () => {
      const prefix = own();
      const value = Buffer.alloc(100 * 1024, 'x');
      const writes = Array.from({ length: 52 }, (_, i) =>
        store.create(`${prefix}${String(i).padStart(3, '0')}`, value),
      );
      await Promise.all(writes);
      const { items, count: total } = await store.list(prefix);
      assert.deepEqual([items.length, total], [52, 52]);
      assert(items.every((item) => item.value.equals(value)));
      await store.create(`${prefix}big`, Buffer.alloc(1024 * 1024, 'y'));
      assert.equal((await store.get(`${prefix}big`)).item?.value.length, 1024 * 1024);
    });

    it('watches from the past on, across keys, in order', async () => {
      const prefix = own();
      const a = await store.create(`${prefix}a`, text('1'));
      const b = await store.create(`${prefix}b`, text('1'));
      const c = await store.update(`${prefix}a`, text('2'), a);
      assert(c.ok);
      const recorder = new Recorder(store, prefix, b);
      await recorder.untilEvents(2);
      const d = await store.delete(`${prefix}b`, b);
      assert(d.ok);
      await store.create(`${own()}elsewhere`, text(''));
      const events = await recorder.untilEvents(3);
      assert.deepEqual(brief(events), [
        `put b@${b}`,
        `put a@${c.revision}`,
        `delete b@${d.revision}`,
      ]);
      assert.deepEqual(
        events.map((event) => event.value.toString()),
        ['1', '2', ''],
      );
      recorder.close();
      await store.create(`${prefix}late`, text(''));
      await sleep(50);
      assert.equal(recorder.events.length, 3, 'closed is closed');
      assert.equal(recorder.ended, undefined);
    });

    it('tells how far a quiet watch has come, or shows every revision', async () => {
      const prefix = own();
      const recorder = new Recorder(store, prefix, (await store.currentRevision()) + 1);
      const other = await store.create(`${own()}elsewhere`, text(''));
      await recorder.until(() => recorder.progress >= other);
      assert.equal(recorder.events.length, 0);
      recorder.close();
    });

    it('loses and repeats nothing under concurrent writers', async () => {
      const prefix = own();
      const from = await store.currentRevision();
      const early = new Recorder(store, prefix, from + 1);
      const written = new Map<number, string>();
      const writer = async (id: number): Promise<void> => {
        for (let i = 0; i < 15; i++) {
          const key = `${prefix}${id}-${i % 3}`;
          const { item } = await store.get(key);
          if (item === undefined) written.set(await store.create(key, text(`${i}`)), `put ${key}`);
          else if (i % 4 === 3) {
            const result = await store.delete(key, item.modRevision);
            if (result.ok) written.set(result.revision, `delete ${key}`);
          } else {
            const result = await store.update(key, text(`${i}`), item.modRevision);
            if (result.ok) written.set(result.revision, `put ${key}`);
          }
        }
      };
      const writers = Array.from({ length: 6 }, (_, id) => writer(id));
      await sleep(5);
      const middle = new Recorder(store, prefix, from + 1);
      await Promise.all(writers);
      const late = new Recorder(store, prefix, from + 1);
      const expected = [...written].sort(([a], [b]) => a - b).map(([r, what]) => `${r} ${what}`);
      for (const recorder of [early, middle, late]) {
        const events = await recorder.untilEvents(expected.length);
        assert.deepEqual(
          events.map((event) => `${event.revision} ${event.type} ${event.key}`),
          expected,
        );
        recorder.close();
      }
    });

    it('forgets what was compacted, and says so', async () => {
      const prefix = own();
      const a = await store.create(`${prefix}a`, text('1'));
      const b = await store.update(`${prefix}a`, text('2'), a);
      assert(b.ok);
      const c = await store.create(`${prefix}c`, text('3'));
      await store.compact(c);
      await assert.rejects(store.list(prefix, { revision: a }), RevisionCompacted);
      await assert.rejects(store.compact(a), RevisionCompacted);
      const recorder = new Recorder(store, prefix, a);
      await recorder.until(() => recorder.ended !== undefined);
      assert(recorder.ended instanceof RevisionCompacted);
      const now = await store.list(prefix);
      assert.deepEqual(
        now.items.map((item) => item.value.toString()),
        ['2', '3'],
      );
      const onwards = new Recorder(store, prefix, c + 1);
      const d = await store.create(`${prefix}d`, text(''));
      assert.deepEqual(brief(await onwards.untilEvents(1)), [`put d@${d}`]);
      onwards.close();
    });

    it('lets keys go when their time is over', async () => {
      const prefix = own();
      const recorder = new Recorder(store, prefix, (await store.currentRevision()) + 1);
      const revision = await store.create(`${prefix}brief`, text(''), { ttlSeconds: 1 });
      await store.create(`${prefix}lasting`, text(''), { ttlSeconds: 3600 });
      const kept = await store.create(`${prefix}kept`, text(''), { ttlSeconds: 1 });
      const update = await store.update(`${prefix}kept`, text('now for good'), kept);
      assert(update.ok && revision < kept);
      const events = await recorder.untilEvents(5);
      assert.deepEqual([events[4]?.type, events[4]?.key], ['delete', `${prefix}brief`]);
      assert.deepEqual(
        (await store.list(prefix)).items.map((item) => item.key),
        [`${prefix}kept`, `${prefix}lasting`],
      );
      recorder.close();
    });

    it('answers pings and knows its size', async () => {
      await store.ping(5_000);
      assert(((await store.sizeBytes()) ?? 0) > 0);
    });

    it('ends what is under way when it is closed, and refuses more', async () => {
      const made = await makeStore();
      const recorder = new Recorder(made.store, '/registry/', 1);
      const calls = Array.from({ length: 20 }, (_, i) =>
        made.store.create(`/registry/closing/${i}`, text('')),
      );
      await Promise.resolve();
      await made.store.close();
      for (const result of await Promise.allSettled(calls)) {
        if (result.status === 'rejected') assert(result.reason instanceof StoreUnavailable);
      }
      await recorder.until(() => recorder.ended !== undefined);
      assert(recorder.ended instanceof StoreUnavailable);
      await assert.rejects(async () => made.store.get('/registry/x'), StoreUnavailable);
      await made.stop();
    });
  });
}
