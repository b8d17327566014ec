import type { OrderedEntries } from '../storage/ordered.ts';
import type { KeyValue, StoreEvent } from '../storage/store.ts';
import type { Entry } from './entry.ts';

const noValue = Buffer.alloc(0);

/**
 * The events that lead from the cached state (as of `from`) to a list as of `to`, in revision order.
 * When exactly a missing key was deleted is not known: each gets a revision of its own in between
 * that no put has, so that a client can resume behind any one of them. Undefined when there are not
 * enough of those (many keys went in one transaction): then watchers have to list again.
 */
export function difference(
  entries: OrderedEntries<Entry>,
  from: number,
  items: readonly KeyValue[],
  to: number,
): StoreEvent[] | undefined {
  const listed = new Set<string>();
  const used = new Set<number>();
  const events: StoreEvent[] = [];
  for (const { key, value, modRevision } of items) {
    listed.add(key);
    if (entries.get(key)?.revision === modRevision) continue;
    used.add(modRevision);
    events.push({ type: 'put', key, value, revision: modRevision });
  }
  let free = to;
  for (const { key } of entries.values()) {
    if (listed.has(key)) continue;
    while (used.has(free)) free--;
    if (free <= from) return undefined;
    events.push({ type: 'delete', key, value: noValue, revision: free-- });
  }
  return events.sort((a, b) => a.revision - b.revision);
}
