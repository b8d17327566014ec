import type { LogEntry } from './log-file.ts';

/** The parameters of `kubectl logs` (PodLogOptions), as the kubelet receives them. */
export interface LogQuery {
  follow: boolean;
  previous: boolean;
  timestamps: boolean;
  /** Milliseconds since the epoch; earlier entries are left out. */
  since: number;
  tailLines: number;
  limitBytes: number;
  stream: 'all' | 'stdout' | 'stderr';
}

/** Throws on what is not a number or a time. */
export function parseLogQuery(query: URLSearchParams, now: number): LogQuery {
  const number = (name: string): number | undefined => {
    const text = query.get(name);
    if (text === null) return undefined;
    if (!/^\d+$/.test(text)) throw new Error(`${name} must be a number, not ${text}`);
    return Number(text);
  };
  const flag = (name: string): boolean => ['true', '1'].includes(query.get(name) ?? '');
  const seconds = number('sinceSeconds');
  const sinceTime = query.get('sinceTime');
  const since =
    sinceTime !== null ? Date.parse(sinceTime) : seconds === undefined ? 0 : now - seconds * 1000;
  if (Number.isNaN(since)) throw new Error(`sinceTime must be a time, not ${sinceTime}`);
  const stream = (query.get('stream') ?? 'All').toLowerCase();
  if (stream !== 'all' && stream !== 'stdout' && stream !== 'stderr') {
    throw new Error(`stream must be All, Stdout or Stderr, not ${stream}`);
  }
  return {
    follow: flag('follow'),
    previous: flag('previous'),
    timestamps: flag('timestamps'),
    since,
    tailLines: number('tailLines') ?? Number.POSITIVE_INFINITY,
    limitBytes: number('limitBytes') ?? Number.POSITIVE_INFINITY,
    stream,
  };
}

/** Those that were asked for, the last `tailLines` of them. */
export function selectEntries(entries: readonly LogEntry[], query: LogQuery): LogEntry[] {
  const wanted = entries.filter((entry) => matches(entry, query));
  if (query.tailLines >= wanted.length) return wanted;
  return query.tailLines === 0 ? [] : wanted.slice(-query.tailLines);
}

export function matches(entry: LogEntry, query: LogQuery): boolean {
  if (query.stream !== 'all' && entry.stream !== query.stream) return false;
  return query.since === 0 || Date.parse(entry.time) >= query.since;
}

export function entryText(entry: LogEntry, query: LogQuery): string {
  return query.timestamps ? `${entry.time} ${entry.text}` : entry.text;
}
