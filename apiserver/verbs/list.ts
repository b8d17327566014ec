import type { Resource } from '../apis/resource.ts';
import type { RequestContext } from '../context.ts';
import { encodeList } from '../response/encode-list.ts';
import { listOptions } from './list-options.ts';
import { listPage } from './list-page.ts';
import { listSelectors } from './selectors.ts';
import type { Services } from './services.ts';

/** A collection, or the page of it that was asked for. */
export async function list(
  context: RequestContext,
  resource: Resource,
  services: Services,
): Promise<void> {
  const options = listOptions(context);
  const selectors = listSelectors(context, resource);
  const { items, metadata } = await listPage(context, resource, services, options, selectors);
  context.answer = encodeList(context, resource, items, metadata);
}
