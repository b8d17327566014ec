import type { ServerResponse } from 'node:http';
import type { LogEntry, LogFile } from './log-file.ts';
import { entryText, type LogQuery, matches, parseLogQuery, selectEntries } from './log-query.ts';

/** Unsent bytes of a follower; one that reads slower than that is cut off. */
const unsentMost = 4 * 1024 * 1024;

/** Answers a request for logs; throws on parameters that make no sense. */
export function serveLogs(
  response: ServerResponse,
  find: (previous: boolean) => LogFile | undefined,
  parameters: URLSearchParams,
): void {
  const query = parseLogQuery(parameters, Date.now());
  const log = find(query.previous);
  if (log === undefined && query.previous)
    throw new Error('previous terminated container not found');
  response.writeHead(200, { 'content-type': 'text/plain' });
  if (log === undefined) {
    response.end();
    return;
  }
  const send = limitedSender(response, query);
  // Reading and following begin in the same turn: nothing is lost between, nothing comes twice.
  const present = selectEntries(log.entries(), query);
  if (query.follow && !query.previous) follow(response, log, query, send);
  for (const entry of present) send(entry);
  if (!query.follow || query.previous) response.end();
}

function follow(
  response: ServerResponse,
  log: LogFile,
  query: LogQuery,
  send: (entry: LogEntry) => void,
): void {
  response.flushHeaders();
  const stop = log.follow(
    (entry) => {
      if (matches(entry, query)) send(entry);
      if (response.writableLength > unsentMost) response.destroy();
    },
    () => setImmediate(() => response.end()),
  );
  response.on('close', stop);
}

/** Writes entries until `limitBytes` are out, then ends the answer. */
function limitedSender(response: ServerResponse, query: LogQuery): (entry: LogEntry) => void {
  let left = query.limitBytes;
  return (entry) => {
    if (left <= 0) return;
    const bytes = Buffer.from(entryText(entry, query));
    response.write(bytes.length > left ? bytes.subarray(0, left) : bytes);
    left -= bytes.length;
    if (left <= 0) response.end();
  };
}
