import { type ClientHttp2Stream, constants, type IncomingHttpHeaders } from 'node:http2';
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
export class Call {
  readonly #stream: ClientHttp2Stream;
  readonly #handlers: CallHandlers;
  readonly #deadline: NodeJS.Timeout | undefined;
  #ended = false;
  /** The server's status, kept until all messages before it are read. */
  #status: { error: GrpcError | undefined } | undefined;
  #failure: Error | undefined;

  /** `lost` tells whether the connection under the stream is gone or going. */
  constructor(
    stream: ClientHttp2Stream,
    deadlineMs: number | undefined,
    handlers: CallHandlers,
    lost: () => boolean,
  ) {
    this.#stream = stream;
    this.#handlers = handlers;
    if (deadlineMs !== undefined) {
      this.#deadline = setTimeout(() => this.#late(deadlineMs), deadlineMs);
    }
    const unframer = new Unframer((message) => {
      if (!this.#ended) handlers.onMessage(message);
    });
    stream.on('response', (headers) => this.#headers(headers));
    stream.on('data', (chunk: Buffer) => this.#data(unframer, chunk));
    stream.on('trailers', (headers) => this.#trailers(headers));
    stream.on('error', (error) => {
      this.#failure = error;
    });
    stream.on('close', () => this.#closed(lost()));
  }

  write(message: Buffer): void {
    if (!this.#ended) this.#stream.write(message);
  }

  /** Writes the only message. */
  end(message: Buffer): void {
    this.#stream.end(message);
  }

  /** Ends the call with CANCELLED, unless it is over. */
  cancel(): void {
    this.#end(new GrpcError(code.cancelled, 'cancelled by us'));
  }

  #late(deadlineMs: number): void {
    this.#end(
      new GrpcError(code.deadlineExceeded, `no answer within ${Math.round(deadlineMs)} ms`),
    );
  }

  #headers(headers: IncomingHttpHeaders): void {
    const status = headers[':status'] as number | undefined;
    if (headers['grpc-status'] !== undefined) this.#trailers(headers);
    else if (status !== 200) {
      const details = `HTTP status ${status} instead of a gRPC answer`;
      this.#end(new GrpcError(codeOfHttpStatus(status ?? 0), details));
    }
  }

  #data(unframer: Unframer, chunk: Buffer): void {
    if (this.#ended) return;
    try {
      unframer.push(chunk);
    } catch (error) {
      if (!(error instanceof GrpcError)) throw error;
      // an answer that is no gRPC says in its headers what it is, and those are told a moment later
      process.nextTick(() => this.#end(error));
    }
  }

  #trailers(headers: IncomingHttpHeaders): void {
    const value = headers['grpc-status'];
    const details = decodeMessage((headers['grpc-message'] as string | undefined) ?? '');
    const error = value === '0' ? undefined : new GrpcError(codeOf(value), details);
    this.#status = { error };
    if (error !== undefined || this.#stream.readableLength === 0) this.#end(error);
  }

  #closed(lost: boolean): void {
    if (this.#status !== undefined) return this.#end(this.#status.error);
    const cause = this.#failure;
    const { id, rstCode } = this.#stream;
    // cut off together with all others, or never sent
    if (lost || id === undefined) {
      const why = cause === undefined ? 'the connection was lost' : describeError(cause);
      return this.#end(new GrpcError(code.unavailable, why, cause));
    }
    this.#end(new GrpcError(codeOfReset(rstCode), `the stream was reset (${rstCode})`, cause));
  }

  #end(error: GrpcError | undefined): void {
    if (this.#ended) return;
    this.#ended = true;
    clearTimeout(this.#deadline);
    const stream = this.#stream;
    // not yet sent: never will be. Otherwise the server learns that nobody waits any more
    if (stream.pending) stream.destroy();
    else if (this.#status === undefined || !stream.writableFinished) {
      if (!stream.closed) stream.close(constants.NGHTTP2_CANCEL);
    }
    this.#handlers.onEnd(error);
  }
}

function codeOf(value: string | string[] | undefined): number {
  const status = Number(value);
  return Number.isInteger(status) ? status : code.unknown;
}

/** As doc/PROTOCOL-HTTP2.md maps the codes of RST_STREAM. */
function codeOfReset(rstCode: number): number {
  switch (rstCode) {
    case constants.NGHTTP2_REFUSED_STREAM:
      return code.unavailable;
    case constants.NGHTTP2_CANCEL:
      return code.cancelled;
    case constants.NGHTTP2_ENHANCE_YOUR_CALM:
      return code.resourceExhausted;
    case constants.NGHTTP2_INADEQUATE_SECURITY:
      return code.permissionDenied;
    default:
      return code.internal;
  }
}
