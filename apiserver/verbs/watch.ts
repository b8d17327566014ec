import type { ServerResponse } from 'node:http';
import { fieldForbidden, fieldNotSupported } from '../../object/field-error.ts';
import { invalid, StatusError } from '../../object/status-error.ts';
import { builtInSchema } from '../../schema/built-in.ts';
import { encodeProtobuf, encodeWatchFrame } from '../../schema/protobuf.ts';
import type { Resource } from '../apis/resource.ts';
import type { RequestContext } from '../context.ts';
import { booleanOf, integerOf } from '../request/query.ts';
import { contentTypes } from '../response/negotiate.ts';
import { watchRepresentation } from '../response/watch-representation.ts';
import type { Watcher, WatchOptions, WatchSink } from '../watch/watcher.ts';
import { revisionOf } from './get.ts';
import { listSelectors } from './selectors.ts';
import type { Services } from './services.ts';

/**
 * A stream of changes. Frames are made once for all watchers of a form; here they only go to the
 * socket. Semantics of resourceVersion: none or `0` begins with the state now as ADDED events, `N`
 * with what came after N.
 */
export async function watch(
  context: RequestContext,
  resource: Resource,
  services: Services,
): Promise<void> {
  const asked = watchOptions(context);
  const { representation, contentType, columns } = watchRepresentation(context, resource);
  const { everything: _everything, ...selection } = listSelectors(context, resource);
  const cache = services.cacheOf(resource);
  if (!cache.isReady) await cache.ready();
  // changes after a version that is not there yet are waited for in the stream
  if (asked.initialEvents && asked.revision > 0) await cache.waitFor(asked.revision);
  else if (asked.consistent) await cache.consistent();
  const seconds =
    asked.timeoutSeconds ?? (services.minRequestTimeoutMs / 1000) * (1 + Math.random());
  const deadline = Date.now() + seconds * 1000;
  const options: WatchOptions = {
    ...selection,
    bookmarks: asked.bookmarks,
    deadline,
    ...(asked.fromRevision === undefined
      ? {}
      : { fromRevision: asked.fromRevision === 0 ? cache.revision : asked.fromRevision }),
    ...(asked.initialEvents && asked.bookmarks ? { initialEventsEnd: true } : {}),
    ...(representation === undefined ? {} : { representation }),
  };

  const response = context.rawResponse as ServerResponse;
  const sink = new ResponseSink(response, columns, contentType !== contentTypes.json);
  let watcher: Watcher | undefined;
  let refusal: StatusError | undefined;
  try {
    watcher = cache.watch(options, sink);
  } catch (error) {
    // what is too old is said in the stream, as every later end is
    if (!(error instanceof StatusError) || error.code !== 410) throw error;
    refusal = error;
  }
  response.writeHead(200, {
    'audit-id': context.auditId,
    'cache-control': 'no-cache, private',
    'content-type': contentType,
    ...context.extraHeaders,
  });
  response.flushHeaders();
  context.answer = { code: 200, headers: {}, body: undefined };
  if (watcher === undefined) return sink.end(refusal);
  await follow(context, response, watcher, sink, deadline);
}

/** Until the client goes, the time is over or the cache ends the watch. */
async function follow(
  context: RequestContext,
  response: ServerResponse,
  watcher: Watcher,
  sink: ResponseSink,
  deadline: number,
): Promise<void> {
  const timer = setTimeout(() => watcher.end(), deadline - Date.now());
  response.on('drain', () => watcher.resume());
  await new Promise<void>((resolve) => {
    const over = (): void => {
      clearTimeout(timer);
      watcher.close();
      resolve();
    };
    response.on('close', over);
    response.on('error', over);
    sink.onEnd = over;
    context.signal.addEventListener('abort', () => {
      watcher.end();
      over();
    });
  });
}

/** Frames to one HTTP response; several frames of one turn leave in one write. */
class ResponseSink implements WatchSink {
  readonly #response: ServerResponse;
  onEnd: () => void = () => {};

