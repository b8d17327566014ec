import { parseJson } from '../../object/json.ts';
import { jsonText } from '../../object/json-text.ts';
import { StatusError } from '../../object/status-error.ts';
import type { Resource } from '../apis/resource.ts';
import type { RequestContext } from '../context.ts';
import { watchRepresentation } from '../response/watch-representation.ts';
import type { Watcher, WatchOptions, WatchSink } from '../watch/watcher.ts';
import { listSelectors } from './selectors.ts';
import type { Services } from './services.ts';
import { beginningOf, watchOptions } from './watch-options.ts';
import { type WatchStream, watchStream } from './watch-stream.ts';

/**
 * A stream of changes. Frames are made once for all watchers of a form; here they only go to the
 * socket. Semantics of resourceVersion: none or `0` begins with the state now as ADDED events, `N`
 * with what came after N (apimachinery internalversion defaults.go SetListOptionsDefaults).
 */
export async function watch(
  context: RequestContext,
  resource: Resource,
  services: Services,
): Promise<void> {
  const sent = watchOptions(context, services.watchList);
  const { everything: _everything, ...selection } = listSelectors(context, resource);
  const asked = { ...sent, ...beginningOf(sent) };
  const { representation, contentType, columns } = watchRepresentation(context, resource);
  const cache = services.cacheOf(resource);
  const view = services.viewOf(resource);
  if (!cache.isReady) await cache.ready();
  let refusal: StatusError | undefined;
  // changes after a version that is not there yet are waited for in the stream
  if (asked.initialEvents && asked.revision > 0) {
    refusal = await refusalOf(() => cache.waitFor(asked.revision));
  } else if (asked.resourceVersion === '') await cache.consistent();
  const seconds =
    asked.timeoutSeconds ?? (services.minRequestTimeoutMs / 1000) * (1 + Math.random());
  const deadline = Date.now() + Math.min(seconds * 1000, longestTimeoutMs);
  const options: WatchOptions = {
    ...selection,
    bookmarks: asked.bookmarks,
    deadline,
    ...(asked.fromRevision === undefined
      ? {}
      : { fromRevision: asked.fromRevision === 0 ? cache.revision : asked.fromRevision }),
    ...(asked.initialEvents && asked.bookmarks ? { initialEventsEnd: true } : {}),
    ...(representation === undefined ? {} : { representation }),
    ...(view === undefined ? {} : { view }),
  };

  const stream = watchStream(context, contentType);
  if (seconds < 0) {
    await stream.begin();
    return stream.end();
  }
  const sink = columns === undefined ? stream : withColumns(stream, columns);
  let watcher: Watcher | undefined;
  refusal ??= await refusalOf(() => {
    watcher = cache.watch(options, sink);
  });
  try {
    await stream.begin();
  } catch (error) {
    watcher?.close();
    throw error;
  }
  if (watcher === undefined) return stream.end(refusal);
  await follow(context, stream, watcher, deadline);
}

/** What is too old, or never came, is said in the stream, as every later end is. */
async function refusalOf(begin: () => Promise<void> | void): Promise<StatusError | undefined> {
  try {
    await begin();
    return undefined;
  } catch (error) {
    if (error instanceof StatusError && (error.code === 410 || error.code === 504)) return error;
    throw error;
  }
}

/** A timer's longest, some 24 days: watches that may last longer end then. */
const longestTimeoutMs = 2 ** 31 - 1;

/** Until the client goes, the time is over or the cache ends the watch. */
async function follow(
  context: RequestContext,
  stream: WatchStream,
  watcher: Watcher,
  deadline: number,
): Promise<void> {
  const timer = setTimeout(() => watcher.end(), deadline - Date.now());
  stream.onRoom = () => watcher.resume();
  await new Promise<void>((resolve) => {
    const over = (): void => {
      clearTimeout(timer);
      watcher.close();
      resolve();
    };
    stream.onOver = over;
    const abort = (): void => {
      watcher.end();
      over();
    };
    if (context.signal.aborted) abort();
    else context.signal.addEventListener('abort', abort);
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
      const event = parseJson(first.toString('utf8')) as { object: object };
      Object.assign(event.object, { columnDefinitions: columns });
      return stream.write([Buffer.from(`${jsonText(event)}\n`), ...rest]);
    },
    end: (error) => stream.end(error),
  };
}
