import { StatusError } from '../../object/status-error.ts';
import type { Resource } from '../apis/resource.ts';
import type { RequestContext } from '../context.ts';
import { encodeList } from '../response/encode-list.ts';
import type { CachedObject } from '../watch/view.ts';
import { deleteObject } from './delete.ts';
import { deleteOptions } from './delete-options.ts';
import { listOptions } from './list-options.ts';
import { listPage, type ListPage } from './list-page.ts';
import { listSelectors } from './selectors.ts';
import type { Services } from './services.ts';

/** Objects listed at once when the client sets no limit of its own. */
const pageSize = 10_000;

/**
 * DELETE of a collection: each object by the rules of a single delete; the answer lists them as they
 * were. It is no transaction: an error ends it, what went before stays gone. Source: DeleteCollection
 * of k8s.io/apiserver registry/generic/registry/store.go.
 */
export async function deleteCollection(
  context: RequestContext,
  resource: Resource,
  services: Services,
): Promise<void> {
  const asked = listOptions(context);
  const selectors = listSelectors(context, resource);
  const options = await deleteOptions(context);
  const removeAll = (items: readonly CachedObject[]): Promise<void> =>
    eachOf(items, services.deleteCollectionWorkers, async ({ namespace, name }) => {
      if (context.signal.aborted) throw context.signal.reason;
      const at = { namespace, name, admittedAs: '' };
      try {
        await deleteObject(context, resource, services, at, options);
      } catch (error) {
        // somebody else deleted it meanwhile: that is what was asked for
        if (!(error instanceof StatusError && error.code === 404)) throw error;
      }
    });
  const all: CachedObject[] = [];
  let first: ListPage | undefined;
  let next = asked.limit > 0 ? asked : { ...asked, limit: pageSize };
  for (;;) {
    const page = await listPage(context, resource, services, next, selectors);
    first ??= page;
    all.push(...page.items);
    await removeAll(page.items);
    const { continue: token } = page.metadata;
    if (asked.limit > 0 || token === undefined) break;
    next = { ...next, ...fromToken, continueToken: token };
  }
  context.answer = encodeList(context, resource, all, first.metadata);
}

/** What follows a page is read by its token alone. */
const fromToken = { match: '', resourceVersion: '' } as const;

/** A few at a time; the first error, once all that was begun is over. */
async function eachOf<T>(
  items: readonly T[],
  workers: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const errors: unknown[] = [];
  let at = 0;
  const run = async (): Promise<void> => {
    try {
      while (at < items.length) await work(items[at++] as T);
    } catch (error) {
      errors.push(error);
    }
  };
  await Promise.all(Array.from({ length: Math.min(workers, items.length) }, run));
  if (errors.length > 0) throw errors[0];
}
