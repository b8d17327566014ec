import type { ClientHttp2Stream } from 'node:http2';
import type { Readable } from 'node:stream';
import { StatusError } from '../object/status-error.ts';

/** The whole body as text. Rejects above `limit` bytes. */
export async function readAll(body: Readable, limit: number): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  await consume(body, (chunk) => {
    size += chunk.length;
    if (size > limit) throw new Error(`the response is larger than ${limit} bytes`);
    chunks.push(chunk);
  });
  return Buffer.concat(chunks).toString('utf8');
}

/** One watch event may be as large as the largest object a server accepts, and then some. */
const lineLimit = 32 * 1024 * 1024;

/** Calls `onLine` for each line as it is complete. Resolves at the end, rejects when the stream breaks. */
export async function readLines(body: Readable, onLine: (line: string) => void): Promise<void> {
  let rest: Buffer[] = [];
  let size = 0;
  await consume(body, (chunk) => {
    let from = 0;
    for (let at = chunk.indexOf(10); at !== -1; at = chunk.indexOf(10, from)) {
      const piece = chunk.subarray(from, at);
      const line = rest.length === 0 ? piece : Buffer.concat([...rest, piece]);
      rest = [];
      size = 0;
      from = at + 1;
      if (line.length > 0) onLine(line.toString('utf8'));
    }
    if (from < chunk.length) {
      rest.push(chunk.subarray(from));
      size += chunk.length - from;
      if (size > lineLimit) throw new Error(`a watch event is larger than ${lineLimit} bytes`);
    }
  });
}

/**
 * Not by `for await`: Node says of an HTTP/2 stream that both sides have ended that it broke off, though what
 * came is still there to be read. What `onChunk` throws ends the stream.
 */
function consume(body: Readable, onChunk: (chunk: Buffer) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const broken = () => reject(body.errored ?? new Error('the answer broke off'));
    // of a stream that was reset Node says that it ended, too
    const ended = () => ((body as Partial<ClientHttp2Stream>).rstCode ? broken() : resolve());
    if (body.readableEnded) return ended();
    if (body.destroyed) return broken();
    body.on('data', (chunk: Buffer) => {
      try {
        onChunk(chunk);
      } catch (error) {
        body.destroy(error as Error);
      }
    });
    body.once('end', ended).once('error', reject).once('close', broken);
    body.resume();
  });
}

/** The server's Status as the error it is; anything else (a proxy's page) with its first line. */
export function statusError(status: number, text: string): StatusError {
  try {
    const body = JSON.parse(text) as StatusError & { kind?: string };
    if (body.kind === 'Status') {
      return new StatusError(body.code ?? status, body.reason ?? '', body.message, body.details);
    }
  } catch {
    // Not JSON.
  }
  return new PlainRefusal(status, text);
}

/** A refusal without a Status: of a proxy, of a path that nobody serves. */
export class PlainRefusal extends StatusError {
  readonly text: string;

  constructor(status: number, text: string) {
    super(status, 'Unknown', `the server answered ${status}: ${text.slice(0, 200)}`);
    this.text = text;
  }
}
