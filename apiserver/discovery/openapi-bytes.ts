import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { notAcceptable } from '../../object/status-error.ts';

/** An OpenAPI document ready to send. */
export interface OpenApiDocument {
  contentType: string;
  bytes: Buffer;
  /** The same compressed, made at the first call. */
  gzip(): Buffer;
  /** In double quotes. Answer 304 when If-None-Match equals it. */
  etag: string;
}

/** `hash` is the entity tag; without it, it is the hash of the bytes. */
export function openApiDocument(
  contentType: string,
  bytes: Buffer,
  hash: string = hashOf(bytes),
): OpenApiDocument {
  let compressed: Buffer | undefined;
  return {
    contentType,
    bytes,
    etag: `"${hash}"`,
    gzip() {
      compressed ??= gzipSync(bytes);
      return compressed;
    },
  };
}

export function hashOf(data: string | Buffer): string {
  return createHash('sha512').update(data).digest('hex').toUpperCase();
}

/**
 * The form that the Accept header prefers. `protobufTypes` are the names of the protobuf form, the
 * first its own. Throws 406 when neither is acceptable.
 */
export function preferredForm(
  accept: string | undefined,
  protobufTypes: readonly string[],
): 'json' | 'protobuf' {
  for (const clause of (accept === undefined || accept === '' ? '*/*' : accept).split(',')) {
    const type = (clause.split(';')[0] ?? '').trim();
    if (type === '*/*' || type === 'application/*' || type === 'application/json') return 'json';
    if (protobufTypes.includes(type)) return 'protobuf';
  }
  throw notAcceptable(['application/json', ...protobufTypes]);
}
