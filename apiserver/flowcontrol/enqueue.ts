import type { KubeObject } from '../../object/object.ts';
import { tooManyRequests } from '../../object/status-error.ts';
import { flowSchemas, priorityLevelConfigurations } from '../bootstrap/flow-control-policy.ts';
import type { RequestContext, RequestInfo, Stage, UserInfo } from '../context.ts';
import type { Lister } from '../watch/view.ts';
import {
  classify,
  distinguish,
  type FlowSchema,
  readFlowSchema,
  sortFlowSchemas,
} from './classify.ts';
import { newTicket, type Ticket } from './fair-queues.ts';
import { type PriorityLevel, PriorityLevels } from './priority-levels.ts';
import { dealHand } from './shuffle-shard.ts';

/**
 * API Priority and Fairness: every request belongs to a flow of a priority level and runs when that
 * level has a seat. Requests that stay open (watch, exec) hold none.
 * Source: k8s.io/apiserver util/flowcontrol, server/filters/priority-and-fairness.go.
 */
export interface FlowControlOptions {
  flowSchemas: Lister;
  priorityLevels: Lister;
  /** `--max-requests-inflight` plus `--max-mutating-requests-inflight`. */
  totalSeats: number;
  /** Longest wait in a queue: a quarter of `--request-timeout`. */
  waitLimitMs: number;
  /** Objects of a resource, where known: a list of many takes more seats. */
  objectCount?: (info: RequestInfo) => number | undefined;
  /** For metrics. `reason` is empty for a request that got its seat. */
  observe?: (event: FlowEvent) => void;
  nowSeconds?: () => number;
}

export interface FlowEvent {
  level: string;
  schema: string;
  /** `queue-full`, `concurrency-limit`, `time-out`, `cancelled`; empty: dispatched. */
  reason: string;
  waitSeconds: number;
}

export interface FlowControl {
  stage: Stage;
  levels: PriorityLevels;
  /** Ends the timer that lends seats between levels. */
  stop(): void;
}

interface Flow {
  schema: FlowSchema;
  level: PriorityLevel;
  hand: readonly number[];
}

interface UserFlows {
  epoch: number;
  flows: Map<string, Flow>;
}

const adjustMs = 10_000;
const flowsPerUserMax = 512;
const objectsPerSeat = 100;
const seatsMax = 10;
const retryAfterSeconds = 1;

