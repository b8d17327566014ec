import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import type { Duplex, Readable, Writable } from 'node:stream';
import type { TLSSocket } from 'node:tls';

/**
 * What one request carries from stage to stage. Each stage of `pipeline.ts` reads what earlier
 * stages set and sets its own field, or throws a StatusError. No stage imports another.
 */

export type ResponseHeaders = Record<string, string | string[]>;

/** In place of `content-type`: what Go's server guesses of a body without one, and tells behind the rest. */
export const guessedType = ':content-type';

/** One request and its response, the same over HTTP/1.1 (request/http1.ts) and HTTP/2 (http2.ts). */
export interface Exchange {
  readonly version: 1 | 2;
  readonly method: string;
  /** Path and query as sent. */
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  /** Names and values by turns, as sent. */
  readonly rawHeaders: readonly string[];
  /** The connection, which requests of HTTP/2 share. */
  readonly socket: TLSSocket;
  readonly hasBody: boolean;
  /** Of the request. `aborted` and `error` tell that it was cut off. */
  readonly body: Readable;
  /** The body, when all of it is there and nobody has begun to read it: once. */
  readonly wholeBody: Buffer | undefined;
  /** Nobody reads the rest of the body; it must not hold up the connection. */
  discardBody(): void;

  /** The response's; 200 until it has begun. */
  readonly code: number;
  /** The head has been sent. */
  readonly begun: boolean;
  /** Nothing more goes through. */
  readonly over: boolean;
  /** The whole response. Nothing happens when the client has gone. */
  send(code: number, headers: ResponseHeaders, body?: Buffer): void;
  /** The whole response, its body made as the client takes it. */
  stream(code: number, headers: ResponseHeaders, body: StreamedBody): void;
  /** The head, to be followed by what is written to what this gives. */
  begin(code: number, headers: ResponseHeaders): Writable;
  /** The head goes now, not with the first bytes of the rest. */
  flushHead(): void;
  /** Ends it so that half a response does not look like a whole one. */
  breakOff(): void;
  /** The client's next requests come on another connection; HTTP/2 alone can say so. */
  goAway(): void;
  /** Called when the head has been sent. */
  onBegin: (() => void) | undefined;
  /** Called once: the response is sent, or the client has gone. */
  onClose: (() => void) | undefined;
}

/** A request of HTTP/1.1 to change protocols. */
export interface Upgrade {
  readonly request: IncomingMessage;
  readonly socket: Duplex;
  /** What has come after the request already. */
  readonly head: Buffer;
  /** From here on the socket is the caller's, and the response is over: 101. */
  take(): void;
}

export type Verb =
  | 'get'
  | 'list'
  | 'watch'
  | 'create'
  | 'update'
  | 'patch'
  | 'delete'
  | 'deletecollection'
  /** Requests on exec, attach, portforward, proxy are authorised by their HTTP method's verb. */
  | 'proxy'
  /** Non-resource requests use the lower-case HTTP method. */
  | 'post'
  | 'put'
  | 'head'
  | 'options';

/** Upstream's RequestInfo: what the URL and method ask for. Pure function of both. */
export interface RequestInfo {
  isResourceRequest: boolean;
  /** Path without the query, decoded. */
  path: string;
  /** Any other string is a custom verb of an authorization question. */
  // oxlint-disable-next-line typescript/no-redundant-type-constituents -- names the known ones to the reader
  verb: Verb | string;
  /** `api` or `apis`; empty for non-resource requests. */
  apiPrefix: string;
  group: string;
  version: string;
  namespace: string;
  resource: string;
  subresource: string;
  name: string;
  /** Path segments after the resource (the `proxy/...` tail included). */
  parts: readonly string[];
  fieldSelector: string;
  labelSelector: string;
}

/** Who asks (k8s.io/apiserver user.Info). */
export interface UserInfo {
  name: string;
  uid?: string;
  groups: readonly string[];
  extra?: Readonly<Record<string, readonly string[]>>;
}

