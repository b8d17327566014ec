import { internalErrorPage } from '../../object/error-page.ts';
import { exactField, parseFieldSelector } from '../../object/field-selector.ts';
import { pathSegmentErrors } from '../../object/name.ts';
import type { StatusError } from '../../object/status-error.ts';
import { booleanOf, queryOf } from './query.ts';
import type { RequestContext, RequestInfo, Stage } from '../context.ts';

/**
 * Method and URL to RequestInfo, by upstream's rules (k8s.io/apiserver endpoints/request
 * RequestInfoFactory): what authorization, flow control, audit and routing all decide on.
 *
 *   /api/v1/namespaces/{ns}/{resource}/{name}/{subresource}
 *   /apis/{group}/{version}/...
 *   /api/v1/watch/...  and  /api/v1/proxy/...  (special verbs of old)
 */

const methodVerbs: Record<string, string> = {
  GET: 'get',
  HEAD: 'get',
  POST: 'create',
  PUT: 'update',
  PATCH: 'patch',
  DELETE: 'delete',
};

/** Below a namespace these are subresources of the namespace itself, not resources in it. */
const namespaceSubresources = new Set(['status', 'finalize']);

export function describeRequest(
  method: string,
  path: string,
  query: URLSearchParams,
  url = path,
): RequestInfo {
  const info: RequestInfo = {
    isResourceRequest: false,
    path: decodedPath(path),
    verb: method.toLowerCase(),
    apiPrefix: '',
    group: '',
    version: '',
    namespace: '',
    resource: '',
    subresource: '',
    name: '',
    parts: [],
    fieldSelector: '',
    labelSelector: '',
  };
  const parts = segments(info.path);
  const prefix = parts[0];
  if (parts.length < 3 || (prefix !== 'api' && prefix !== 'apis')) return info;
  info.apiPrefix = prefix;
  let at = 1;
  if (prefix === 'apis') {
    if (parts.length < 4) return info;
    info.group = parts[at++] ?? '';
  }
  info.isResourceRequest = true;
  info.version = parts[at++] ?? '';

  const first = parts[at];
  if (first === 'watch' || first === 'proxy') {
    if (parts.length - at < 2) throw undetermined(url);
    info.verb = first;
    at++;
  } else {
    info.verb = methodVerbs[method] ?? '';
  }
  locate(info, parts, at);
  if (info.name === '') {
    if (info.verb === 'get') describeList(info, query);
    else if (info.verb === 'delete') info.verb = 'deletecollection';
  }
  if (info.verb === 'deletecollection' || info.verb === 'watch') keepSelectors(info, query);
  return info;
}

/** A special verb of nothing. Told before anybody else looks at the request, as a page of text. */
function undetermined(url: string): StatusError {
  const why = `failed to create RequestInfo: unable to determine kind and namespace from url, ${url}`;
  return internalErrorPage(url, why, { 'cache-control': '' });
}

const slash = 0x2f;

/** Empty segments at the ends are dropped. */
function segments(path: string): string[] {
  let from = 0;
  let to = path.length;
  while (from < to && path.charCodeAt(from) === slash) from++;
  while (from < to && path.charCodeAt(to - 1) === slash) to--;
  return from === to ? [] : path.slice(from, to).split('/');
}

/** As Go's URL.Path: an encoded slash is a slash. */
function decodedPath(path: string): string {
  if (!path.includes('%')) return path;
  try {
    return decodeURIComponent(path);
  } catch {
    // bytes that are no UTF-8 are kept as what Go shows for them
    const bytes = path.replace(/%([0-9a-fA-F]{2})/g, (_, hex: string) =>
      String.fromCharCode(Number.parseInt(hex, 16)),
    );
    return Buffer.from(bytes, 'latin1').toString('utf8');
  }
}

function locate(info: RequestInfo, parts: readonly string[], from: number): void {
  let at = from;
  if (parts[at] === 'namespaces' && parts.length - at > 1) {
    info.namespace = parts[at + 1] ?? '';
    if (parts.length - at > 2 && !namespaceSubresources.has(parts[at + 2] ?? '')) at += 2;
  }
  const rest = parts.slice(at);
  info.parts = rest;
  info.resource = rest[0] ?? '';
  info.name = rest[1] ?? '';
  if (rest.length >= 3 && info.verb !== 'proxy') info.subresource = rest[2] ?? '';
}

/** A GET without a name is a list or, with `?watch`, a watch; a single name in the field selector counts as the name. */
function describeList(info: RequestInfo, query: URLSearchParams): void {
  info.verb = booleanOf(query, 'watch') ? 'watch' : 'list';
  keepSelectors(info, query);
  if (info.fieldSelector.includes('metadata.name')) info.name = selectedName(info.fieldSelector);
}

/** The one name that a field selector leaves; a selector that is none is the verb's to refuse. */
function selectedName(fieldSelector: string): string {
  try {
    const name = exactField(parseFieldSelector(fieldSelector), 'metadata.name') ?? '';
    return pathSegmentErrors(name).length === 0 ? name : '';
  } catch {
    return '';
  }
}

function keepSelectors(info: RequestInfo, query: URLSearchParams): void {
  info.fieldSelector = query.get('fieldSelector') ?? '';
  info.labelSelector = query.get('labelSelector') ?? '';
}

/** Shared: nobody changes a request's query. */
const noQuery = new URLSearchParams();

export const describe: Stage = {
  name: 'describe',
  run(context: RequestContext): void {
    const cut = context.url.indexOf('?');
    const path = cut < 0 ? context.url : context.url.slice(0, cut);
    context.query = cut < 0 ? noQuery : queryOf(context.url.slice(cut + 1));
    context.info = describeRequest(context.method, path, context.query, context.url);
    context.longRunning = isLongRunning(context.info);
  },
};

const longRunningSubresources = new Set(['attach', 'exec', 'proxy', 'log', 'portforward']);

/** Requests that may stay open: exempt from the deadline and from flow control's seats. */
export function isLongRunning(info: RequestInfo): boolean {
  if (!info.isResourceRequest) return info.path.startsWith('/debug/pprof/');
  return (
    info.verb === 'watch' || info.verb === 'proxy' || longRunningSubresources.has(info.subresource)
  );
}
