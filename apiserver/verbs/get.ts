import { badRequest, notFound } from '../../object/status-error.ts';
import type { Resource } from '../apis/resource.ts';
import type { RequestContext } from '../context.ts';
import { encodeOne } from '../response/encode.ts';
import type { Services } from './services.ts';

/**
 * One object. Without resourceVersion the read is linearizable: the cache answers once it has
 * reached the revision the store is at. `0` takes whatever the cache has, `N` something not older.
 */
export async function get(
  context: RequestContext,
  resource: Resource,
  services: Services,
): Promise<void> {
  const { namespace, name } = context.info;
  const cache = services.cacheOf(resource);
  const asked = context.query.get('resourceVersion') ?? '';
  if (asked === '') await cache.consistent();
  else if (asked !== '0') await cache.waitFor(revisionOf(asked));
  if (!cache.isReady) await cache.ready();
  const found = cache.get(resource.namespaced ? namespace : '', name);
  if (found === undefined) {
    throw notFound({ group: resource.group, resource: resource.resource }, name);
  }
  context.answer = encodeOne(context, resource, found);
}

/** A resourceVersion of a query as a revision; upstream's 400s for what is none. */
export function revisionOf(text: string): number {
  if (!/^[0-9]+$/.test(text)) {
    throw badRequest(
      `resourceVersion: Invalid value: ${JSON.stringify(text)}: strconv.ParseUint: parsing ${JSON.stringify(text)}: invalid syntax`,
    );
  }
  return Number(text);
}
