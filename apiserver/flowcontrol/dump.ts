import type { RequestContext } from '../context.ts';
import type { Ticket } from './fair-queues.ts';
import type { Flow } from './flows.ts';
import type { PriorityLevel, PriorityLevels } from './priority-levels.ts';

/**
 * What waits and what runs, as tables: `/debug/api_priority_and_fairness/dump_*`.
 * Source: k8s.io/apiserver util/flowcontrol/apf_controller_debug.go.
 */
export type FlowDumps = Readonly<Record<string, (query: URLSearchParams) => string>>;

export function flowDumps(levels: PriorityLevels, nowSeconds: () => number): FlowDumps {
  const all = () => levels.all().toSorted((a, b) => (a.name < b.name ? -1 : 1));
  return {
    dump_priority_levels: () => table([levelColumns, ...all().map(levelRow)]),
    dump_queues: () => table([queueColumns, ...all().flatMap(queueRows)]),
    dump_requests(query) {
      const details = (query.get('includeRequestDetails') ?? '') !== '';
      // the queues' clock has a beginning of its own
      const epochMs = Date.now() - nowSeconds() * 1000;
      const rows = all().flatMap((level) => requestRows(level, details, epochMs));
      return table([details ? [...requestColumns, ...detailColumns] : requestColumns, ...rows]);
    },
  };
}

const levelColumns = [
  ...['PriorityLevelName', 'ActiveQueues', 'IsIdle', 'IsQuiescing', 'WaitingRequests'],
  ...['ExecutingRequests', 'DispatchedRequests', 'RejectedRequests', 'TimedoutRequests'],
  'CancelledRequests',
];

function levelRow({ name, queues, quiescing, counts }: PriorityLevel): string[] {
  const { waiting, executing } = queues;
  const active = queues.queues.filter((queue) => queue.waiting.length > 0).length;
  const { dispatched, rejected, timedOut, cancelled } = counts;
  const numbers = [waiting, executing, dispatched, rejected, timedOut, cancelled].map(String);
  return [name, String(active), String(waiting + executing === 0), String(quiescing), ...numbers];
}

const queueColumns = [
  ...['PriorityLevelName', 'Index', 'PendingRequests', 'ExecutingRequests', 'SeatsInUse'],
  ...['NextDispatchR', 'InitialSeatsSum', 'MaxSeatsSum', 'TotalWorkSum'],
];

function queueRows({ name, layout, queues }: PriorityLevel): string[][] {
  return queues.queues
    .slice(0, layout.queues)
    .map(({ index, waiting, waitingSeats, executing, executingSeats, nextStart }) => [
      name,
      ...[index, waiting.length, executing, executingSeats].map(String),
      seatSeconds(nextStart),
      ...[waitingSeats, waitingSeats].map(String),
      seatSeconds(waitingSeats * guessedSeconds),
    ]);
}

/** As long as a request is taken to last before it is known. */
const guessedSeconds = 0.003;

function seatSeconds(value: number): string {
  return `${value.toFixed(8)}ss`;
}

const requestColumns = [
  ...['PriorityLevelName', 'FlowSchemaName', 'QueueIndex', 'RequestIndexInQueue'],
  ...['FlowDistingsher', 'ArriveTime', 'InitialSeats', 'FinalSeats', 'AdditionalLatency'],
  'StartTime',
];
const detailColumns = [
  ...['UserName', 'Verb', 'APIPath', 'Namespace', 'Name', 'APIVersion', 'Resource'],
  'SubResource',
];

/** Queue by queue, those that wait before those that run; last what is in no queue. */
function requestRows(level: PriorityLevel, details: boolean, epochMs: number): string[][] {
  const running = [...level.queues.running];
  const row = (queue: number, place: number) => (ticket: Readonly<Ticket>) =>
    requestRow(level, ticket, [queue, place], details, epochMs);
  return [
    ...level.queues.queues.flatMap((queue) => [
      ...queue.waiting.map((ticket, place) => row(queue.index, place)(ticket)),
      ...running.filter((ticket) => ticket.queue === queue).map(row(queue.index, -1)),
    ]),
    ...running.filter((ticket) => ticket.queue === undefined).map(row(-1, -1)),
  ];
}

function requestRow(
  { name }: PriorityLevel,
  { about, seats, arrivedAt, startedAt, state }: Readonly<Ticket>,
  place: readonly number[],
  details: boolean,
  epochMs: number,
): string[] {
  const { context, flow } = about as { context: RequestContext; flow: Flow };
  const { info, user } = context;
  const time = (seconds: number) => shortTime(new Date(epochMs + seconds * 1000));
  const row = [
    ...[name, flow.schema.name, ...place.map(String), flow.distinguisher, time(arrivedAt)],
    ...[String(seats), '0', '0s', state === 'waiting' ? '0001-01-01T00:00:00Z' : time(startedAt)],
  ];
  if (!details) return row;
  const apiVersion = info.group === '' ? info.version : `${info.group}/${info.version}`;
  const { verb, path, namespace, resource, subresource } = info;
  return [...row, user.name, verb, path, namespace, info.name, apiVersion, resource, subresource];
}

/** As Go shows a time: without zeros at its end. */
function shortTime(time: Date): string {
  return time.toISOString().replace(/\.?0+Z$/, 'Z');
}

const narrowest = 8;

/** Columns as wide as their widest cell, with a comma and a blank between, as Go's text/tabwriter. */
function table(rows: readonly (readonly string[])[]): string {
  const cells = rows.map((row) => row.map((cell, i) => (i < row.length - 1 ? `${cell},` : cell)));
  const widths = (cells[0] ?? []).map((_, i) =>
    Math.max(narrowest, ...cells.map((row) => (row[i] ?? '').length + 1)),
  );
  return cells
    .map((row) => row.map((cell, i) => (i < row.length - 1 ? cell.padEnd(widths[i] ?? 0) : cell)))
    .map((row) => `${row.join('')}\n`)
    .join('');
}
