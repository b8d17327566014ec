import { namespacePrefix, prefixEnd } from '../storage/keys.ts';
import type { Entry } from './entry.ts';
import type { IndexedEntries } from './indexed-entries.ts';
import type { ResourceSpec } from './spec.ts';
import { type Selection, selects } from './selection.ts';
import type { CachedObject } from './view.ts';

export interface CacheListOptions extends Selection {
  /** 0 or absent: all. */
  limit?: number;
  /** Only this key and what comes after it. */
  startKey?: string;
}

export interface CacheList {
  /** In key order, as upstream lists. */
  items: CachedObject[];
  /** The list shows the resource exactly at this revision. */
  revision: number;
  /**
   * Objects follow behind the last item; as upstream, nobody has looked whether they are selected, but by
   * the one field that its cache has an index of.
   */
  more: boolean;
  /** How many follow; undefined when selectors make it unknown (as upstream's remainingItemCount). */
  remaining: number | undefined;
}

/**
 * Costs what it gives: by full name O(1), by labels and fields that are asked for often through an
 * index, else a check of each object of the namespace, without parsing.
 */
export function listEntries(
  entries: IndexedEntries,
  spec: ResourceSpec,
  revision: number,
  options: CacheListOptions,
): CacheList {
  const items: Entry[] = [];
  // admission asks for what most namespaces have none of, with every write
  if (entries.size === 0) return { items, revision, more: false, remaining: 0 };
  const prefix = namespacePrefix(spec.keyPrefix, options.namespace ?? '');
  const { startKey } = options;
  if (options.name !== undefined && (!spec.namespaced || options.namespace)) {
    const entry = entries.get(prefix + options.name);
    const passed = startKey !== undefined && prefix + options.name < startKey;
    if (entry !== undefined && !passed && selects(options, entry)) items.push(entry);
    return { items, revision, more: false, remaining: 0 };
  }
  const start = startKey ?? prefix;
  const end = prefixEnd(prefix);
  const all = !options.labelSelector && !options.fieldSelector && options.name === undefined;
  const limit = options.limit === undefined || options.limit === 0 ? Infinity : options.limit;
  // what is visited is selected already
  entries.scan(options, start, end, (entry) => items.push(entry) < limit);
  const last = items.length < limit ? undefined : items.at(-1);
  const behind = last === undefined ? 0 : entries.count(`${last.key}\0`, end);
  if (behind === 0 || last === undefined || !indexFollows(entries, spec, options, last, end)) {
    return { items, revision, more: false, remaining: 0 };
  }
  return { items, revision, more: true, remaining: all ? behind : undefined };
}

/** True where upstream does not look, or finds more objects of the same value. */
function indexFollows(
  entries: IndexedEntries,
  { indexedField }: ResourceSpec,
  { namespace, fieldSelector }: CacheListOptions,
  last: Entry,
  end: string | undefined,
): boolean {
  const term = fieldSelector?.terms?.find(({ key }) => key === indexedField);
  if (term === undefined) return true;
  const { key, values } = term;
  const byField = { matches: (of: Record<string, string>) => of[key] === values[0], terms: [term] };
  const selection = { fieldSelector: byField, ...(namespace === undefined ? {} : { namespace }) };
  let found = false;
  entries.scan(selection, `${last.key}\0`, end, () => {
    found = true;
    return false;
  });
  return found;
}
