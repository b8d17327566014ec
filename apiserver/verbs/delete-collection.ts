import { StatusError } from '../../object/status-error.ts';
import type { Resource } from '../apis/resource.ts';
import type { RequestContext } from '../context.ts';
import { encodeList } from '../response/encode-list.ts';
import { deleteObject } from './delete.ts';
import { deleteOptions } from './delete-options.ts';
import { listViewed } from './list-viewed.ts';
import { listSelectors } from './selectors.ts';
import type { Services } from './services.ts';

/** DELETE of a collection: each object by the rules of a single delete; the answer lists them. */
export async function deleteCollection(
  context: RequestContext,
  resource: Resource,
  services: Services,
): Promise<void> {
  const options = await deleteOptions(context);
  const selectors = listSelectors(context, resource);
  const cache = services.cacheOf(resource);
  await cache.consistent();
  const view = services.viewOf(resource);
  const found = view === undefined ? cache.list(selectors) : listViewed(cache, view, selectors);
  const { items, revision } = await found;
  const queue = [...items];
  const run = async (): Promise<void> => {
    for (let item = queue.shift(); item !== undefined; item = queue.shift()) {
      const { namespace, name } = item;
      try {
        await deleteObject(context, resource, services, { namespace, name }, options);
      } catch (error) {
        // somebody else deleted it meanwhile: that is what was asked for
        if (!(error instanceof StatusError && error.code === 404)) throw error;
      }
    }
  };
  await Promise.all(Array.from({ length: services.deleteCollectionWorkers }, run));
  context.answer = encodeList(context, resource, items, { resourceVersion: String(revision) });
}
