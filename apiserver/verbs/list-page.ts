import { badRequest, expired } from '../../object/status-error.ts';
import type { Resource } from '../apis/resource.ts';
import type { RequestContext } from '../context.ts';
import type { ListMetadata } from '../response/encode-list.ts';
import { namespacePrefix } from '../storage/keys.ts';
import { RevisionCompacted } from '../storage/store.ts';
import type { CacheList, CacheListOptions } from '../watch/list.ts';
import { selects } from '../watch/selection.ts';
import type { CachedObject } from '../watch/view.ts';
import { decodeContinue, encodeContinue } from './continue.ts';
import { type ListOptions, listedRevision } from './list-options.ts';
import { listViewed } from './list-viewed.ts';
import type { ListSelectors } from './selectors.ts';
import type { Services } from './services.ts';

export interface ListPage {
  items: readonly CachedObject[];
  metadata: ListMetadata;
}

/**
 * What a list shows. Every list comes from the cache, in key order, except a page of an older
 * revision (a continue token), which the store still has. Semantics of resourceVersion and
 * resourceVersionMatch: Kubernetes API concepts, "Semantics for get and list".
 */
export async function listPage(
  context: RequestContext,
  resource: Resource,
  services: Services,
  options: ListOptions,
  selectors: ListSelectors,
): Promise<ListPage> {
  if (options.continueToken !== '') {
    return continued(context, resource, services, options, selectors);
  }
  // of old, a page of a version is a page of exactly that version
  const revision = listedRevision(options.resourceVersion);
  const pageOf = options.match === '' && options.limit > 0 && !isOne(resource, selectors);
  if (revision > 0 && (options.match === 'Exact' || pageOf)) {
    const { limit } = options;
    return page(resource, services, { selectors, limit, revision, startKey: undefined });
  }
  const cache = services.cacheOf(resource);
  // without resourceVersion as new as the store, with one not older; `0`: anything
  if (options.resourceVersion === '') await cache.consistent();
  else if (revision > 0) await cache.waitFor(revision);
  if (!cache.isReady) await cache.ready();
  const found = await listed(services, resource, { ...selectors, limit: options.limit });
  return pageOfNow(found, listedPrefix(context, resource));
}

/** From the cache, in the version that is served. */
function listed(
  services: Services,
  resource: Resource,
  options: CacheListOptions,
): CacheList | Promise<CacheList> {
  const cache = services.cacheOf(resource);
  const view = services.viewOf(resource);
  return view === undefined ? cache.list(options) : listViewed(cache, view, options);
}

function pageOfNow(found: CacheList, prefix: string): ListPage {
  const { items, revision, more, remaining } = found;
  const metadata: ListMetadata = { resourceVersion: String(revision) };
  if (more) {
    metadata.continue = encodeContinue(revision, behind(items.at(-1)), prefix);
    if (remaining !== undefined) metadata.remainingItemCount = remaining;
  }
  return { items, metadata };
}

/** The least key that comes after this object's. */
function behind(object: { key: string } | undefined): string {
  return `${object?.key ?? ''}\0`;
}

/** What the keys of this list have in common: continue tokens are relative to it. */
function listedPrefix(context: RequestContext, resource: Resource): string {
  const { namespace } = context.info;
  return resource.namespaced && namespace !== ''
    ? namespacePrefix(resource.keyPrefix, namespace)
    : resource.keyPrefix;
}

async function continued(
  context: RequestContext,
  resource: Resource,
  services: Services,
  options: ListOptions,
  selectors: ListSelectors,
): Promise<ListPage> {
  const prefix = listedPrefix(context, resource);
  const token = decodeContinue(options.continueToken, prefix);
  if (options.resourceVersion !== '' && options.resourceVersion !== '0') {
    throw badRequest('specifying resource version is not allowed when using continue');
  }
  const { limit } = options;
  const startKey = token.key;
  if (token.revision !== 0) {
    return page(resource, services, { selectors, limit, revision: token.revision, startKey });
  }
  // an inconsistent continuation: from that key on, as things are now
  const cache = services.cacheOf(resource);
  await cache.consistent();
  return pageOfNow(await listed(services, resource, { ...selectors, limit, startKey }), prefix);
}

/** A list of the one object that the selectors name has no pages. Nobody is named by an empty name. */
function isOne(resource: Resource, { name, namespace }: ListSelectors): boolean {
  return name !== undefined && name !== '' && (!resource.namespaced || namespace !== undefined);
}

/** Objects of a past revision, read from the store in pages until the client's page is full. */
async function page(
  resource: Resource,
  services: Services,
  at: {
    selectors: ListSelectors;
    limit: number;
    revision: number | bigint;
    startKey: string | undefined;
  },
): Promise<ListPage> {
  const { selectors, limit } = at;
  const prefix = namespacePrefix(resource.keyPrefix, selectors.namespace ?? '');
  const cache = services.cacheOf(resource);
  const view = services.viewOf(resource);
  await cache.waitFor(at.revision);
  const revision = Number(at.revision);
  const items: CachedObject[] = [];
  let { startKey } = at;
  let remaining: number | undefined;
  for (;;) {
    const want = limit === 0 ? 1000 : limit;
    const got = await listAt(services, prefix, { revision, startKey, want, token: at });
    let taken = 0;
    const entries = got.items.map((item) => cache.materialise(item));
    for (const entry of view === undefined ? entries : await view.of(entries)) {
      taken += 1;
      if (!selects(selectors, entry)) continue;
      items.push(entry);
      if (limit > 0 && items.length === limit) break;
    }
    const last = got.items[taken - 1];
    const rest = got.more || taken < got.items.length;
    if (!rest || (items.length > 0 && isOne(resource, selectors))) break;
    if (limit > 0 && items.length === limit) {
      if (selectors.everything) remaining = got.count - taken;
      const metadata: ListMetadata = {
        resourceVersion: String(revision),
        continue: encodeContinue(revision, behind(last), prefix),
      };
      if (remaining !== undefined) metadata.remainingItemCount = remaining;
      return { items, metadata };
    }
    startKey = behind(last);
  }
  return { items, metadata: { resourceVersion: String(revision) } };
}

async function listAt(
  services: Services,
  prefix: string,
  at: {
    revision: number;
    startKey: string | undefined;
    want: number;
    token: { startKey: string | undefined };
  },
) {
  try {
    return await services.store.list(prefix, {
      revision: at.revision,
      limit: at.want,
      ...(at.startKey === undefined ? {} : { startKey: at.startKey }),
    });
  } catch (error) {
    if (!(error instanceof RevisionCompacted)) throw error;
    if (at.token.startKey === undefined) {
      throw expired('The resourceVersion for the provided list is too old.');
    }
    // the client may go on from here with the state of now, knowing it is another state
    const refusal = expired(
      'The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter, or use the continue token in this response to retrieve the remainder of the results. Continuing with the provided token results in an inconsistent list - objects that were created, modified, or deleted between the time the first chunk was returned and now may show up in the list.',
    );
    refusal.continueToken = encodeContinue(0, at.token.startKey, prefix);
    throw refusal;
  }
}