export interface ClientCertificate {
  commonName: string;
  organizations: readonly string[];
  /** DER. Verified by the TLS layer or, for the front proxy, against its own CA. */
  raw: Buffer;
}

/** A large body, made while it is written, so that a slow client holds little memory. */
export interface StreamedBody {
  /** Bytes in all. */
  readonly length: number;
  /** From the beginning; each reader by itself. */
  read(): BodyReader;
}

export interface BodyReader {
  /** Writes what comes next, as much as fits; gives how many bytes, 0 at the end. */
  fill(target: Buffer): number;
}

/** What an answer is before it becomes HTTP. */
export interface Answer {
  code: number;
  headers: ResponseHeaders;
  /** Of what is compressed by others, or by nobody. */
  asItIs?: true;
  /** Undefined when the verb has written the response itself (watch, exec, proxy). */
  body: Buffer | StreamedBody | string | undefined;
}

/** What a handler serves: a resource by its URL, or a path of its own, counted under these names. */
export type Handled = 'resource' | { readonly path: string; readonly component: string };

export interface RequestContext {
  // receive
  readonly exchange: Exchange;
  readonly method: string;
  /** Path and query as sent. */
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly socket: TLSSocket;
  readonly receivedAt: Date;
  /** Aborted when the client goes away, the deadline passes or the server is past its drain. */
  readonly signal: AbortSignal;
  /** Audit-ID: the client's, or a new UUID. */
  readonly auditId: string;
  /** Set the time limit: past it, `error()` is the answer and `signal` aborts. Infinity is none. */
  expireAfter(ms: number, error: () => Error): void;
  /** When that is, in ms since 1970. */
  readonly expiresAt: number;
  /** Large bodies may be compressed for clients that take it. */
  readonly compress: boolean;
  /** Response headers set by stages, beyond those of the answer. */
  readonly extraHeaders: Record<string, string>;
  /** Run when the response has been sent or the connection is gone: seats, audit, metrics. */
  onFinish(callback: () => void): void;
  /** Of an answer that is whole: what it waits for before it goes out. */
  beforeAnswer: (() => Promise<unknown> | undefined) | undefined;

  /** The connection of an HTTP/1.1 upgrade (exec, port-forward, WebSocket watch); else undefined. */
  readonly upgrade: Upgrade | undefined;

  // describe
  info: RequestInfo;
  query: URLSearchParams;
  longRunning: boolean;

  // authenticate (and impersonate, which replaces `user` and keeps the first in `impersonator`)
  user: UserInfo;
  impersonator: UserInfo | undefined;
  /** The verb that allowed it for this request alone. */
  impersonationConstraint?: string | undefined;

  // route
  /** Set when a handler has it: only then it is counted (metrics). */
  handled: Handled | undefined;
  /** Turned away to protect the server: no seat, or no time. */
  terminated: boolean;
  /** Spent in queues and at webhooks: no part of this server's service level. */
  waitedMs: number;
  /** Of the body of the response, as far as it is known. */
  sentBytes: number;

  // verb
  answer: Answer | undefined;
  /** Paths in a custom object of the floats that were sent and are whole numbers. */
  wholeFloats?: ReadonlySet<string> | undefined;
  /** Texts of `Warning: 299 - "…"` headers, in order. */
  warnings: string[];
  /** How much of the request is written down; bodies are only kept where they are asked for. */
  auditLevel: 'None' | 'Metadata' | 'Request' | 'RequestResponse';
  /** Key/value pairs for the audit event. */
  auditAnnotations: Record<string, string>;
  /** What a body says that it is of, for every audited request. */
  requestMetadata?: { name?: string; uid?: string; resourceVersion?: string } | undefined;
  /** The body as it was sent, with defaults, for audit at level Request and more. */
  requestObject: unknown;
  /** A Status, for every audited request; what is answered otherwise than in JSON, at level RequestResponse. */
  responseObject: unknown;
}

/** One step of the request's path; `run` sets its field of the context or throws StatusError. */
export interface Stage {
  name: string;
  run(context: RequestContext): Promise<void> | void;
}
