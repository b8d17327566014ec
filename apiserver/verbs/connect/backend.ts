import type { ClientRequest, IncomingMessage } from 'node:http';
import { type Agent, type AgentOptions, request as httpsRequest } from 'node:https';
import type { Duplex, Readable } from 'node:stream';
import { http } from '../../node-http.ts';
import { backendErrorText } from '../../outgoing/backend-error.ts';

/** Another server that requests are passed on to: a kubelet, a pod, a service, an aggregated API server. */
export interface Backend {
  scheme: 'http' | 'https';
  host: string;
  port: number;
  /** node:https options: certificates, verification, server name. */
  tls?: AgentOptions;
  /** Longest wait for the connection, TLS included. */
  connectTimeoutMs: number;
  /** Connections to use again; without it each request has its own. */
  agent?: Agent;
}

export interface BackendRequest {
  method: string;
  /** Path and query, encoded. */
  path: string;
  headers: Record<string, string | string[]>;
  /** Streamed; without it the request has no body. */
  body?: Readable | undefined;
  /** Ends the request, and the answer while it streams. */
  signal: AbortSignal;
}

/** An answer, or with 101 a connection that speaks another protocol from now on. */
export type Reply =
  | { upgraded: false; incoming: IncomingMessage }
  | { upgraded: true; incoming: IncomingMessage; socket: Duplex; head: Buffer };

/** No answer came: nobody there, no trust, or the connection broke. The message is Go's. */
export class BackendError extends Error {
  constructor(backend: Backend, cause: Error) {
    super(backendErrorText(backend, cause), { cause });
    this.name = 'BackendError';
  }
}

/** Rejects with {@link BackendError}. */
export async function ask(backend: Backend, request: BackendRequest): Promise<Reply> {
  try {
    return await send(backend, request);
  } catch (error) {
    if (!(error instanceof IdleClosed)) throw error;
    // the other side ended an idle connection in the moment it was used again: nothing was lost
    const { agent: _agent, ...fresh } = backend;
    return send(fresh, request);
  }
}

const readOnly = new Set(['GET', 'HEAD', 'OPTIONS']);

/** The request changes nothing and can be sent again; the connection had answered others before. */
class IdleClosed extends BackendError {}

function send(backend: Backend, request: BackendRequest): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const begin = backend.scheme === 'https' ? httpsRequest : http.request;
    const outgoing = begin({
      host: backend.host,
      port: backend.port,
      path: request.path,
      method: request.method,
      headers: request.headers,
      ...(backend.scheme === 'https' ? backend.tls : {}),
      agent: backend.agent ?? false,
    });
    limitConnecting(outgoing, backend);
    const abort = (): void => {
      outgoing.destroy();
    };
    request.signal.addEventListener('abort', abort, { once: true });
    outgoing.on('error', (error: NodeJS.ErrnoException) => {
      const again =
        outgoing.reusedSocket && error.code === 'ECONNRESET' && readOnly.has(request.method);
      reject(again ? new IdleClosed(backend, error) : new BackendError(backend, error));
    });
    outgoing.on('response', (incoming) => resolve({ upgraded: false, incoming }));
    outgoing.on('upgrade', (incoming, socket, head) =>
      resolve({ upgraded: true, incoming, socket, head }),
    );
    outgoing.on('close', () => request.signal.removeEventListener('abort', abort));
    if (request.signal.aborted) abort();
    else if (request.body === undefined) outgoing.end();
    else request.body.pipe(outgoing);
  });
}

function limitConnecting(outgoing: ClientRequest, backend: Backend): void {
  const timer = setTimeout(
    () => outgoing.destroy(Object.assign(new Error('i/o timeout'), { code: 'ETIMEDOUT' })),
    backend.connectTimeoutMs,
  );
  outgoing.on('socket', (socket) => {
    if (outgoing.reusedSocket) {
      clearTimeout(timer);
      return;
    }
    socket.once(backend.scheme === 'https' ? 'secureConnect' : 'connect', () =>
      clearTimeout(timer),
    );
  });
  outgoing.on('close', () => clearTimeout(timer));
}