  #columns: unknown[] | undefined;
  readonly #protobuf: boolean;

  constructor(response: ServerResponse, columns: unknown[] | undefined, protobuf: boolean) {
    this.#response = response;
    this.#protobuf = protobuf;
    this.#columns = columns;
  }

  write(frames: readonly Buffer[]): boolean {
    const response = this.#response;
    if (response.destroyed) return true;
    const [first, ...rest] = frames;
    if (this.#columns !== undefined && first !== undefined) {
      const event = JSON.parse(first.toString('utf8')) as { object: object };
      Object.assign(event.object, { columnDefinitions: this.#columns });
      this.#columns = undefined;
      return this.write([Buffer.from(`${JSON.stringify(event)}\n`), ...rest]);
    }
    if (frames.length === 1 && frames[0] !== undefined) return response.write(frames[0]);
    return response.write(Buffer.concat(frames));
  }

  end(error?: StatusError): void {
    if (error !== undefined) {
      this.#response.write(errorFrame(error, this.#protobuf));
    }
    this.#response.end();
    this.onEnd();
  }
}

function errorFrame(error: StatusError, protobuf: boolean): Buffer {
  const status = error.body();
  if (!protobuf) return Buffer.from(`${JSON.stringify({ type: 'ERROR', object: status })}\n`);
  const schema = builtInSchema('io.k8s.apimachinery.pkg.apis.meta.v1.Status');
  return encodeWatchFrame('ERROR', encodeProtobuf(status, schema));
}

interface AskedWatch {
  revision: number;
  /** Changes after it; 0: from now on. Undefined: the state now comes first. */
  fromRevision: number | undefined;
  /** Wait until the cache is as new as the store before the initial state is sent. */
  consistent: boolean;
  initialEvents: boolean;
  bookmarks: boolean;
  timeoutSeconds: number | undefined;
}

function watchOptions(context: RequestContext): AskedWatch {
  const { query } = context;
  const rv = query.get('resourceVersion') ?? '';
  const match = query.get('resourceVersionMatch') ?? '';
  const bookmarks = booleanOf(query, 'allowWatchBookmarks');
  const asksInitial = query.has('sendInitialEvents');
  const initialEvents = asksInitial && booleanOf(query, 'sendInitialEvents');
  const causes = [];
  if (asksInitial && match !== 'NotOlderThan') {
    causes.push(
      fieldForbidden(
        'resourceVersionMatch',
        'sendInitialEvents requires setting resourceVersionMatch to NotOlderThan',
      ),
    );
  }
  if (match !== '' && !asksInitial) {
    causes.push(
      fieldForbidden(
        'resourceVersionMatch',
        'resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided',
      ),
    );
  }
  if (match !== '' && match !== 'NotOlderThan') {
    causes.push(fieldNotSupported('resourceVersionMatch', match, ['NotOlderThan']));
  }
  if (match !== '' && (query.get('continue') ?? '') !== '') {
    causes.push(
      fieldForbidden(
        'resourceVersionMatch',
        'resourceVersionMatch is forbidden when continue is provided',
      ),
    );
  }
  const timeoutSeconds = secondsOf(query);
  integerOf(query, 'limit');
  if (causes.length > 0) throw invalid({ group: 'meta.k8s.io', kind: 'ListOptions' }, '', causes);
  const revision = rv === '' || rv === '0' ? 0 : revisionOf(rv);
  const fromNow = asksInitial ? initialEvents : revision === 0;
  return {
    revision,
    fromRevision: fromNow ? undefined : revision,
    consistent: rv === '',
    initialEvents,
    bookmarks,
    timeoutSeconds,
  };
}

function secondsOf(query: URLSearchParams): number | undefined {
  const seconds = integerOf(query, 'timeoutSeconds');
  return seconds !== undefined && seconds > 0 ? seconds : undefined;
}
