import type { KeyValue, StoreEvent } from '../storage/store.ts';
import type { IndexedEntries } from './indexed-entries.ts';

const noValue = Buffer.alloc(0);

/**
 * The events that lead from the cached state (as of `from`) to a newer list. Deletes come first and
 * at `from`, because when exactly a missing key went is not known: whoever has seen an event at
 * revision r must have seen everything up to r, also when it goes on at another server.
 */
export function difference(
  entries: IndexedEntries,
  from: number,
  items: readonly KeyValue[],
): StoreEvent[] {
  const listed = new Set<string>();
  const puts: StoreEvent[] = [];
  for (const { key, value, modRevision } of items) {
    listed.add(key);
    if (entries.get(key)?.revision === modRevision) continue;
    puts.push({ type: 'put', key, value, revision: modRevision });
  }
  const events: StoreEvent[] = [];
  for (const { key } of entries.values()) {
    if (!listed.has(key)) events.push({ type: 'delete', key, value: noValue, revision: from });
  }
  return events.concat(puts.sort((a, b) => a.revision - b.revision));
}
