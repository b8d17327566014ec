import type { ClientConnection } from '../../../http2/client-connection.ts';
import { errorCode, type HeaderList } from '../../../http2/protocol.ts';
import type { Stream, StreamHandler } from '../../../http2/stream.ts';
import { Unframer } from './framing.ts';
import { code, codeOfHttpStatus, decodeMessage, describeError, GrpcError } from './status.ts';

export interface CallHandlers {
  /** May throw GrpcError, which ends the call. */
  onMessage(message: Buffer): void;
  /** Once, and last: undefined when the server ended the call with status 0. */
  onEnd(error: GrpcError | undefined): void;
}

/**
 * One call: one HTTP/2 stream (github.com/grpc/grpc, doc/PROTOCOL-HTTP2.md). Ends with the status in
 * the trailers, or in the headers when there are no messages, or with what became of the stream.
 */
export class Call implements StreamHandler {
  readonly #connection: ClientConnection;
  readonly #handlers: CallHandlers;
  readonly #deadline: NodeJS.Timeout | undefined;
  readonly #unframer: Unframer;
  #stream: Stream | undefined;
  /** What was written before there was a stream. */
  #early: Buffer[] = [];
  #earlyEnd = false;
  #ended = false;
  #answered = false;
  /** The server has told its status. */
  #told = false;

  constructor(
    connection: ClientConnection,
    deadlineMs: number | undefined,
    handlers: CallHandlers,
  ) {
    this.#connection = connection;
    this.#handlers = handlers;
    if (deadlineMs !== undefined) {
      this.#deadline = setTimeout(() => this.#late(deadlineMs), deadlineMs);
    }
    this.#unframer = new Unframer((message) => {
      if (!this.#ended) handlers.onMessage(message);
    });
  }

  /** Sends it, unless it was given up meanwhile. */
  begin(headers: HeaderList): void {
    if (this.#ended) return;
    if (this.#connection.closed) return this.onClose(undefined, true);
    const stream = this.#connection.request(headers, this);
    this.#stream = stream;
    for (const message of this.#early) stream.write(message);
    this.#early = [];
    if (this.#earlyEnd) stream.end();
  }

  write(message: Buffer): void {
    if (this.#ended) return;
    if (this.#stream === undefined) this.#early.push(message);
    else this.#stream.write(message);
  }

  /** Writes the only message. */
  end(message: Buffer): void {
    if (this.#stream !== undefined) return this.#stream.end(message);
    this.write(message);
    this.#earlyEnd = true;
  }

  /** Ends the call with CANCELLED, unless it is over. */
  cancel(): void {
    if (this.#ended) return;
    this.#end(new GrpcError(code.cancelled, 'cancelled by us'));
  }

  onHeaders(list: HeaderList): void {
    if (this.#answered) return this.#trailers(list);
    const status = Number(headerOf(list, ':status'));
    // as 100: the answer is still to come
    if (status < 200) return;
    this.#answered = true;
    if (headerOf(list, 'grpc-status') !== undefined) this.#trailers(list);
    else if (status !== 200) {
      const details = `HTTP status ${status} instead of a gRPC answer`;
      this.#end(new GrpcError(codeOfHttpStatus(status), details));
    }
  }

  onData(chunk: Buffer): void {
    this.#stream?.consumed(chunk.length);
    if (this.#ended) return;
    try {
      this.#unframer.push(chunk);
    } catch (error) {
      if (!(error instanceof GrpcError)) throw error;
      this.#end(error);
    }
  }

  onEnd(): void {}

  onClose(reset: number | undefined, lost: boolean): void {
    // the end of every call that went well: an error, with its stack, would be made for nobody
    if (this.#ended) return;
    const { failure } = this.#connection;
    // cut off together with all others
    if (lost) {
      const why = failure === undefined ? 'the connection was lost' : describeError(failure);
      return this.#end(new GrpcError(code.unavailable, why, failure));
    }
    const why =
      reset === undefined ? 'the answer has no status' : `the stream was reset (${reset})`;
    this.#end(new GrpcError(codeOfReset(reset), why));
  }

  #late(deadlineMs: number): void {
    this.#end(
      new GrpcError(code.deadlineExceeded, `no answer within ${Math.round(deadlineMs)} ms`),
    );
  }

  #trailers(list: HeaderList): void {
    const value = headerOf(list, 'grpc-status');
    const details = decodeMessage(headerOf(list, 'grpc-message') ?? '');
    this.#told = true;
    this.#end(value === '0' ? undefined : new GrpcError(codeOf(value), details));
  }

  #end(error: GrpcError | undefined): void {
    if (this.#ended) return;
    this.#ended = true;
    clearTimeout(this.#deadline);
    this.#early = [];
    const stream = this.#stream;
    // the server learns that nobody waits any more
    if (stream !== undefined && !(this.#told && stream.localEnded)) stream.reset(errorCode.cancel);
    this.#handlers.onEnd(error);
  }
}

function headerOf(list: HeaderList, name: string): string | undefined {
  const at = list.indexOf(name);
  return at < 0 || at % 2 === 1 ? undefined : list[at + 1];
}

function codeOf(value: string | undefined): number {
  const status = Number(value);
  return Number.isInteger(status) ? status : code.unknown;
}

/** As doc/PROTOCOL-HTTP2.md maps the codes of RST_STREAM. */
function codeOfReset(reset: number | undefined): number {
  switch (reset) {
    case errorCode.refusedStream:
      return code.unavailable;
    case errorCode.cancel:
      return code.cancelled;
    case errorCode.enhanceYourCalm:
      return code.resourceExhausted;
    case errorCode.inadequateSecurity:
      return code.permissionDenied;
    default:
      return code.internal;
  }
}
