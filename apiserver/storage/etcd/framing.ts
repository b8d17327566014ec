import type { ProtobufWriter } from '../../../schema/protobuf-writer.ts';
import { code, GrpcError } from './status.ts';

/** One procedure of a service: its path, and how its messages are written and read. */
export interface Method<Request, Response> {
  path: string;
  /** The writer has `messageRoom` to spare in front. */
  encode(request: Request): ProtobufWriter;
  decode(message: Buffer): Response;
}

/** Before each message: one byte, 1 when it is compressed, and its length in four. */
export const messageRoom = 5;
/** Upstream's client allows responses of 2 GiB; requests are limited by the server. */
const maxMessageBytes = 2 ** 31 - 1;

/** The message as gRPC puts it on the wire; nothing is copied. */
export function frame(message: ProtobufWriter): Buffer {
  const { length } = message;
  for (let rest = length, i = 0; i < 4; i++, rest >>>= 8) message.byte(rest & 0xff);
  message.byte(0);
  return message.end();
}

/**
 * Cuts what arrives into messages. One that lies whole in a chunk is a view into it; one of several
 * chunks is put together in a buffer made when its length is known: copied once, and never held twice.
 */
export class Unframer {
  readonly #onMessage: (message: Buffer) => void;
  /** The beginning of a prefix that is cut in two. */
  #prefix: Buffer | undefined;
  #message: Buffer | undefined;
  #filled = 0;

  constructor(onMessage: (message: Buffer) => void) {
    this.#onMessage = onMessage;
  }

  /** Throws GrpcError for what cannot be read. */
  push(chunk: Buffer): void {
    let at = 0;
    while (at < chunk.length) {
      if (this.#message === undefined) {
        const start = this.#start(chunk, at);
        if (start === undefined) return;
        const { length } = start;
        at = start.at;
        if (chunk.length - at >= length) {
          this.#onMessage(chunk.subarray(at, at + length));
          at += length;
          continue;
        }
        this.#message = Buffer.allocUnsafeSlow(length);
        this.#filled = 0;
      }
      const copied = chunk.copy(this.#message, this.#filled, at);
      this.#filled += copied;
      at += copied;
      if (this.#filled < this.#message.length) return;
      const message = this.#message;
      this.#message = undefined;
      this.#onMessage(message);
    }
  }

  /** The length of the next message and where it begins; undefined when its prefix is not all there. */
  #start(chunk: Buffer, at: number): { length: number; at: number } | undefined {
    if (this.#prefix === undefined && chunk.length - at >= messageRoom) {
      return { length: lengthOf(chunk, at), at: at + messageRoom };
    }
    const before = this.#prefix ?? Buffer.alloc(0);
    const end = at + messageRoom - before.length;
    this.#prefix = Buffer.concat([before, chunk.subarray(at, end)]);
    if (this.#prefix.length < messageRoom) return undefined;
    const length = lengthOf(this.#prefix, 0);
    this.#prefix = undefined;
    return { length, at: end };
  }
}

function lengthOf(chunk: Buffer, at: number): number {
  if (chunk[at] !== 0) throw new GrpcError(code.internal, 'the answer is not a plain gRPC message');
  const length = chunk.readUInt32BE(at + 1);
  if (length > maxMessageBytes) {
    throw new GrpcError(code.resourceExhausted, `the answer has ${length} bytes`);
  }
  return length;
}
