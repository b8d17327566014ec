import type { CacheList, CacheListOptions } from '../watch/list.ts';
import type { ResourceCache } from '../watch/resource-cache.ts';
import { inAnyVersion, selects } from '../watch/selection.ts';
import type { VersionView } from '../watch/version-view.ts';
import type { CachedObject } from '../watch/view.ts';

/**
 * A list in the version that is served. Labels and fields are those of that version: a conversion may
 * change both, so all that could be selected is looked at.
 */
export async function listViewed(
  cache: ResourceCache,
  view: VersionView,
  options: CacheListOptions,
): Promise<CacheList> {
  const { labelSelector, fieldSelector, startKey, limit = 0 } = options;
  if (labelSelector === undefined && fieldSelector === undefined) {
    const found = cache.list(options);
    return { ...found, items: [...(await view.of(found.items))] };
  }
  const from = startKey === undefined ? {} : { startKey };
  const { items, revision } = cache.list({ ...inAnyVersion(options), ...from });
  const shown: CachedObject[] = [];
  let looked = 0;
  for (const item of await view.of(items)) {
    looked++;
    if (selects(options, item) && shown.push(item) === limit) break;
  }
  const more = looked < items.length;
  return { items: shown, revision, more, remaining: more ? undefined : 0 };
}
