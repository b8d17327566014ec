import { goQuote } from '../../object/go-format.ts';
import { badRequest, notFound, StatusError } from '../../object/status-error.ts';
import type { Resource } from '../apis/resource.ts';
import type { RequestContext } from '../context.ts';
import { booleanOf } from '../request/query.ts';
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
  checkNoExport(context);
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
  const view = services.viewOf(resource);
  const [shown = found] = view === undefined ? [found] : await view.of([found]);
  context.answer = encodeOne(context, resource, shown);
}

/** What was a parameter long ago is refused by name. */
export function checkNoExport({ query }: RequestContext): void {
  if (!booleanOf(query, 'export')) return;
  throw badRequest('the export parameter, deprecated since v1.14, is no longer supported');
}

const uint64Max = 2n ** 64n - 1n;

/**
 * A resourceVersion of a query as a revision, a bigint where a number would round it. Upstream answers
 * get and watch of none with a 500.
 */
export function revisionOf(text: string): number | bigint {
  const why = !/^[0-9]+$/.test(text)
    ? 'invalid syntax'
    : text.length > 19 && BigInt(text) > uint64Max
      ? 'value out of range'
      : undefined;
  if (why === undefined) {
    const near = Number(text);
    return Number.isSafeInteger(near) ? near : BigInt(text);
  }
  const shown = goQuote(text);
  throw new StatusError(
    500,
    '',
    `resourceVersion: Invalid value: ${shown}: strconv.ParseUint: parsing ${shown}: ${why}`,
  );
}
