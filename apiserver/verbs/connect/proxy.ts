import type { IncomingMessage } from 'node:http';
import { posix } from 'node:path';
import { promisify } from 'node:util';
import { deflateRaw, gunzip, gzip, inflateRaw } from 'node:zlib';
import { internalError, serviceUnavailable, StatusError } from '../../../object/status-error.ts';
import type { RequestContext } from '../../context.ts';
import { ask, type Backend, BackendError } from './backend.ts';
import { addressText } from '../../outgoing/backend-error.ts';
import { type Headers, requestHeaders, responseHeaders, withoutCrossOrigin } from './headers.ts';
import { passAnswer, passUpgrade } from './pass.ts';
import { type RewriteAs, rewriteHtml, rewriteUrl, urlFault } from './rewrite.ts';

/** The client's request to a backend under another path (k8s.io/apimachinery util/proxy UpgradeAwareHandler). */
export interface ProxyTo {
  backend: Backend;
  /** Decoded, without the slash that the client's path may end with. Empty: the backend's root. */
  path: string;
  /** With its question mark; the client's own when absent. */
  query?: string;
  /** Beside the client's own headers, and instead of them. */
  headers?: Headers;
  /** A redirect would lead the client away with what it has for us: it gets 502 instead. */
  rejectRedirects?: boolean;
}

export async function proxy(context: RequestContext, to: ProxyTo): Promise<void> {
  const { exchange } = context;
  const url = splitUrl(context.url);
  const path =
    url.path.endsWith('/') && !to.path.endsWith('/') && context.upgrade === undefined
      ? `${to.path}/`
      : to.path;
  const rooted = path === '' && (context.method === 'GET' || context.method === 'HEAD');
  if (rooted && context.upgrade === undefined) {
    // relative links of the page there would otherwise miss the proxy
    const location = `${url.path}/${url.query}`;
    context.answer = { code: 301, headers: { location }, body: '' };
    return;
  }
  const headers = { ...requestHeaders(context), ...to.headers };
  const prefix = prefixOf(url.path, path);
  if (context.upgrade === undefined) {
    headers['x-forwarded-uri'] = encodePath(joinPath(prefix, path === '' ? '/' : path));
  }
  const asked = ask(to.backend, {
    method: context.method,
    path: `${encodePath(path === '' ? '/' : path)}${to.query ?? url.query}`,
    headers,
    body: exchange.hasBody ? exchange.body : undefined,
    signal: context.signal,
  });
  if (context.upgrade !== undefined) return upgrade(context, asked);
  const reply = await asked.catch((error: unknown) => {
    if (!(error instanceof BackendError)) throw error;
    throw serviceUnavailable(`error trying to reach service: ${error.message}`);
  });
  if (reply.upgraded) return passUpgrade(context, reply);
  if (to.rejectRedirects === true && isRedirect(reply.incoming)) {
    reply.incoming.destroy();
    const body = 'the backend attempted to redirect this request, which is not permitted';
    context.answer = { code: 502, headers: {}, body };
    return;
  }
  await rewritten(context, reply.incoming, {
    prefix: encodePath(prefix),
    backendHost: addressText(to.backend),
    clientHost: String(headers['host'] ?? ''),
  });
}

function isRedirect({ statusCode = 0, headers }: IncomingMessage): boolean {
  return statusCode >= 300 && statusCode <= 399 && (headers.location ?? '') !== '';
}

async function upgrade(context: RequestContext, asked: ReturnType<typeof ask>): Promise<void> {
  const reply = await asked.catch((error: unknown) => {
    if (!(error instanceof BackendError)) throw error;
    // somebody was there and did not answer
    if (error.message === 'EOF') throw new StatusError(500, '', 'unexpected EOF');
    throw new StatusError(500, '', `error dialing backend: ${error.message}`);
  });
  if (reply.upgraded) return passUpgrade(context, reply);
  const { incoming } = reply;
  const code = incoming.statusCode ?? 0;
  if (code >= 400) return passAnswer(context, incoming, responseHeaders(context, incoming));
  incoming.destroy();
  throw new StatusError(500, '', `invalid upgrade response: status code ${code}`);
}

async function rewritten(
  context: RequestContext,
  incoming: IncomingMessage,
  as: RewriteAs,
): Promise<void> {
  const headers = withoutCrossOrigin(responseHeaders(context, incoming));
  const { location } = incoming.headers;
  if (location !== undefined && location !== '') {
    const fault = urlFault(location);
    if (fault !== undefined) {
      incoming.destroy();
      throw internalError(`error trying to parse Location header: ${fault}`);
    }
    headers['location'] = rewriteUrl(location, as);
    return passAnswer(context, incoming, headers);
  }
  const type = (incoming.headers['content-type'] ?? '').split(';', 1)[0]?.trim();
  const encoding = incoming.headers['content-encoding'] ?? '';
  const coding = codings[encoding];
  if (type !== 'text/html' || coding === undefined || context.method === 'HEAD') {
    return passAnswer(context, incoming, headers);
  }
  const html = (await coding.unpack(await bodyOf(incoming))).toString('latin1');
  const body = await coding.pack(Buffer.from(rewriteHtml(html, as), 'latin1'));
  const code = incoming.statusCode ?? 502;
  context.exchange.send(code, { ...headers, 'content-length': String(body.length) }, body);
  context.answer = { code, headers: {}, body: undefined };
}

/** A page is rewritten as a whole; one larger than this is refused. */
const htmlBytesMax = 32 * 1024 * 1024;

async function bodyOf(incoming: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of incoming as AsyncIterable<Buffer>) {
    size += part.length;
    if (size > htmlBytesMax) {
      throw serviceUnavailable(
        `the page is larger than ${htmlBytesMax} bytes and cannot be rewritten`,
      );
    }
    parts.push(part);
  }
  return Buffer.concat(parts);
}

type Step = (bytes: Buffer) => Promise<Buffer> | Buffer;

/** Content codings that can be undone and done again. */
const codings: Record<string, { unpack: Step; pack: Step }> = {
  '': { unpack: (bytes) => bytes, pack: (bytes) => bytes },
  gzip: { unpack: promisify<Buffer, Buffer>(gunzip), pack: promisify<Buffer, Buffer>(gzip) },
  deflate: {
    unpack: promisify<Buffer, Buffer>(inflateRaw),
    pack: promisify<Buffer, Buffer>(deflateRaw),
  },
};

/** Path as sent and the query with its question mark. */
function splitUrl(url: string): { path: string; query: string } {
  const cut = url.indexOf('?');
  if (cut < 0) return { path: url, query: '' };
  const query = url.slice(cut);
  return { path: url.slice(0, cut), query: query === '?' ? '' : query };
}

/** What the client's path has before the backend's, decoded. */
function prefixOf(clientPath: string, backendPath: string): string {
  const path = decodePath(clientPath);
  return path.endsWith(backendPath) ? path.slice(0, path.length - backendPath.length) : path;
}

function joinPath(prefix: string, path: string): string {
  const joined = posix.join('/', prefix, path);
  return path.endsWith('/') && !joined.endsWith('/') ? `${joined}/` : joined;
}

/** Escapes like Go's URL.EscapedPath. */
export function encodePath(path: string): string {
  return encodeURI(path).replace(
    /[?#!'()*]/g,
    (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

export function decodePath(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}
