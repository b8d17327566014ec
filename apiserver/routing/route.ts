import { goQuote } from '../../object/go-format.ts';
import { pathSegmentErrors } from '../../object/name.ts';
import {
  badRequest,
  methodNotAllowed,
  notFound,
  pathNotFound,
  serviceUnavailable,
  StatusError,
} from '../../object/status-error.ts';
import type { Resource, ResourceVerb } from '../apis/resource.ts';
import type { RequestContext, Stage } from '../context.ts';
import { acceptable } from '../response/encode.ts';
import { create } from '../verbs/create.ts';
import { deleteOne } from '../verbs/delete.ts';
import { deleteCollection } from '../verbs/delete-collection.ts';
import { get } from '../verbs/get.ts';
import { list } from '../verbs/list.ts';
import { checkPatchType, patch } from '../verbs/patch.ts';
import type { Services } from '../verbs/services.ts';
import { update } from '../verbs/update.ts';
import { watch } from '../verbs/watch.ts';
import type { ResourceTable } from '../apis/resource-table.ts';
import {
  checkRoute,
  connecting,
  isPageNotFound,
  notAllowed,
  pageNotFound,
  servesBuiltIn,
} from './router.ts';

type VerbFunction = (
  context: RequestContext,
  resource: Resource,
  services: Services,
) => Promise<void>;

const verbs: Record<ResourceVerb, VerbFunction> = {
  create,
  delete: deleteOne,
  deletecollection: deleteCollection,
  get,
  list,
  patch,
  update,
  watch,
};

/** Answers a path that is no resource; undefined when it is not his. */
export type NonResourceHandler = (context: RequestContext) => Promise<void> | void;

export interface RouteOptions {
  resources: ResourceTable;
  services: Services;
  /** Exact path to handler. */
  paths: ReadonlyMap<string, NonResourceHandler>;
  /** Tried in order when no exact path fits: discovery of groups, health checks by name. */
  prefixes: readonly { prefix: string; handle: NonResourceHandler }[];
  /** `resource/subresource` with a code of its own, and kinds that are only created (reviews). */
  subresource(resource: Resource, name: string): VerbFunction | undefined;
  virtual(resource: Resource): VerbFunction | undefined;
  /** Group and version served by somebody else; true when it has taken the request. */
  aggregated(context: RequestContext): Promise<boolean> | boolean;
  /** Every path that will be served is known: custom resources and the groups of other servers, too. */
  complete(): boolean;
}

/** Whose request is it: another server's, a path's, a subresource's, a virtual kind's or a verb's. */
export function makeRoute(options: RouteOptions): Stage {
  return {
    name: 'route',
    run: (context) =>
      options.complete() ? dispatch(context, options) : dispatchEarly(context, options),
  };
}

/**
 * What nobody serves may be served when the start is over: a 404 now would have clients believe that
 * it is gone (notfoundhandler). Those that know Retry-After ask again by themselves.
 */
async function dispatchEarly(context: RequestContext, options: RouteOptions): Promise<void> {
  await dispatch(context, options);
  if (!isPageNotFound(context)) return;
  context.answer = undefined;
  throw serviceUnavailable(
    'the request has been made before all known HTTP paths have been installed, please try again',
    5,
  );
}

async function dispatch(context: RequestContext, options: RouteOptions): Promise<void> {
  const { info } = context;
  if (await options.aggregated(context)) return;
  if (info.path.startsWith('//')) return pageNotFound(context);
  if (!info.isResourceRequest) return answerPath(context, options);
  const resource = options.resources.find(info.group, info.version, info.resource);
  if (resource === undefined) {
    const { group } = info;
    if (group !== '' && !servesBuiltIn(options.resources, { group })) return pageNotFound(context);
    throw pathNotFound();
  }
  // the paths of proxies that begin with their verb went with Kubernetes 1.10
  if (!isThere(context, resource) || info.verb === 'proxy') {
    if (resource.custom !== undefined) return pageNotFound(context);
    throw pathNotFound();
  }
  const { deprecationWarning } = resource.custom ?? {};
  if (deprecationWarning !== undefined) context.warnings.push(deprecationWarning);
  if (info.subresource !== '') return dispatchSubresource(context, resource, options);
  if (resource.custom === undefined) checkRoute(context, resource);
  else checkCustomMethod(context, resource);
  const virtual = options.virtual(resource);
  if (virtual !== undefined) {
    if (!resource.verbs.includes(info.verb as ResourceVerb)) throw notAllowed();
    context.handled = 'resource';
    acceptable(context, resource);
    return virtual(context, resource, options.services);
  }
  // a kind without keys of its own that nobody answers for must not be read as the whole store
  if (resource.keyPrefix === '') throw notAllowed();
  const verb = info.verb as ResourceVerb;
  if (!resource.verbs.includes(verb) || verbs[verb] === undefined) throw notAllowed();
  context.handled = 'resource';
  return runVerb(context, resource, options.services, verb);
}

