import { fieldForbidden, fieldNotSupported } from '../../object/field-error.ts';
import { invalid } from '../../object/status-error.ts';
import type { Resource } from '../apis/resource.ts';
import type { RequestContext } from '../context.ts';
import { booleanOf, integerOf } from '../request/query.ts';
import { watchRepresentation } from '../response/watch-representation.ts';
import type { WatchOptions, WatchSink } from '../watch/watcher.ts';
import { revisionOf } from './get.ts';
import { listSelectors } from './selectors.ts';
import type { Services } from './services.ts';
import { watchStream } from './watch-stream.ts';

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

  const stream = watchStream(context, contentType);
  const watcher = cache.watch(
    options,
    columns === undefined ? stream : withColumns(stream, columns),
  );
  try {
    await stream.begin();
  } catch (error) {
    watcher.close();
    throw error;
  }
  const timer = setTimeout(() => watcher.end(), deadline - Date.now());
  stream.onRoom = () => watcher.resume();
  await new Promise<void>((resolve) => {
    const over = (): void => {
      clearTimeout(timer);
      watcher.close();
      resolve();
    };
    stream.onOver = over;
    context.signal.addEventListener('abort', () => {
      watcher.end();
      over();
    });
  });
}

/** The first event of a Table carries its columns; all others are the same for all watchers. */
function withColumns(stream: WatchSink, columns: unknown[]): WatchSink {
  let sent = false;
  return {
    write(frames) {
      const [first, ...rest] = frames;
      if (sent || first === undefined) return stream.write(frames);
      sent = true;
      const event = JSON.parse(first.toString('utf8')) as { object: object };
      Object.assign(event.object, { columnDefinitions: columns });
      return stream.write([Buffer.from(`${JSON.stringify(event)}\n`), ...rest]);
    },
    end: (error) => stream.end(error),
  };
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
