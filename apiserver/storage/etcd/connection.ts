import type { Call } from './call.ts';
import { frame, type Method } from './framing.ts';
import { Session, type TlsMaterial } from './session.ts';
import { code, describeError, GrpcError } from './status.ts';

/** Between attempts to connect, doubling. */
const pauseMinMs = 50;
const pauseMaxMs = 250;

export interface UnaryCall<Response> {
  /** Rejects with GrpcError. */
  response: Promise<Response>;
  cancel(): void;
}

export interface StreamHandlers<Response> {
  onMessage(message: Response): void;
  /** Once, and last: undefined when the server ended the stream in peace. */
  onEnd(error: GrpcError | undefined): void;
}

/** A stream of messages both ways. */
export interface StreamCall<Request> {
  send(request: Request): void;
  cancel(): void;
}

/**
 * A gRPC client for one endpoint, with one HTTP/2 connection for everything: made with the first call,
 * and anew, with a pause after failures, with the first call after it was lost or the server asked to
 * leave it. Calls fail at once (UNAVAILABLE) during that pause. Nothing is repeated here.
 */
export class Connection {
  readonly #url: string;
  readonly #tls: TlsMaterial | undefined;
  #session: Session | undefined;
  #closed = false;
  /** Attempts to connect that failed, one after the other. */
  #failures = 0;
  /** Monotonic milliseconds. */
  #retryAt = 0;
  #failure: Error | undefined;

  constructor(url: string, tls: TlsMaterial | undefined) {
    this.#url = url;
    this.#tls = tls;
  }

  /** Throws GrpcError when there is no connection to try it on. */
  unary<Request, Response>(
    method: Method<Request, Response>,
    request: Request,
    deadlineMs: number,
  ): UnaryCall<Response> {
    const { promise, resolve, reject } = Promise.withResolvers<Response>();
    let response: { value: Response } | undefined;
    const call = this.#open().call(method.path, deadlineMs, {
      onMessage: (message) => {
        response = { value: decoded(method, message) };
      },
      onEnd: (error) => {
        if (error !== undefined) reject(error);
        else if (response !== undefined) resolve(response.value);
        else reject(new GrpcError(code.internal, 'the answer is empty'));
      },
    });
    call.end(frame(method.encode(request)));
    return { response: promise, cancel: () => call.cancel() };
  }

  /** Has no deadline. Throws GrpcError when there is no connection to try it on. */
  stream<Request, Response>(
    method: Method<Request, Response>,
    handlers: StreamHandlers<Response>,
  ): StreamCall<Request> {
    const call: Call = this.#open().call(method.path, undefined, {
      onMessage: (message) => handlers.onMessage(decoded(method, message)),
      onEnd: handlers.onEnd,
    });
    return {
      send: (request) => call.write(frame(method.encode(request))),
      cancel: () => call.cancel(),
    };
  }

  /** Calls under way end on their own; new ones are refused. */
  close(): void {
    this.#closed = true;
    this.#session?.close();
  }

  #open(): Session {
    if (this.#closed) throw new GrpcError(code.unavailable, 'the connection is closed');
    if (this.#session?.usable) return this.#session;
    if (performance.now() < this.#retryAt) {
      const why = this.#failure === undefined ? 'no connection' : describeError(this.#failure);
      throw new GrpcError(code.unavailable, why, this.#failure);
    }
    this.#session?.close();
    this.#session = new Session(
      this.#url,
      this.#tls,
      () => {
        this.#failures = 0;
      },
      (error) => this.#failed(error),
    );
    return this.#session;
  }

  #failed(error: Error | undefined): void {
    const pause = Math.min(pauseMaxMs, pauseMinMs * 2 ** Math.min(this.#failures, 10));
    this.#failures++;
    this.#failure = error;
    this.#retryAt = performance.now() + pause * (0.5 + Math.random() / 2);
  }
}

function decoded<Response>(method: Method<never, Response>, message: Buffer): Response {
  try {
    return method.decode(message);
  } catch (error) {
    throw new GrpcError(code.internal, `the answer cannot be read: ${describeError(error)}`, error);
  }
}
