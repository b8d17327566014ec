import { pathNotFound, StatusError } from '../../object/status-error.ts';
import type { Resource } from '../apis/resource.ts';
import type { RequestContext } from '../context.ts';
import { builtInPatchTypes } from '../verbs/patch.ts';

/**
 * What upstream's router (go-restful) refuses before a handler of a built-in resource has the
 * request. Custom resources have no routes: their one handler goes by the RequestInfo.
 */
export function checkRoute(context: RequestContext, resource: Resource): void {
  const { info, method } = context;
  const named = info.parts.length > 1;
  if (info.subresource !== '') {
    if (method === 'HEAD' && info.subresource !== 'proxy') throw notAllowed();
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

const namedMethods = new Set(['GET', 'PUT', 'PATCH', 'DELETE']);
const collectionMethods = new Set(['GET', 'POST', 'DELETE']);
/** Their routes give whatever the other side does. */
const connecting = new Set(['log', 'exec', 'attach', 'portforward', 'proxy']);

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
  if (method === 'PATCH' && !builtInPatchTypes.includes(bare(headers['content-type'] ?? ''))) {
    throw new StatusError(415, 'UnsupportedMediaType', '415: Unsupported Media Type', {});
  }
  const { accept } = headers;
  if (accept === undefined || accept === '' || accept === 'application/json') return;
  if (accept.split(',').some((clause) => acceptable.has(bare(clause)))) return;
  const lists = method === 'GET' && info.parts.length === 1 && resource.verbs.includes('list');
  const representations = (lists ? producedByLists : produced).join(', ');
  const text = `406: Not Acceptable\n\nAvailable representations: ${representations}`;
  throw new StatusError(406, 'NotAcceptable', text, {});
}

const acceptable = new Set([...produced, '*/*']);

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
