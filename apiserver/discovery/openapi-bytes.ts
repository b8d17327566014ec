import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { clausesOf } from '../response/negotiate.ts';

/** An OpenAPI document ready to send. */
export interface OpenApiDocument {
  contentType: string;
  bytes: Buffer;
  /** The same compressed, made at the first call. */
  gzip(): Buffer;
  /** In double quotes. */
  etag: string;
  /** When it was made. */
  modified: Date;
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
    modified: new Date(),
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
 * The form that the Accept header prefers, undefined when it takes neither. `protobufTypes` are the
 * names of the protobuf form, the first its own.
 */
export function preferredForm(
  accept: string | undefined,
  protobufTypes: readonly string[],
): 'json' | 'protobuf' | undefined {
  const served: (readonly [string, 'json' | 'protobuf'])[] = [
    ['application/json', 'json'],
    ...protobufTypes.map((type) => [type, 'protobuf'] as const),
  ];
  for (const clause of clausesOf(accept === undefined || accept === '' ? '*/*' : accept)) {
    for (const [type, form] of served) {
      const [first, second] = type.split('/');
      const fits = clause.type === '*' || clause.type === first;
      if (fits && (clause.subtype === '*' || clause.subtype === second)) return form;
    }
  }
  return undefined;
}
