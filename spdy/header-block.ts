import { createInflate, type Inflate } from 'node:zlib';

/**
 * The headers of SPDY/3.1 streams: name and value pairs, compressed with one zlib stream a direction
 * and a dictionary both sides know (SPDY draft 3.1, 2.6.10).
 */

const words =
  `options head post put delete trace accept accept-charset accept-encoding accept-language
accept-ranges age allow authorization cache-control connection content-base content-encoding
content-language content-length content-location content-md5 content-range content-type date etag
expect expires from host if-match if-modified-since if-none-match if-range if-unmodified-since
last-modified location max-forwards pragma proxy-authenticate proxy-authorization range referer
retry-after server te trailer transfer-encoding upgrade user-agent vary via warning
www-authenticate method get status`.split(/\s+/);

const tail =
  '100101201202205206300302303304305306307402405406407408409410411412413414415416417502504505' +
  '203 Non-Authoritative Information204 No Content301 Moved Permanently400 Bad Request' +
  '401 Unauthorized403 Forbidden404 Not Found500 Internal Server Error501 Not Implemented' +
  '503 Service UnavailableJan Feb Mar Apr May Jun Jul Aug Sept Oct Nov Dec 00:00:00' +
  ' Mon, Tue, Wed, Thu, Fri, Sat, Sun, GMTchunked,text/html,image/png,image/jpg,image/gif,' +
  'application/xml,application/xhtml+xml,text/plain,text/javascript,publicprivatemax-age=gzip,' +
  'deflate,sdchcharset=utf-8charset=iso-8859-1,utf-,*,enq=0.';

export const dictionary: Buffer = Buffer.concat([
  ...[
    ...words,
    '200 OK',
    'version',
    'HTTP/1.1',
    'url',
    'public',
    'set-cookie',
    'keep-alive',
    'origin',
  ].map((word) => Buffer.concat([uint32(word.length), Buffer.from(word)])),
  Buffer.from(tail),
]);

export type StreamHeaders = Readonly<Record<string, string>>;

/** Longest block taken, decompressed. */
const blockBytesMax = 64 * 1024;

/** Thrown for a block that is not one; the connection cannot go on. */
export class HeaderBlockError extends Error {}

/** Reads the blocks of one direction, in order. */
export class HeaderReader {
  readonly #inflate: Inflate = createInflate({ dictionary });
  #failed: Error | undefined;

  constructor() {
    this.#inflate.on('error', (error) => {
      this.#failed = error;
    });
  }

  async read(block: Buffer): Promise<StreamHeaders> {
    const parts: Buffer[] = [];
    let size = 0;
    const take = (part: Buffer): void => {
      size += part.length;
      if (size <= blockBytesMax) parts.push(part);
    };
    this.#inflate.on('data', take);
    await new Promise<void>((resolve, reject) => {
      const failed = (error: Error): void => reject(new HeaderBlockError(error.message));
      this.#inflate.once('error', failed);
      this.#inflate.write(block, () => {
        this.#inflate.off('error', failed);
        resolve();
      });
    });
    // what a block ends with is flushed: all of it has come
    await new Promise((resolve) => setImmediate(resolve));
    this.#inflate.off('data', take);
    if (this.#failed !== undefined) throw new HeaderBlockError(this.#failed.message);
    if (size > blockBytesMax) throw new HeaderBlockError('header block is too large');
    return parsePairs(Buffer.concat(parts));
  }

  close(): void {
    this.#inflate.close();
  }
}

function parsePairs(bytes: Buffer): StreamHeaders {
  const headers: Record<string, string> = {};
  let at = 0;
  const number = (): number => {
    if (at + 4 > bytes.length) throw new HeaderBlockError('header block is cut off');
    at += 4;
    return bytes.readUInt32BE(at - 4);
  };
  const text = (): string => {
    const length = number();
    if (at + length > bytes.length) throw new HeaderBlockError('header block is cut off');
    at += length;
    return bytes.toString('utf8', at - length, at);
  };
  for (let count = number(); count > 0; count--) {
    const name = text().toLowerCase();
    headers[name] = text();
  }
  return headers;
}

/** Largest stored block of deflate. */
const storedBytesMax = 0xffff;
/** An empty stored block: what zlib's sync flush ends with, and readers wait for. */
const flushed = Buffer.from([0, 0, 0, 0xff, 0xff]);
const zlibHead = Buffer.from([0x78, 0x01]);

/**
 * Writes the blocks of one direction. A few short headers a stream are not worth compressing: they
 * are stored, in a form that every zlib reads.
 */
export class HeaderWriter {
  #begun = false;

  write(headers: StreamHeaders): Buffer {
    const pairs = Object.entries(headers);
    const plain = Buffer.concat([
      uint32(pairs.length),
      ...pairs.flatMap(([name, value]) => {
        const [key, text] = [Buffer.from(name.toLowerCase()), Buffer.from(value)];
        return [uint32(key.length), key, uint32(text.length), text];
      }),
    ]);
    const parts = this.#begun ? [] : [zlibHead];
    this.#begun = true;
    for (let at = 0; at < plain.length; at += storedBytesMax) {
      const part = plain.subarray(at, at + storedBytesMax);
      const head = Buffer.alloc(5);
      head.writeUInt16LE(part.length, 1);
      head.writeUInt16LE(part.length ^ 0xffff, 3);
      parts.push(head, part);
    }
    return Buffer.concat([...parts, flushed]);
  }
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}
