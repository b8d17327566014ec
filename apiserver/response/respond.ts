import { createGzip, gzip } from 'node:zlib';
import type { Answer, RequestContext, ResponseHeaders, StreamedBody } from '../context.ts';
import { slabBytes } from './slabs.ts';
import { writeStreamed } from './write-streamed.ts';

/**
 * Writes an Answer. Bodies are bytes made elsewhere, once; here they only get headers, and gzip
 * where the client takes it and the body is large enough to be worth the time.
 */

/** k8s.io/apiserver responsewriters: bodies up to this are not worth compressing. */
const gzipThresholdBytes = 128 * 1024;

export function respond(context: RequestContext, answer: Answer): void {
  const { exchange } = context;
  if (exchange.begun || exchange.over) return;
  const headers: ResponseHeaders = {
    'audit-id': context.auditId,
    'cache-control': 'no-cache, private',
    ...answer.headers,
    ...context.extraHeaders,
  };
  if (headers['cache-control'] === '') delete headers['cache-control'];
  if (context.warnings.length > 0) headers['warning'] = warningHeaders(context.warnings);
  const { code, body } = answer;
  if (body === undefined) return exchange.send(code, headers);
  if (context.method === 'HEAD') {
    const { length } = typeof body === 'string' ? Buffer.from(body) : body;
    if (length > 0) headers['content-length'] = String(length);
    return exchange.send(code, headers);
  }
  if (typeof body === 'string') return send(context, code, headers, Buffer.from(body));
  const packed = answer.asItIs === true || headers['content-encoding'] !== undefined;
  if (!packed && body.length > gzipThresholdBytes && acceptsGzip(context)) {
    return sendGzip(context, code, headers, body);
  }
  if (Buffer.isBuffer(body)) return send(context, code, headers, body);
  context.sentBytes = body.length;
  headers['content-length'] = String(body.length);
  exchange.stream(code, headers, body);
}

function send(context: RequestContext, code: number, headers: ResponseHeaders, body: Buffer): void {
  context.sentBytes = body.length;
  headers['content-length'] = String(body.length);
  context.exchange.send(code, headers, body);
}

function sendGzip(
  context: RequestContext,
  code: number,
  headers: ResponseHeaders,
  body: Buffer | StreamedBody,
): void {
  const { exchange } = context;
  headers['content-encoding'] = 'gzip';
  headers['vary'] = 'Accept-Encoding';
  if (Buffer.isBuffer(body)) {
    gzip(body, { level: 1 }, (error, packed) => {
      if (error !== null) return exchange.breakOff();
      send(context, code, headers, packed);
    });
    return;
  }
  const response = exchange.begin(code, headers);
  const packer = createGzip({ level: 1, chunkSize: slabBytes });
  packer.on('data', ({ length }: Buffer) => {
    context.sentBytes += length;
  });
  packer.pipe(response);
  response.on('close', () => packer.destroy());
  packer.on('error', () => exchange.breakOff());
  void writeStreamed(packer, body).then(() => packer.end());
}

/** Named without parameters, as upstream reads the header. */
function acceptsGzip(context: RequestContext): boolean {
  const accepted = context.headers['accept-encoding'];
  if (!context.compress) return false;
  return typeof accepted === 'string' && /(^|,)\s*gzip\s*(,|$)/.test(accepted);
}

/** All warnings of an answer in characters; past it each is cut, and then no more are sent. */
const warningsLengthMax = 4 * 1024;
const cutWarningLength = 256;

/**
 * RFC 7234 warn-code 299, each text once (endpoints/filters/warning.go). A text with control
 * characters cannot be a header and is left out.
 */
export function warningHeaders(texts: readonly string[]): string[] {
  const each = [...new Set(texts)].filter((text) => text !== '');
  const length = each.reduce((sum, text) => sum + text.length, 0);
  const headers: string[] = [];
  let written = 0;
  for (const text of each) {
    const shown = length > warningsLengthMax ? [...text].slice(0, cutWarningLength).join('') : text;
    // a warning that goes over the limit is still sent whole, the next one is not
    if (written >= warningsLengthMax) break;
    written += shown.length;
    if (/\p{Cc}/u.test(shown)) continue;
    const quoted = shown.replace(/[\\"]/g, (c) => `\\${c}`);
    // Node writes header values as latin1: their bytes are those of the UTF-8 text
    headers.push(Buffer.from(`299 - "${quoted}"`).toString('latin1'));
  }
  return headers;
}
