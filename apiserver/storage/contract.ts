import { after, before, describe, it } from 'node:test';
import type { MakeStore } from './contract/bench.ts';
import { ends } from './contract/ends.ts';
import { lists } from './contract/lists.ts';
import { watches } from './contract/watches.ts';
import { writes } from './contract/writes.ts';
import type { Store } from './store.ts';

/** What every adapter of the storage port has to do. One store is made for the whole suite. */
export function storeContract(name: string, makeStore: MakeStore): void {
  void describe(`store contract: ${name}`, { timeout: 120_000 }, () => {
    let store: Store;
    let stop: () => Promise<void>;
    let next = 0;
    const own = (): string => `/registry/t${next++}/`;

    before(async () => {
      ({ store, stop } = await makeStore());
    });
    after(async () => {
      await store.close();
      await stop();
    });
    for (const part of [writes, lists, watches, ends]) {
      for (const [title, keep] of Object.entries(part)) {
        void it(title, () => keep({ store, own, makeStore }));
      }
    }
  });
}