/** Who can take none of the answers is told before anything is done (a PATCH looks at its type first). */
function runVerb(
  context: RequestContext,
  resource: Resource,
  services: Services,
  verb: ResourceVerb,
): Promise<void> {
  if (verb !== 'patch') acceptable(context, resource);
  if (verb !== 'create') checkKey(context, resource);
  return verbs[verb](context, resource, services);
}

/** Names of namespaces that would lead to another place in a tree of keys (etcd3 store's prepareKey). */
const noNamespace = new Set(['.', '..']);

function checkKey({ info }: RequestContext, resource: Resource): void {
  if (info.name === '.' || info.name === '..' || info.name.includes('%')) {
    const wrong = pathSegmentErrors(info.name).join(';');
    throw badRequest(`Name parameter invalid: ${goQuote(info.name)}: ${wrong}`);
  }
  if (!resource.namespaced || !noNamespace.has(info.namespace)) return;
  const object = info.name === '' ? '' : `/${info.name}`;
  const key = `/${resource.storagePath}/${info.namespace}${object}`;
  throw new StatusError(500, '', `invalid key: ${goQuote(key)}`);
}

const acrossNamespaces = new Set(['list', 'watch']);

/**
 * Whether the resource has such a path: objects in namespaces are named with theirs, others without.
 * Of custom resources only some verbs have a path across namespaces.
 */
function isThere({ info }: RequestContext, resource: Resource): boolean {
  if (!resource.namespaced) return info.namespace === '' || info.resource === 'namespaces';
  if (info.namespace !== '') return true;
  if (resource.custom !== undefined) return acrossNamespaces.has(info.verb);
  return info.parts.length <= 1 || info.subresource !== '';
}

const onCollections = new Set(['GET', 'HEAD', 'POST', 'DELETE']);

/** No router stands before custom resources: PUT and PATCH need a name, a POST goes by that in its body. */
function checkCustomMethod(context: RequestContext, resource: Resource): void {
  const { info, method } = context;
  const verb = info.verb as ResourceVerb;
  if (verbs[verb] === undefined) throw methodNotAllowed(resource, verb);
  // a path of old watches, whatever the method
  if (verb === 'watch') return;
  if (info.parts.length > 1) {
    if (method === 'POST') context.info = { ...info, name: '' };
  } else if (!onCollections.has(method)) {
    if (verb === 'patch') checkPatchType(context, resource);
    throw badRequest('name must be provided');
  }
}

function dispatchSubresource(
  context: RequestContext,
  resource: Resource,
  options: RouteOptions,
): Promise<void> {
  const { info } = context;
  const own = options.subresource(resource, info.subresource);
  const known = own !== undefined || (info.subresource === 'status' && hasStatus(resource));
  if (!known) {
    throw resource.custom === undefined ? pathNotFound() : notFound(resource, info.name);
  }
  const methods = resource.subresources?.[info.subresource]?.verbs;
  const hasMethod =
    connecting.has(info.subresource) || methods?.includes(info.verb as ResourceVerb);
  if (hasMethod === false) throw notAllowed();
  if (resource.custom === undefined) checkRoute(context, resource);
  context.handled = 'resource';
  const verb = info.verb as ResourceVerb;
  if (own !== undefined) {
    if (verb !== 'patch' && !connecting.has(info.subresource)) acceptable(context, resource);
    checkKey(context, resource);
    return own(context, resource, options.services);
  }
  if (verb === 'get' || verb === 'update' || verb === 'patch') {
    return runVerb(context, resource, options.services, verb);
  }
  context.handled = undefined;
  throw resource.custom === undefined ? notAllowed() : methodNotAllowed(resource, verb);
}

function hasStatus({ status }: Resource): boolean {
  return status !== undefined && status !== false;
}

function answerPath(context: RequestContext, options: RouteOptions): Promise<void> | void {
  const { path } = context.info;
  const bare = slashIgnored.test(path) ? path.slice(0, -1) : path;
  const exact = options.paths.get(bare);
  if (exact !== undefined) return exact(context);
  for (const { prefix, handle } of options.prefixes) {
    if (bare.startsWith(prefix)) return handle(context);
  }
  pageNotFound(context);
}

/** Upstream's router (go-restful from v3.11 on) does not see a slash at the end; paths without routes are exact. */
const slashIgnored = /^\/(api|apis|version)\/(.*\/)?$/;
