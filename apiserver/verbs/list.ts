import { badRequest, expired, invalid } from '../../object/status-error.ts';
import { fieldForbidden, fieldNotSupported } from '../../object/field-error.ts';
import type { Resource } from '../apis/resource.ts';
import type { RequestContext } from '../context.ts';
import { integerOf } from '../request/query.ts';
import { encodeList, type ListMetadata } from '../response/encode-list.ts';
import { namespacePrefix } from '../storage/keys.ts';
import { RevisionCompacted } from '../storage/store.ts';
import type { CacheList, CacheListOptions } from '../watch/list.ts';
import type { CachedObject } from '../watch/view.ts';
import { revisionOf } from './get.ts';
import { listViewed } from './list-viewed.ts';
import type { ResourceCache } from '../watch/resource-cache.ts';
import { type ListSelectors, listSelectors } from './selectors.ts';
import type { Services } from './services.ts';
import { decodeContinue, encodeContinue } from './continue.ts';

/**
 * A collection. Every list comes from the cache, in key order, except a page of an older revision
 * (a continue token), which the store still has. Semantics of resourceVersion and
 * resourceVersionMatch: Kubernetes API concepts, "Semantics for get and list".
 */
export async function list(
  context: RequestContext,
  resource: Resource,
  services: Services,
): Promise<void> {
  const options = listOptions(context);
  const selectors = listSelectors(context, resource);
  if (options.continueToken !== '') {
    await continued(context, resource, services, options, selectors);
    return;
  }
  // of old, a page of a version is a page of exactly that version
  const pageOf = options.match === '' && options.limit > 0 && options.revision > 0;
  if (options.match === 'Exact' || pageOf) {
    await exact(context, resource, services, options);
    return;
  }
  const cache = services.cacheOf(resource);
  await freshEnough(cache, options);
  if (!cache.isReady) await cache.ready();
  const found = await listed(services, resource, { ...selectors, limit: options.limit });
  const metadata: ListMetadata = { resourceVersion: String(found.revision) };
  if (found.more) {
    const prefix = listedPrefix(context, resource);
    metadata.continue = encodeContinue(found.revision, lastKey(found.items), prefix);
    if (found.remaining !== undefined) metadata.remainingItemCount = found.remaining;
  }
  context.answer = encodeList(context, resource, found.items, metadata);
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

interface ListOptions {
  limit: number;
  continueToken: string;
  /** Revision asked for; 0 when none or "0". */
  revision: number;
  hasRevision: boolean;
  match: 'Exact' | 'NotOlderThan' | '';
}

function listOptions(context: RequestContext): ListOptions {
  const { query } = context;
  const rv = query.get('resourceVersion') ?? '';
  const match = query.get('resourceVersionMatch') ?? '';
  const continueToken = query.get('continue') ?? '';
  const causes = [];
  if (match !== '') {
    if (rv === '') {
      causes.push(
        fieldForbidden(
          'resourceVersionMatch',
          'resourceVersionMatch is forbidden unless resourceVersion is provided',
        ),
      );
    }
    if (continueToken !== '') {
      causes.push(
        fieldForbidden(
          'resourceVersionMatch',
          'resourceVersionMatch is forbidden when continue is provided',
        ),
      );
    }
    if (match !== 'Exact' && match !== 'NotOlderThan') {
      causes.push(fieldNotSupported('resourceVersionMatch', match, ['Exact', 'NotOlderThan', '']));
    }
    if (match === 'Exact' && rv === '0') {
      causes.push(
        fieldForbidden(
          'resourceVersionMatch',
          'resourceVersionMatch "exact" is forbidden for resourceVersion "0"',
        ),
      );
    }
  }
  if (query.has('sendInitialEvents')) {
    causes.push(fieldForbidden('sendInitialEvents', 'sendInitialEvents is forbidden for list'));
  }
  const limit = integerOf(query, 'limit') ?? 0;
  integerOf(query, 'timeoutSeconds');
  if (causes.length > 0) throw invalid({ group: 'meta.k8s.io', kind: 'ListOptions' }, '', causes);
  return {
    limit: Math.max(0, limit),
    continueToken,
    revision: rv === '' || continueToken !== '' ? 0 : listedRevision(rv),
    hasRevision: rv !== '',
    match: match as ListOptions['match'],
  };
}

function listedRevision(rv: string): number {
  try {
    return revisionOf(rv);
  } catch (error) {
    throw badRequest(`invalid resource version: ${(error as Error).message}`);
  }
}

/** What the keys of this list have in common: continue tokens are relative to it. */
function listedPrefix(context: RequestContext, resource: Resource): string {
  const { namespace } = context.info;
  return resource.namespaced && namespace !== ''
    ? namespacePrefix(resource.keyPrefix, namespace)
    : resource.keyPrefix;
}

/** Without resourceVersion: as new as the store. With one: not older. `0`: anything. */
async function freshEnough(cache: ResourceCache, options: ListOptions): Promise<void> {
  if (!options.hasRevision) await cache.consistent();
  else if (options.revision > 0) await cache.waitFor(options.revision);
}

async function continued(
  context: RequestContext,
  resource: Resource,
  services: Services,
  options: ListOptions,
  selectors: ListSelectors,
): Promise<void> {
  const token = decodeContinue(options.continueToken, listedPrefix(context, resource));
  const rv = context.query.get('resourceVersion') ?? '';
  if (rv !== '' && rv !== '0') {
    throw badRequest('specifying resource version is not allowed when using continue');
  }
  if (token.revision === 0) {
    // an inconsistent continuation: from that key on, as things are now
    const cache = services.cacheOf(resource);
    await cache.consistent();
    const asked = { ...selectors, limit: options.limit, startAfter: token.key };
    const found = await listed(services, resource, asked);
    context.answer = answerPage(
      context,
      resource,
      found.items,
      found.revision,
      found.more,
      found.remaining,
    );
    return;
  }
  await page(context, resource, services, {
    selectors,
    limit: options.limit,
    revision: token.revision,
    startAfter: token.key,
  });
}

async function exact(
  context: RequestContext,
  resource: Resource,
  services: Services,
  options: ListOptions,
): Promise<void> {
  // a revision that is not there yet may come; one that does not is refused (504)
  await services.cacheOf(resource).waitFor(options.revision);
  await page(context, resource, services, {
    selectors: listSelectors(context, resource),
    limit: options.limit,
    revision: options.revision,
    startAfter: undefined,
  });
}

/** Objects of a past revision, read from the store in pages until the client's page is full. */
async function page(
  context: RequestContext,
  resource: Resource,
  services: Services,
  at: {
    selectors: ListSelectors;
    limit: number;
    revision: number;
    startAfter: string | undefined;
  },
): Promise<void> {
  const { selectors, limit, revision } = at;
  const prefix = namespacePrefix(resource.keyPrefix, selectors.namespace ?? '');
  const cache = services.cacheOf(resource);
  const view = services.viewOf(resource);
  const items: CachedObject[] = [];
  let startKey = at.startAfter === undefined ? undefined : `${at.startAfter}\0`;
  let remaining: number | undefined;
  for (;;) {
    const want = limit === 0 ? 1000 : limit;
    const got = await listAt(services, prefix, { revision, startKey, want, token: at });
    let taken = 0;
    const entries = got.items.map((item) => cache.materialise(item));
    for (const entry of view === undefined ? entries : await view.of(entries)) {
      taken += 1;
      if (selectors.labelSelector?.matches(entry.labels) === false) continue;
      if (selectors.fieldSelector?.matches(entry.fields) === false) continue;
      items.push(entry);
      if (limit > 0 && items.length === limit) break;
    }
    const last = got.items[taken - 1];
    const rest = got.more || taken < got.items.length;
    if (!rest) break;
    if (limit > 0 && items.length === limit) {
      if (selectors.everything) remaining = got.count - taken;
      const metadata: ListMetadata = {
        resourceVersion: String(revision),
        continue: encodeContinue(revision, last?.key ?? '', prefix),
      };
      if (remaining !== undefined) metadata.remainingItemCount = remaining;
      context.answer = encodeList(context, resource, items, metadata);
      return;
    }
    startKey = `${last?.key ?? ''}\0`;
  }
  context.answer = encodeList(context, resource, items, { resourceVersion: String(revision) });
}

async function listAt(
  services: Services,
  prefix: string,
  at: {
    revision: number;
    startKey: string | undefined;
    want: number;
    token: { startAfter: string | undefined };
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
    if (at.token.startAfter === undefined) {
      throw expired('The resourceVersion for the provided list is too old.');
    }
    // the client may go on from here with the state of now, knowing it is another state
    const refusal = expired(
      'The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter, or use the continue token in this response to retrieve the remainder of the results. Continuing with the provided token results in an inconsistent list - objects that were created, modified, or deleted between the time the first chunk was returned and now may show up in the list.',
    );
    refusal.continueToken = encodeContinue(0, at.token.startAfter, prefix);
    throw refusal;
  }
}

function answerPage(
  context: RequestContext,
  resource: Resource,
  items: readonly CachedObject[],
  revision: number,
  more: boolean,
  remaining: number | undefined,
) {
  const metadata: ListMetadata = { resourceVersion: String(revision) };
  if (more) {
    metadata.continue = encodeContinue(revision, lastKey(items), listedPrefix(context, resource));
    if (remaining !== undefined) metadata.remainingItemCount = remaining;
  }
  return encodeList(context, resource, items, metadata);
}

function lastKey(items: readonly { key: string }[]): string {
  return items[items.length - 1]?.key ?? '';
}
