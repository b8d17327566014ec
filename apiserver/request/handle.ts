import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Logger } from '../../log/log.ts';
import type { Answer, Exchange, RequestContext, Stage, Upgrade } from '../context.ts';
import type { Lifecycle } from '../lifecycle.ts';
import { http } from '../node-http.ts';
import type { Filter } from './filters.ts';
import { Http1Exchange } from './http1.ts';
import { runStages } from '../pipeline.ts';
import { respond } from '../response/respond.ts';
import { encodeStatus, statusOf } from '../response/status.ts';
import { ReceivedRequest } from './receive.ts';

export interface HandleOptions {
  /** Tried in order before the stages; the first that answers ends it. */
  filters: readonly Filter[];
  /** Whether large answers may be compressed (feature gate APIResponseCompression). */
  compress: boolean;
  stages: readonly Stage[];
  lifecycle: Lifecycle;
  log: Logger;
  /** A fault of the program itself; called before the client hears of it. */
  panicked(context: RequestContext, error: Error): void;
  /** Called once for every request when its response is over. */
  observe(context: RequestContext, code: number, durationMs: number): void;
}

const clientGone = (): Error => new Error('the client closed the connection');

/** One request from its first byte to its last: through the stages, answered once, counted always. */
export function handleRequest(exchange: Exchange, options: HandleOptions, upgrade?: Upgrade): void {
  const context = new ReceivedRequest(exchange, upgrade);
  context.compress = options.compress;
  const started = performance.now();
  let counted = false;
  exchange.onClose = () => {
    context.abort(clientGone);
    context.finish();
    if (counted) options.lifecycle.end();
    options.observe(context, exchange.code, performance.now() - started);
  };
  context.onExpire = (error) => fail(context, error, options);
  if (options.filters.length > 0 && options.filters.some((answered) => answered(context))) return;
  counted = true;
  options.lifecycle.begin();
  void run(context, options, () => {
    // a long-running request is waited for by nobody
    if (!counted) return;
    counted = false;
    options.lifecycle.end();
  });
}

async function run(
  context: ReceivedRequest,
  options: HandleOptions,
  notCounted: () => void,
): Promise<void> {
  try {
    // a long-running request is known to be one once it is described
    context.onLongRunning = notCounted;
    await runStages(options.stages, context);
    const answer: Answer | undefined = context.answer;
    if (answer === undefined) throw new Error('no stage answered the request');
    if (answer.code === 101) return;
    if (answer.body === undefined && context.exchange.begun) return;
    send(context, answer);
  } catch (error) {
    fail(context, error, options);
  }
}

/** The only way an error reaches a client. */
function fail(
  context: RequestContext,
  error: unknown,
  { log, panicked }: Pick<HandleOptions, 'log' | 'panicked'>,
): void {
  const { status, unexpected, panic } = statusOf(error);
  if (unexpected) {
    log.error(
      { error, method: context.method, url: context.url.split('?', 1)[0] },
      'request failed',
    );
  }
  if (panic !== undefined) panicked(context, panic);
  const { exchange } = context;
  if (exchange.begun) {
    exchange.breakOff();
    return;
  }
  exchange.discardBody();
  context.answer = encodeStatus(context, status);
  send(context, context.answer);
}

/** At once, but where somebody has to know of it before the client. */
function send(context: RequestContext, answer: Answer): void {
  const told = context.beforeAnswer?.();
  if (told === undefined) respond(context, answer);
  else void told.then(() => respond(context, answer));
}

/**
 * A request to change protocols: the same stages; whoever serves it takes the socket, and a refusal
 * is written to it as an ordinary HTTP/1.1 answer.
 */
export function handleUpgrade(
  request: IncomingMessage,
  socket: Duplex,
  head: Buffer,
  options: HandleOptions,
): void {
  const response = new http.ServerResponse(request);
  response.shouldKeepAlive = false;
  response.assignSocket(socket as Parameters<ServerResponse['assignSocket']>[0]);
  response.on('finish', () => socket.end());
  socket.on('error', () => socket.destroy());
  socket.on('close', () => response.emit('close'));
  const exchange = new Http1Exchange(request, response);
  const take = (): void => exchange.giveUpSocket();
  handleRequest(exchange, options, { request, socket, head, take });
}
