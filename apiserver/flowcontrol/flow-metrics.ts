import type { Count, Distribution, Histogram, Registry } from '../../metrics/registry.ts';
import type { Flow } from './flows.ts';
import type { PriorityLevels } from './priority-levels.ts';

/** What becomes of requests at the gate. */
export interface FlowObserver {
  /** It has its seats; the wait is 0 when they were free. */
  dispatched(flow: Flow, seats: number, waitSeconds: number): void;
  /** `queue-full`, `concurrency-limit`, `time-out` or `cancelled`. */
  rejected(flow: Flow, reason: string, waitSeconds: number): void;
  finished(flow: Flow, seats: number): void;
  /** One more, or less, in its queues. */
  queued(flow: Flow, by: 1 | -1): void;
}

interface Series {
  dispatched: Count;
  waited: Distribution;
  executing: Count;
  seats: Count;
  queued: Count;
}

const waitBuckets = [0, 0.005, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30];
const ofFlow = ['priority_level', 'flow_schema'];

const name = (rest: string): string => `apiserver_flowcontrol_${rest}`;

/** k8s.io/apiserver util/flowcontrol/metrics. */
export function flowMetrics(registry: Registry): FlowObserver {
  const rejected = registry.counter(
    name('rejected_requests_total'),
    '[BETA] Number of requests rejected by API Priority and Fairness subsystem',
    [...ofFlow, 'reason'],
  );
  const waited = registry.histogram(
    name('request_wait_duration_seconds'),
    '[BETA] Length of time a request spent waiting in its queue',
    [...ofFlow, 'execute'],
    waitBuckets,
  );
  const of = seriesOfFlows(registry, waited);
  return {
    dispatched(flow, seats, waitSeconds) {
      const series = of(flow);
      series.dispatched.value += 1;
      series.waited.observe(waitSeconds);
      series.executing.value += 1;
      series.seats.value += seats;
    },
    rejected({ level, schema }, reason, waitSeconds) {
      rejected.inc([level.name, schema.name, reason]);
      waited.observe([level.name, schema.name, 'false'], waitSeconds);
    },
    finished(flow, seats) {
      const series = of(flow);
      series.executing.value -= 1;
      series.seats.value -= seats;
    },
    queued(flow, by) {
      of(flow).queued.value += by;
    },
  };
}

/** What a flow's requests leave, looked up once for each. */
function seriesOfFlows(registry: Registry, waited: Histogram): (flow: Flow) => Series {
  const dispatched = registry.counter(
    name('dispatched_requests_total'),
    '[BETA] Number of requests executed by API Priority and Fairness subsystem',
    ofFlow,
  );
  const executing = registry.gauge(
    name('current_executing_requests'),
    '[BETA] Number of requests in initial (for a WATCH) or any (for a non-WATCH) execution stage in the API Priority and Fairness subsystem',
    ofFlow,
  );
  const seatsInUse = registry.gauge(
    name('current_executing_seats'),
    '[BETA] Concurrency (number of seats) occupied by the currently executing (initial stage for a WATCH, any stage otherwise) requests in the API Priority and Fairness subsystem',
    ofFlow,
  );
  const inQueue = registry.gauge(
    name('current_inqueue_requests'),
    '[BETA] Number of requests currently pending in queues of the API Priority and Fairness subsystem',
    ofFlow,
  );
  const known = new Map<string, Series>();
  registry.onReset(() => known.clear());
  return ({ level, schema }) => {
    const key = `${level.name}\0${schema.name}`;
    let series = known.get(key);
    if (series === undefined) {
      const values = [level.name, schema.name];
      series = {
        dispatched: dispatched.with(values),
        waited: waited.with([...values, 'true']),
        executing: executing.with(values),
        seats: seatsInUse.with(values),
        queued: inQueue.with(values),
      };
      known.set(key, series);
    }
    return series;
  };
}

/** The seats of each level. */
export function exposeLevels(registry: Registry, levels: PriorityLevels): void {
  const of = (rest: string, help: string, read: 'nominal' | 'current'): void => {
    registry.collected(name(rest), help, 'gauge', ['priority_level'], () =>
      levels.all().map(({ name: level, limits, queues, exempt }) => {
        const value = read === 'nominal' || exempt ? limits.nominal : queues.seatLimit;
        return { labels: [level], value };
      }),
    );
  };
  of(
    'nominal_limit_seats',
    '[BETA] Nominal number of execution seats configured for each priority level',
    'nominal',
  );
  of(
    'current_limit_seats',
    '[ALPHA] current derived number of execution seats available to each priority level',
    'current',
  );
}
