import { namespacePrefix, prefixEnd } from '../storage/keys.ts';
import type { OrderedEntries } from '../storage/ordered.ts';
import type { Entry } from './entry.ts';
import type { ResourceSpec } from './spec.ts';
import type { CachedObject } from './view.ts';
import { type Selection, selects } from './watcher.ts';

export interface CacheListOptions extends Selection {
  /** 0 or absent: all. */
  limit?: number;
  /** Only keys behind this one (exclusive). */
  startAfter?: string;
}

export interface CacheList {
  /** In key order, as upstream lists. */
  items: CachedObject[];
  /** The list shows the resource exactly at this revision. */
  revision: number;
  /** More selected objects follow behind the last item. */
  more: boolean;
  /** How many follow; undefined when selectors make it unknown (as upstream's remainingItemCount). */
  remaining: number | undefined;
}

/** Namespace and name of a selection: the same in every version, as labels and fields are not. */
export function placeOf({ namespace, name }: Selection): Selection {
  return {
    ...(namespace === undefined ? {} : { namespace }),
    ...(name === undefined ? {} : { name }),
  };
}

/** Costs what the namespace holds (a label check per object, no parsing); by full name O(1). */
export function listEntries(
  entries: OrderedEntries<Entry>,
  spec: ResourceSpec,
  revision: number,
  options: CacheListOptions,
): CacheList {
  const prefix = namespacePrefix(spec.keyPrefix, options.namespace ?? '');
  const { startAfter } = options;
  const items: Entry[] = [];
  if (options.name !== undefined && (!spec.namespaced || options.namespace)) {
    const entry = entries.get(prefix + options.name);
    const passed = startAfter !== undefined && prefix + options.name <= startAfter;
    if (entry !== undefined && !passed && selects(options, entry)) items.push(entry);
    return { items, revision, more: false, remaining: 0 };
  }
  const start = startAfter === undefined ? prefix : `${startAfter}\0`;
  const end = prefixEnd(prefix);
  const all = !options.labelSelector && !options.fieldSelector && options.name === undefined;
  const limit = options.limit === undefined || options.limit === 0 ? Infinity : options.limit;
  let more = false;
  entries.scan(start, end, (entry) => {
    if (!all && !selects(options, entry)) return true;
    if (items.length >= limit) {
      more = true;
      return false;
    }
    items.push(entry);
    return true;
  });
  if (!more) return { items, revision, more, remaining: 0 };
  const remaining = all ? entries.count(start, end) - items.length : undefined;
  return { items, revision, more, remaining };
}
