import type { KubeObject } from '../../object/object.ts';
import { DroppedRequests } from './dropped-requests.ts';
import {
  allocate,
  DemandMeter,
  type LevelLimits,
  type LevelShares,
  nominalLimits,
} from './concurrency.ts';
import { FairQueues, type QueueLayout } from './fair-queues.ts';

/** One priority level as it runs: its limits, its queues and what it has been asked for. */
export interface PriorityLevel {
  name: string;
  uid: string;
  exempt: boolean;
  shares: LevelShares;
  layout: QueueLayout;
  limits: LevelLimits;
  queues: FairQueues;
  meter: DemandMeter;
  dropped: DroppedRequests;
  /** What has become of its requests. */
  counts: Record<'dispatched' | 'rejected' | 'timedOut' | 'cancelled', number>;
  /** Its configuration is gone, its last requests end. */
  quiescing: boolean;
}

interface LevelSpec {
  type: 'Exempt' | 'Limited';
  exempt?: { nominalConcurrencyShares?: number; lendablePercent?: number };
  limited?: {
    nominalConcurrencyShares?: number;
    lendablePercent?: number;
    borrowingLimitPercent?: number | null;
    limitResponse?: {
      type: 'Queue' | 'Reject';
      queuing?: { queues?: number; handSize?: number; queueLengthLimit?: number };
    };
  };
}

const noQueues: QueueLayout = { queues: 0, handSize: 0, queueLengthLimit: 0 };
const defaultShares = 30;

/** All levels; bounded by the PriorityLevelConfigurations there are and those still draining. */
export class PriorityLevels {
  readonly #levels = new Map<string, PriorityLevel>();
  readonly #total: number;
  readonly #nowSeconds: () => number;

  constructor(options: { totalSeats: number; nowSeconds: () => number }) {
    this.#total = options.totalSeats;
    this.#nowSeconds = options.nowSeconds;
  }

  get(name: string): PriorityLevel | undefined {
    return this.#levels.get(name);
  }

  all(): PriorityLevel[] {
    return [...this.#levels.values()];
  }

  /** Takes over new configuration; levels that are gone let their requests finish. */
  configure(objects: readonly KubeObject[]): void {
    const specs = new Map(objects.map((object) => [object.metadata.name ?? '', object]));
    const shares = objects.map(readShares);
    const limits = nominalLimits(shares, this.#total);
    const now = this.#nowSeconds();
    for (const own of shares) {
      const object = specs.get(own.name) as KubeObject;
      const limit = limits.get(own.name) as LevelLimits;
      const layout = readLayout(object.spec);
      const level = this.#levels.get(own.name);
      const common = {
        name: own.name,
        uid: object.metadata.uid ?? '',
        exempt: own.exempt,
        shares: own,
        layout,
        limits: limit,
        quiescing: false,
      };
      if (level === undefined) {
        const seats = own.exempt ? Infinity : limit.nominal;
        const queues = new FairQueues(layout, seats);
        this.#levels.set(own.name, {
          ...common,
          queues,
          meter: new DemandMeter(now),
          dropped: new DroppedRequests(),
          counts: { dispatched: 0, rejected: 0, timedOut: 0, cancelled: 0 },
        });
      } else {
        Object.assign(level, common);
        level.queues.configure(layout, own.exempt ? Infinity : limit.nominal, now);
      }
    }
    for (const [name, level] of this.#levels) {
      if (specs.has(name)) continue;
      level.quiescing = true;
      if (level.queues.demand === 0) this.#levels.delete(name);
    }
  }

  /** Seats nobody uses go to levels that could: called every few seconds. */
  adjust(): void {
    const now = this.#nowSeconds();
    const demands = this.all().map((level) => {
      const { name, exempt, limits } = level;
      return { name, exempt, ...limits, ...level.meter.turn(now) };
    });
    // Nobody has asked for anything: every level is at its nominal share already or soon will be.
    const seats = allocate(demands, this.#total);
    for (const level of this.all()) {
      if (level.exempt) continue;
      const limit = seats.get(level.name) ?? level.limits.nominal;
      if (limit !== level.queues.seatLimit) level.queues.configure(level.layout, limit, now);
    }
  }
}

function readShares({ metadata, spec }: KubeObject): LevelShares {
  const { type, exempt, limited } = spec as LevelSpec;
  const name = metadata.name ?? '';
  if (type === 'Exempt') {
    return {
      name,
      exempt: true,
      nominalConcurrencyShares: exempt?.nominalConcurrencyShares ?? 0,
      lendablePercent: exempt?.lendablePercent ?? 0,
      borrowingLimitPercent: undefined,
    };
  }
  return {
    name,
    exempt: false,
    nominalConcurrencyShares: limited?.nominalConcurrencyShares ?? defaultShares,
    lendablePercent: limited?.lendablePercent ?? 0,
    borrowingLimitPercent: limited?.borrowingLimitPercent ?? undefined,
  };
}

function readLayout(spec: LevelSpec): QueueLayout {
  const response = spec.limited?.limitResponse;
  if (spec.type === 'Exempt' || response?.type !== 'Queue') return noQueues;
  const { queues = 64, handSize = 8, queueLengthLimit = 50 } = response.queuing ?? {};
  return { queues, handSize, queueLengthLimit };
}
