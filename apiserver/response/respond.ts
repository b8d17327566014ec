import type { ServerResponse } from 'node:http';
import { createGzip, gzip } from 'node:zlib';
import type { Answer, RequestContext } from '../context.ts';

/**
 * Writes an Answer. Bodies are bytes made elsewhere, once; here they only get headers, and gzip
 * where the client takes it and the body is large enough to be worth the time.
 */

/** k8s.io/apiserver responsewriters: smaller bodies are not worth compressing. */
const gzipThresholdBytes = 128 * 1024;
/** Parts of a list are joined up to this size before they are written. */
const chunkBytes = 256 * 1024;

export function respond(context: RequestContext, answer: Answer): void {
  const response = context.rawResponse as ServerResponse;
  if (response.headersSent || response.destroyed) return;
  const headers: Record<string, string | string[]> = {
    'audit-id': context.auditId,
    'cache-control': 'no-cache, private',
    ...answer.headers,
    ...context.extraHeaders,
  };
  if (context.warnings.length > 0) headers['warning'] = warningHeaders(context.warnings);
  const body = answer.body;
  if (body === undefined || context.method === 'HEAD') {
    response.writeHead(answer.code, headers);
    response.end();
    return;
  }
  if (typeof body === 'string') return send(response, answer.code, headers, Buffer.from(body));
  if (Buffer.isBuffer(body)) {
    const packed = headers['content-encoding'] !== undefined;
    if (!packed && body.length >= gzipThresholdBytes && acceptsGzip(context)) {
      return sendGzip(response, answer.code, headers, [body]);
    }
    return send(response, answer.code, headers, body);
  }
  const parts = body as readonly Buffer[];
  let length = 0;
  for (const part of parts) length += part.length;
  if (length >= gzipThresholdBytes && acceptsGzip(context)) {
    return sendGzip(response, answer.code, headers, parts);
  }
  headers['content-length'] = String(length);
  response.writeHead(answer.code, headers);
  void writeParts(response, parts);
}

function send(
  response: ServerResponse,
  code: number,
  headers: Record<string, string | string[]>,
  body: Buffer,
): void {
  headers['content-length'] = String(body.length);
  response.writeHead(code, headers);
  response.end(body);
}

/** Parts one after another, waiting while the client is slow; gives up when it has gone. */
async function writeParts(response: ServerResponse, parts: readonly Buffer[]): Promise<void> {
  for (const part of parts) {
    if (response.destroyed) return;
    if (!response.write(part)) await drained(response);
  }
  response.end();
}

function drained(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const settle = (): void => {
      response.off('drain', settle);
      response.off('close', settle);
      resolve();
    };
    response.on('drain', settle);
    response.on('close', settle);
  });
}

function sendGzip(
  response: ServerResponse,
  code: number,
  headers: Record<string, string | string[]>,
  parts: readonly Buffer[],
): void {
  headers['content-encoding'] = 'gzip';
  headers['vary'] = 'Accept-Encoding';
  if (parts.length === 1 && parts[0] !== undefined && parts[0].length < chunkBytes * 4) {
    gzip(parts[0], { level: 1 }, (error, packed) => {
      if (error !== null) return void response.destroy(error);
      send(response, code, headers, packed);
    });
    return;
  }
  response.writeHead(code, headers);
  const packer = createGzip({ level: 1, chunkSize: chunkBytes });
  packer.pipe(response);
  response.on('close', () => packer.destroy());
  packer.on('error', () => response.destroy());
  void (async () => {
    for (const part of parts) {
      if (packer.destroyed) return;
      if (!packer.write(part)) {
        await new Promise<void>((resolve) => {
          packer.once('drain', resolve);
          packer.once('close', resolve);
        });
      }
    }
    packer.end();
  })();
}

function acceptsGzip(context: RequestContext): boolean {
  const accepted = context.headers['accept-encoding'];
  return typeof accepted === 'string' && /(^|,)\s*gzip\s*(;|,|$)/.test(accepted);
}

/** RFC 7234 warn-code 299; control characters and quotes are escaped as upstream does. */
function warningHeaders(texts: readonly string[]): string[] {
  return [...new Set(texts)].map((text) => {
    const clean = text.replace(/[\r\n\t]+/g, ' ').replace(/[\\"]/g, (c) => `\\${c}`);
    return `299 - "${clean}"`;
  });
}