export function makeFlowControl(options: FlowControlOptions): FlowControl {
  const nowSeconds = options.nowSeconds ?? (() => performance.now() / 1000);
  const levels = new PriorityLevels({ totalSeats: options.totalSeats, nowSeconds });
  const users = new WeakMap<UserInfo, UserFlows>();
  let schemas: FlowSchema[] = [];
  let epoch = 0;
  let stale = true;
  const invalidate = () => {
    stale = true;
  };
  options.flowSchemas.onChange(invalidate);
  options.priorityLevels.onChange(invalidate);

  function reload(): void {
    stale = false;
    epoch++;
    const configured = options.priorityLevels.list('');
    levels.configure(withMandatory(configured, priorityLevelConfigurations()));
    const known = new Set(levels.all().map(({ name }) => name));
    const found = withMandatory(options.flowSchemas.list(''), flowSchemas()).map(readFlowSchema);
    // A schema that names a level that is not there matches nothing.
    schemas = sortFlowSchemas(found.filter(({ level }) => known.has(level)));
  }

  function flowOf({ user, info }: RequestContext): Flow {
    if (stale) reload();
    let own = users.get(user);
    if (own === undefined || own.epoch !== epoch) {
      own = { epoch, flows: new Map() };
      users.set(user, own);
    }
    const key = info.isResourceRequest
      ? `${info.verb}|${info.group}|${info.resource}|${info.subresource}|${info.namespace}`
      : `${info.verb} ${info.path}`;
    let flow = own.flows.get(key);
    if (flow === undefined) {
      flow = find(user, info);
      if (own.flows.size >= flowsPerUserMax) own.flows.clear();
      own.flows.set(key, flow);
    }
    return flow;
  }

  function find(user: UserInfo, info: RequestInfo): Flow {
    const schema = classify(schemas, user, info) ?? (schemas.at(-1) as FlowSchema);
    const level = levels.get(schema.level) as PriorityLevel;
    const { queues, handSize } = level.layout;
    const flow = `${schema.name}\0${distinguish(schema, user, info)}`;
    return { schema, level, hand: queues === 0 ? [] : dealHand(flow, queues, handSize) };
  }

  function finish(level: PriorityLevel, ticket: Ticket): void {
    const now = nowSeconds();
    level.queues.finish(ticket, now);
    level.meter.set(level.queues.demand, now);
  }

  function tell({ level, schema }: Flow, reason: string, waitSeconds: number): void {
    options.observe?.({ level: level.name, schema: schema.name, reason, waitSeconds });
  }

  /** Until its turn, its time or its client is gone. */
  function wait(context: RequestContext, flow: Flow, ticket: Ticket, begun: number): Promise<void> {
    const { level } = flow;
    return new Promise((resolve, reject) => {
      const giveUp = (reason: 'time-out' | 'cancelled') => {
        if (!level.queues.leave(ticket)) return;
        stop();
        level.meter.set(level.queues.demand, nowSeconds());
        tell(flow, reason, nowSeconds() - begun);
        reject(overloaded());
      };
      const onAbort = () => giveUp('cancelled');
      const timer = setTimeout(() => giveUp('time-out'), options.waitLimitMs);
      const stop = () => {
        clearTimeout(timer);
        context.signal.removeEventListener('abort', onAbort);
      };
      ticket.start = () => {
        stop();
        tell(flow, '', nowSeconds() - begun);
        context.onFinish(() => finish(level, ticket));
        resolve();
      };
      context.signal.addEventListener('abort', onAbort, { once: true });
      if (context.signal.aborted) onAbort();
    });
  }

  const timer = setInterval(() => levels.adjust(), adjustMs);
  timer.unref();
  return {
    levels,
    stop: () => clearInterval(timer),
    stage: {
      name: 'flow-control',
      run(context): Promise<void> | void {
        if (context.longRunning) return undefined;
        const flow = flowOf(context);
        const { level } = flow;
        context.extraHeaders['X-Kubernetes-PF-FlowSchema-UID'] = flow.schema.uid;
        context.extraHeaders['X-Kubernetes-PF-PriorityLevel-UID'] = level.uid;
        const ticket = newTicket(seatsFor(context, options));
        const now = nowSeconds();
        const arrival = level.queues.arrive(ticket, flow.hand, now);
        if (arrival === 'executing') {
          level.meter.set(level.queues.demand, now);
          tell(flow, '', 0);
          context.onFinish(() => finish(level, ticket));
          return undefined;
        }
        if (arrival !== 'waiting') {
          tell(flow, arrival, 0);
          throw overloaded();
        }
        level.meter.set(level.queues.demand, now);
        return wait(context, flow, ticket, now);
      },
    },
  };
}

/** One seat, but for lists: one for every hundred objects that may be returned, ten at most. */
function seatsFor({ info, query }: RequestContext, { objectCount }: FlowControlOptions): number {
  if (info.verb !== 'list' || objectCount === undefined) return 1;
  const count = objectCount(info);
  if (count === undefined) return 1;
  const limit = Number(query.get('limit') ?? 0);
  const returned = limit > 0 ? Math.min(limit, count) : count;
  return Math.min(seatsMax, Math.max(1, Math.ceil(returned / objectsPerSeat)));
}

/** Flow control works before its objects are there, and without them. */
function withMandatory(found: readonly KubeObject[], ours: readonly KubeObject[]): KubeObject[] {
  const names = new Set(found.map(({ metadata }) => metadata.name));
  const missing = ours.filter(
    ({ metadata }) =>
      (metadata.name === 'exempt' || metadata.name === 'catch-all') && !names.has(metadata.name),
  );
  return [...found, ...missing];
}

function overloaded(): Error {
  return tooManyRequests('Too many requests, please try again later.', retryAfterSeconds);
}
