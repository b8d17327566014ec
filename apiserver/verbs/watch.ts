import type { ServerResponse } from 'node:http';
import { fieldForbidden, fieldNotSupported } from '../../object/field-error.ts';
import { invalid, type StatusError } from '../../object/status-error.ts';
import type { Resource } from '../apis/resource.ts';
import type { RequestContext } from '../context.ts';
import { booleanOf, integerOf } from '../request/query.ts';
import { watchRepresentation } from '../response/watch-representation.ts';
import type { WatchOptions, WatchSink } from '../watch/watcher.ts';
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
  const asked = watchOptions(context, services.watchList);
  const { representation, contentType, columns } = watchRepresentation(context, resource);
  const { everything: _everything, ...selection } = listSelectors(context, resource);
  const cache = services.cacheOf(resource);
  if (!cache.isReady) await cache.ready();
  if (asked.revision > 0) await cache.waitFor(asked.revision);
  else if (asked.consistent) await cache.consistent();
  const seconds =
    asked.timeoutSeconds ?? (services.minRequestTimeoutMs / 1000) * (1 + Math.random());
  const deadline = Date.now() + seconds * 1000;
  const options: WatchOptions = {
    ...selection,
    bookmarks: asked.bookmarks,
    deadline,
    ...(asked.fromRevision === undefined ? {} : { fromRevision: asked.fromRevision }),
    ...(asked.initialEvents && asked.bookmarks ? { initialEventsEnd: true } : {}),
    ...(representation === undefined ? {} : { representation }),
  };

  const response = context.rawResponse as ServerResponse;
  const sink = new ResponseSink(response, columns);
  const watcher = cache.watch(options, sink);
  response.writeHead(200, {
    'audit-id': context.auditId,
    'cache-control': 'no-cache, private',
    'content-type': contentType,
    ...context.extraHeaders,
  });
  response.flushHeaders();
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
  context.answer = { code: 200, headers: {}, body: undefined };
}

/** Frames to one HTTP response; several frames of one turn leave in one write. */
class ResponseSink implements WatchSink {
  readonly #response: ServerResponse;
  onEnd: () => void = () => {};

  #columns: unknown[] | undefined;

  constructor(response: ServerResponse, columns: unknown[] | undefined) {
    this.#response = response;
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
      this.#response.write(`${JSON.stringify({ type: 'ERROR', object: error.body() })}\n`);
    }
    this.#response.end();
    this.onEnd();
  }
}

interface AskedWatch {
  revision: number;
  fromRevision: number | undefined;
  /** Wait until the cache is as new as the store before the initial state is sent. */
  consistent: boolean;
  initialEvents: boolean;
  bookmarks: boolean;
  timeoutSeconds: number | undefined;
}

function watchOptions(context: RequestContext, watchList: boolean): AskedWatch {
  const { query } = context;
  const rv = query.get('resourceVersion') ?? '';
  const match = query.get('resourceVersionMatch') ?? '';
  const bookmarks = booleanOf(query, 'allowWatchBookmarks');
  const asksInitial = query.has('sendInitialEvents');
  const initialEvents = asksInitial && booleanOf(query, 'sendInitialEvents');
  const causes = [];
  if (asksInitial && !watchList) {
    causes.push(
      fieldForbidden(
        'sendInitialEvents',
        'sendInitialEvents is forbidden for watch unless the WatchList feature gate is enabled',
      ),
    );
  }
  if (asksInitial && match !== 'NotOlderThan') {
    causes.push(
      match === ''
        ? fieldForbidden(
            'resourceVersionMatch',
            'sendInitialEvents requires setting resourceVersionMatch to NotOlderThan',
          )
        : fieldNotSupported('resourceVersionMatch', match, ['NotOlderThan']),
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
  if (causes.length > 0) throw invalid({ group: 'meta.k8s.io', kind: 'ListOptions' }, '', causes);
  const revision = rv === '' || rv === '0' ? 0 : revisionOf(rv);
  const fromNow = asksInitial ? initialEvents : revision === 0;
  return {
    revision,
    fromRevision: fromNow ? undefined : revision,
    consistent: rv === '',
    initialEvents,
    bookmarks,
    timeoutSeconds: secondsOf(query),
  };
}

function secondsOf(query: URLSearchParams): number | undefined {
  const seconds = integerOf(query, 'timeoutSeconds');
  return seconds !== undefined && seconds > 0 ? seconds : undefined;
}
