import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import type { KubeObject } from '../object/object.ts';
import { StatusError } from '../object/status-error.ts';
import type { Cluster, ResourceRef } from './cluster.ts';
import { type ElectionSettings, electionStep, observeLease, releasedLease } from './lease.ts';
import type { Observation } from './lease.ts';
import type { Logger } from '../log/log.ts';
import { gauge } from './metrics.ts';

/** Runs one candidate of an election (client-go tools/leaderelection). */
export interface LeaderOptions {
  cluster: Cluster;
  settings: ElectionSettings;
  log: Logger;
  /** The signal aborts when leadership ends, for whatever reason. */
  onStarted(signal: AbortSignal): void;
  /** Asked to stop while leading: awaited before the lease is released. */
  onStopping?(): Promise<void>;
  /** Leadership was lost against our will: upstream's binaries exit here. */
  onLost(): void;
  onNewLeader?(holder: string): void;
}

const leases: ResourceRef = {
  group: 'coordination.k8s.io',
  version: 'v1',
  resource: 'leases',
  kind: 'Lease',
  namespaced: true,
};

const status = gauge(
  'leader_election_master_status',
  'Gauge of if the reporting system is master of the relevant lease, 0 indicates backup, 1 indicates master.',
  ['name'],
);

/** Upstream's form: `host_uuid`. */
export function leaderIdentity(): string {
  return `${hostname()}_${randomUUID()}`;
}

/** Throws when the three times contradict one another, in upstream's words. */
export function checkElectionTimes(settings: ElectionSettings): void {
  if (settings.leaseDurationMs <= settings.renewDeadlineMs) {
    throw new Error('leaseDuration must be greater than renewDeadline');
  }
  if (settings.renewDeadlineMs <= 1.2 * settings.retryPeriodMs) {
    throw new Error('renewDeadline must be greater than retryPeriod*JitterFactor');
  }
  if (settings.leaseDurationMs < 1000) throw new Error('leaseDuration must be greater than zero');
  if (settings.retryPeriodMs < 1) throw new Error('retryPeriod must be greater than zero');
}

/**
 * Until `signal` aborts (the lease is then released) or leadership is lost (`onLost` is called).
 * Never rejects.
 */
export async function runElection(options: LeaderOptions, signal: AbortSignal): Promise<void> {
  const candidate = new Candidate(options);
  status.set([options.settings.leaseName], 0);
  if (!(await candidate.acquire(signal))) return;
  status.set([options.settings.leaseName], 1);
  const leading = new AbortController();
  options.onStarted(leading.signal);
  const kept = await candidate.renew(signal);
  leading.abort(new Error('no longer the leader'));
  status.set([options.settings.leaseName], 0);
  if (kept) {
    await options.onStopping?.();
    await candidate.release();
  } else options.onLost();
}

class Candidate {
  readonly #options: LeaderOptions;
  #lease: KubeObject | undefined;
  #observed: Observation | undefined;
  #holder = '';

  constructor(options: LeaderOptions) {
    this.#options = options;
  }

  /** True once we hold the lease, false when aborted first. */
  async acquire(signal: AbortSignal): Promise<boolean> {
    const { settings, log } = this.#options;
    log.info({ lease: settings.leaseName, identity: settings.identity }, 'waiting to lead');
    while (!signal.aborted) {
      const { leads, until } = await this.#try(settings.renewDeadlineMs);
      if (leads) {
        log.info({ lease: settings.leaseName, identity: settings.identity }, 'leading');
        return true;
      }
      const period = settings.retryPeriodMs * (1 + Math.random() * 0.2);
      // Wake when the other's lease expires, if that is sooner than the next regular look.
      const wait = Math.max(1, Math.min(period, until - performance.now() + 1));
      await sleep(wait, undefined, { signal }).catch(() => {});
    }
    return false;
  }

  /** Resolves true when aborted by the caller, false when the deadline passed without a renewal. */
  async renew(signal: AbortSignal): Promise<boolean> {
    const { settings, log } = this.#options;
    let renewedAt = performance.now();
    while (!signal.aborted) {
      const deadline = renewedAt + settings.renewDeadlineMs;
      const wait = Math.min(settings.retryPeriodMs, Math.max(0, deadline - performance.now()));
      await sleep(wait, undefined, { signal }).catch(() => {});
      if (signal.aborted) return true;
      // Time counts from before the request: what the server stored cannot be older than that.
      const began = performance.now();
      if (began >= deadline) break;
      if ((await this.#try(deadline - began)).leads) renewedAt = began;
      else if (performance.now() >= deadline) break;
    }
    if (signal.aborted) return true;
    log.error({ lease: settings.leaseName, holder: this.#holder }, 'lost the lease');
    return false;
  }

  async release(): Promise<void> {
    const { cluster, settings, log } = this.#options;
    if (this.#lease?.spec?.holderIdentity !== settings.identity) return;
    try {
      await within(cluster.update(leases, releasedLease(this.#lease, new Date())), 5_000);
      log.info({ lease: settings.leaseName }, 'released the lease');
    } catch (error) {
      log.warn({ lease: settings.leaseName, error: String(error) }, 'could not release the lease');
    }
  }

  /** One attempt; `until` is when the present holder's lease expires. */
  async #try(timeoutMs: number): Promise<{ leads: boolean; until: number }> {
    const { cluster, settings, log } = this.#options;
    const never = { leads: false, until: Number.POSITIVE_INFINITY };
    try {
      return await within(this.#attempt(cluster), timeoutMs);
    } catch (error) {
      // What is stored is not known any more: read it at the next attempt.
      this.#lease = undefined;
      const conflict = error instanceof StatusError && error.code === 409;
      if (!conflict) {
        log.warn({ lease: settings.leaseName, error: String(error) }, 'lease request failed');
      }
      return never;
    }
  }

  async #attempt(cluster: Cluster): Promise<{ leads: boolean; until: number }> {
    const { settings } = this.#options;
    const mine = this.#lease?.spec?.holderIdentity === settings.identity;
    // While we lead nobody else writes: the stored form is known and need not be read.
    const lease = mine
      ? this.#lease
      : await cluster.get(leases, settings.leaseNamespace, settings.leaseName);
    const now = performance.now();
    if (lease !== undefined) {
      this.#observed = observeLease(this.#observed, lease, now);
      this.#report(lease.spec?.holderIdentity ?? '');
    }
    const step = electionStep(lease, this.#observed, now, settings, new Date());
    switch (step.kind) {
      case 'wait':
        this.#lease = lease;
        return {
          leads: false,
          until: (this.#observed?.at ?? now) + (lease?.spec?.leaseDurationSeconds ?? 1) * 1000,
        };
      case 'create':
        this.#lease = await cluster.create(leases, step.lease);
        break;
      case 'update':
        this.#lease = await cluster.update(leases, step.lease);
        break;
    }
    this.#report(settings.identity);
    return { leads: true, until: 0 };
  }

  #report(holder: string): void {
    if (holder === this.#holder) return;
    this.#holder = holder;
    if (holder !== '') this.#options.onNewLeader?.(holder);
  }
}

/** Rejects after `ms`; what the call still does then is ignored. */
function within<T>(promise: Promise<T>, ms: number): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`no answer within ${Math.round(ms)} ms`)), ms);
    promise.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
