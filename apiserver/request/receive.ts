import { randomUUID } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import type { TLSSocket } from 'node:tls';
import type {
  Answer,
  Exchange,
  Handled,
  RequestContext,
  RequestInfo,
  Upgrade,
  UserInfo,
} from '../context.ts';

const noUser: UserInfo = { name: '', groups: [] };
const noQuery = new URLSearchParams();
const noInfo: RequestInfo = {
  isResourceRequest: false,
  path: '',
  verb: '',
  apiPrefix: '',
  group: '',
  version: '',
  namespace: '',
  resource: '',
  subresource: '',
  name: '',
  parts: [],
  fieldSelector: '',
  labelSelector: '',
};

/**
 * One request as received. Costly parts (abort signal, timer, audit id) are made when first asked
 * for, because most requests need none of them.
 */
export class ReceivedRequest implements RequestContext {
  readonly exchange: Exchange;
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly socket: TLSSocket;
  readonly upgrade: Upgrade | undefined;
  readonly receivedAt = new Date();
  readonly extraHeaders: Record<string, string> = {};
  info = noInfo;
  query = noQuery;
  onLongRunning: (() => void) | undefined;
  user = noUser;
  compress = true;
  impersonator: UserInfo | undefined;
  handled: Handled | undefined;
  terminated = false;
  waitedMs = 0;
  sentBytes = 0;
  answer: Answer | undefined;
  beforeAnswer: RequestContext['beforeAnswer'];
  warnings: string[] = [];
  auditLevel: RequestContext['auditLevel'] = 'None';
  auditAnnotations: Record<string, string> = {};
  requestMetadata: RequestContext['requestMetadata'];
  requestObject: unknown;
  responseObject: unknown;
  /** Set by the deadline stage's timer; respond sends it in place of the answer. */
  onExpire: ((error: Error) => void) | undefined;

  #longRunning = false;
  #auditId: string | undefined;
  #abort: AbortController | undefined;
  /** Why, made when somebody asks: nearly nobody does, and an error costs a stack trace. */
  #aborted: (() => Error) | undefined;
  #timer: NodeJS.Timeout | undefined;
  #limitMs = Number.POSITIVE_INFINITY;
  #finishers: (() => void)[] = [];
  #finished = false;

  constructor(exchange: Exchange, upgrade?: Upgrade) {
    this.upgrade = upgrade;
    this.exchange = exchange;
    this.method = exchange.method;
    this.url = exchange.url;
    this.headers = exchange.headers;
    this.socket = exchange.socket;
  }

  get auditId(): string {
    if (this.#auditId === undefined) {
      const sent = this.headers['audit-id'];
      this.#auditId = typeof sent === 'string' && sent !== '' ? sent : randomUUID();
    }
    return this.#auditId;
  }

  get longRunning(): boolean {
    return this.#longRunning;
  }

  /** A shutdown does not wait for it from here on. */
  set longRunning(value: boolean) {
    this.#longRunning = value;
    if (value) this.onLongRunning?.();
  }

  get signal(): AbortSignal {
    if (this.#abort === undefined) {
      this.#abort = new AbortController();
      if (this.#aborted !== undefined) this.#abort.abort(this.#aborted());
    }
    return this.#abort.signal;
  }

  abort(reason: () => Error): void {
    if (this.#aborted !== undefined) return;
    this.#aborted = reason;
    this.#abort?.abort(reason());
  }

  get expiresAt(): number {
    return this.receivedAt.getTime() + this.#limitMs;
  }

  expireAfter(ms: number, error: () => Error): void {
    clearTimeout(this.#timer);
    this.#limitMs = ms;
    if (ms === Number.POSITIVE_INFINITY) return;
    this.#timer = setTimeout(() => {
      const reason = error();
      this.abort(() => reason);
      this.onExpire?.(reason);
    }, ms);
  }

  onFinish(callback: () => void): void {
    if (this.#finished) callback();
    else this.#finishers.push(callback);
  }

  /** The response is sent or the client is gone; idempotent. */
  finish(): void {
    if (this.#finished) return;
    this.#finished = true;
    clearTimeout(this.#timer);
    for (const callback of this.#finishers) callback();
  }
}
