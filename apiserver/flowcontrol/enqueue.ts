import { overloaded } from '../../object/status-error.ts';
import type { RequestContext, RequestInfo, Stage } from '../context.ts';
import type { Lister } from '../watch/view.ts';
import { type FlowDumps, flowDumps } from './dump.ts';
import { newTicket, type Ticket } from './fair-queues.ts';
import type { FlowObserver } from './flow-metrics.ts';
import { type Flow, Flows } from './flows.ts';
import type { InFlight } from './in-flight.ts';
import { PriorityLevels } from './priority-levels.ts';

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
  observer?: FlowObserver;
  inFlight?: InFlight;
  nowSeconds?: () => number;
}

export interface FlowControl {
  stage: Stage;
  levels: PriorityLevels;
  /** `/debug/api_priority_and_fairness/<name>` by name. */
  dumps: FlowDumps;
  /** Ends the timer that lends seats between levels. */
  stop(): void;
}

const adjustMs = 10_000;
const objectsPerSeat = 100;
const seatsMax = 10;

export function makeFlowControl(options: FlowControlOptions): FlowControl {
  const nowSeconds = options.nowSeconds ?? (() => performance.now() / 1000);
  const levels = new PriorityLevels({ totalSeats: options.totalSeats, nowSeconds });
  const gate = new Gate(options, nowSeconds);
  const flows = new Flows(options, levels);
  const timer = setInterval(() => levels.adjust(), adjustMs);
  timer.unref();
  return {
    levels,
    dumps: flowDumps(levels, nowSeconds),
    stop: () => clearInterval(timer),
    stage: {
      name: 'flow-control',
      run(context): Promise<void> | void {
        // a watch is told its flow like every other request, and holds no seat
        if (context.longRunning && context.info.verb !== 'watch') return undefined;
        const flow = flows.of(context);
        context.extraHeaders['X-Kubernetes-PF-FlowSchema-UID'] = flow.schema.uid;
        context.extraHeaders['X-Kubernetes-PF-PriorityLevel-UID'] = flow.level.uid;
        return context.longRunning ? undefined : gate.enter(context, flow);
      },
    },
  };
}

/** Lets a request in when its level has a seat for it, and frees the seat when it is over. */
class Gate {
  readonly #options: FlowControlOptions;
  readonly #nowSeconds: () => number;

  constructor(options: FlowControlOptions, nowSeconds: () => number) {
    this.#options = options;
    this.#nowSeconds = nowSeconds;
  }

  enter(context: RequestContext, flow: Flow): Promise<void> | void {
    const { level } = flow;
    const ticket = newTicket(seatsFor(context, this.#options), { context, flow });
    const now = this.#nowSeconds();
    const arrival = level.queues.arrive(ticket, flow.hand, now);
    if (arrival === 'executing') {
      level.meter.set(level.queues.demand, now);
      this.#begin(context, flow, ticket, 0);
      return undefined;
    }
    if (arrival !== 'waiting') {
      level.counts.rejected += 1;
      this.#options.observer?.rejected(flow, arrival, 0);
      throw this.#dropped(context, flow);
    }
    level.meter.set(level.queues.demand, now);
    return this.#wait(context, flow, ticket, now);
  }

  #dropped(context: RequestContext, { level }: Flow): Error {
    context.terminated = true;
    return overloaded(level.dropped.record(this.#nowSeconds()));
  }

  #begin(context: RequestContext, flow: Flow, ticket: Ticket, waitSeconds: number): void {
    const { observer, inFlight } = this.#options;
    flow.level.counts.dispatched += 1;
    observer?.dispatched(flow, ticket.seats, waitSeconds);
    inFlight?.add('executing', context, 1);
    context.onFinish(() => {
      const { level } = flow;
      const now = this.#nowSeconds();
      level.queues.finish(ticket, now);
      level.meter.set(level.queues.demand, now);
      observer?.finished(flow, ticket.seats);
      inFlight?.add('executing', context, -1);
    });
  }

  /** Until its turn, its time or its client is gone. */
  #wait(context: RequestContext, flow: Flow, ticket: Ticket, begun: number): Promise<void> {
    const { level } = flow;
    const { observer, inFlight } = this.#options;
    observer?.queued(flow, 1);
    inFlight?.add('waiting', context, 1);
    return new Promise((resolve, reject) => {
      const giveUp = (reason: 'time-out' | 'cancelled') => {
        if (!level.queues.leave(ticket)) return;
        stop();
        const now = this.#nowSeconds();
        level.meter.set(level.queues.demand, now);
        level.counts[reason === 'time-out' ? 'timedOut' : 'cancelled'] += 1;
        observer?.rejected(flow, reason, now - begun);
        reject(this.#dropped(context, flow));
      };
      const onAbort = () => giveUp('cancelled');
      const timer = setTimeout(() => giveUp('time-out'), this.#options.waitLimitMs);
      const stop = () => {
        clearTimeout(timer);
        context.signal.removeEventListener('abort', onAbort);
        observer?.queued(flow, -1);
        inFlight?.add('waiting', context, -1);
      };
      ticket.start = () => {
        stop();
        const waited = this.#nowSeconds() - begun;
        context.waitedMs += waited * 1e3;
        this.#begin(context, flow, ticket, waited);
        resolve();
      };
      context.signal.addEventListener('abort', onAbort, { once: true });
      if (context.signal.aborted) onAbort();
    });
  }
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
