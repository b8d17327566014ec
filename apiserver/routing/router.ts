import { pathNotFound, StatusError } from '../../object/status-error.ts';
import type { Resource } from '../apis/resource.ts';
import type { ResourceTable } from '../apis/resource-table.ts';
import type { RequestContext } from '../context.ts';
import { builtInPatchTypes } from '../verbs/patch.ts';

/**
 * What upstream's router (go-restful) refuses before a handler of a built-in resource has the
 * request. Custom resources have no routes: their one handler goes by the RequestInfo.
 */
export function checkRoute(context: RequestContext, resource: Resource): void {
  const { info, method } = context;
  if (info.verb === 'watch' && method !== 'GET') throw notAllowed();
  const named = info.parts.length > 1;
  if (info.subresource !== '') {
    if (info.parts.length > 3 && info.subresource !== 'proxy') throw pathNotFound();
    if (method === 'HEAD' && info.subresource !== 'proxy') throw notAllowed();
    if (info.subresource === 'scale') checkMethod(scaleMethods, method);
    if (!connecting.has(info.subresource)) checkTypes(context, resource);
    return;
  }
  if (named) checkMethod(namedMethods, method);
  else if (resource.namespaced && info.namespace === '') {
    // all namespaces can be read together, and nothing else
    if (!resource.verbs.includes('list')) throw pathNotFound();
    if (method !== 'GET') throw notAllowed();
  } else checkMethod(collectionMethods, method);
  checkTypes(context, resource);
}

/** As upstream's mux answers a path or a group and version that nobody serves: text, not a Status. */
export function pageNotFound(context: RequestContext): void {
  context.answer = {
    code: 404,
    headers: { 'content-type': 'text/plain; charset=utf-8', 'x-content-type-options': 'nosniff' },
    body: noPage,
  };
}

const noPage = Buffer.from('404 page not found\n');

export function isPageNotFound({ answer }: RequestContext): boolean {
  return answer?.body === noPage;
}

/** A group of custom resources alone has no router that knows its paths. */
export function servesBuiltIn(
  resources: ResourceTable,
  { group, version }: { group: string; version?: string },
): boolean {
  return resources
    .list()
    .some(
      (r) =>
        r.custom === undefined &&
        r.group === group &&
        (version === undefined || r.version === version),
    );
}

const namedMethods = new Set(['GET', 'PUT', 'PATCH', 'DELETE']);
const scaleMethods = new Set(['GET', 'PUT', 'PATCH']);
const collectionMethods = new Set(['GET', 'POST', 'DELETE']);
/** Their routes give whatever the other side does. */
export const connecting = new Set(['log', 'exec', 'attach', 'portforward', 'proxy']);

function checkMethod(methods: ReadonlySet<string>, method: string): void {
  if (!methods.has(method)) throw notAllowed();
}

const produced = ['application/json', 'application/yaml', 'application/vnd.kubernetes.protobuf'];
const producedByLists = [
  ...produced,
  'application/json;stream=watch',
  'application/vnd.kubernetes.protobuf;stream=watch',
];

function checkTypes({ info, method, headers }: RequestContext, resource: Resource): void {
  const length = headers['content-length'] ?? '';
  if (method === 'PATCH' && !takesPatch(headers['content-type'] ?? '')) {
    throw Number(length) > 0 ? unsupported() : nothingGiven(method, length, []);
  }
  const collection = info.parts.length === 1 && resource.verbs.includes('list');
  const lists = method === 'GET' && (collection || info.verb === 'watch');
  const types = lists ? producedByLists : produced;
  if (!accepts(headers.accept, types)) throw nothingGiven(method, length, types);
}

function takesPatch(sent: string): boolean {
  return sent.split(',').some((type) => builtInPatchTypes.includes(bare(type)));
}

/** A write that does not say how long it is counts as one without a body, and that as one of a wrong type. */
function nothingGiven(method: string, length: string, types: readonly string[]): StatusError {
  const writes = method === 'POST' || method === 'PUT' || method === 'PATCH';
  return writes && length === '' ? unsupported(types) : notAcceptable(types);
}

function accepts(accept: string | undefined, types: readonly string[]): boolean {
  if (accept === undefined || accept === '' || accept === 'application/json') return true;
  return accept
    .split(',')
    .map(bare)
    .some((type) => type === '*/*' || types.includes(type));
}

/** Throws 406 where none of the types that a route gives is named. */
export function checkAccept(accept: string | undefined, types: readonly string[] = produced): void {
  if (!accepts(accept, types)) throw notAcceptable(types);
}

const available = (types: readonly string[]): string =>
  `\n\nAvailable representations: ${types.join(', ')}`;

function notAcceptable(types: readonly string[]): StatusError {
  return new StatusError(406, 'NotAcceptable', `406: Not Acceptable${available(types)}`, {});
}

function unsupported(types?: readonly string[]): StatusError {
  const text = `415: Unsupported Media Type${types === undefined ? '' : available(types)}`;
  return new StatusError(415, 'UnsupportedMediaType', text, {});
}

/** Without parameters: those are the handler's to look at. */
function bare(type: string): string {
  const end = type.indexOf(';');
  return (end < 0 ? type : type.slice(0, end)).trim();
}

/** As upstream's router refuses a method of a path that has others. */
export function notAllowed(): StatusError {
  return new StatusError(
    405,
    'MethodNotAllowed',
    'the server does not allow this method on the requested resource',
    {},
  );
}
