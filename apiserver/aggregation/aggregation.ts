import type { KubeObject } from '../../object/object.ts';
import { StatusError } from '../../object/status-error.ts';
import type { Logger } from '../../log/log.ts';
import type { RemoteGroupVersion } from '../discovery/groups.ts';
import type { Lister } from '../watch/view.ts';
import { failedDiscovery, missing, passed, type Verdict, withAvailable } from './availability.ts';
import { discover } from './discover.ts';
import type { Reach } from './reach.ts';
import { pathOf, type RemoteApi, remoteApi } from './remote-api.ts';

export interface AggregationOptions {
  reach: Reach;
  apiServices: Lister;
  services: Lister;
  endpointSlices: Lister;
  /** Revises the status of an APIService; the same object back means no write. */
  revise(name: string, change: (now: KubeObject) => KubeObject): Promise<void>;
  now(): Date;
  /** Its condition has changed, and says that it is not available. */
  onUnavailable?(name: string, reason: string): void;
  log: Logger;
}

/** Servers are asked again after this long even when nothing has changed (upstream: 30 s). */
const againMs = 30_000;
/** And one that has failed: soon, then less and less often. */
const retryFirstMs = 250;

interface Known {
  api: RemoteApi;
  resources: readonly unknown[];
  /** The last look at its discovery failed. */
  stale: boolean;
  failures: number;
  timer: NodeJS.Timeout | undefined;
  checking: boolean;
  /** Something changed while it was being checked. */
  again: boolean;
}

/**
 * The APIServices of other servers: which paths are theirs, whether they are available (which every
 * API server finds out and writes into the status), and what they serve.
 */
export class Aggregation {
  readonly #options: AggregationOptions;
  /** By name of the APIService. */
  readonly #known = new Map<string, Known>();
  readonly #unsubscribe: (() => void)[] = [];
  #generation = 0;
  #stopped = false;

  constructor(options: AggregationOptions) {
    this.#options = options;
  }

  /** Grows with every change of what {@link groupVersions} gives. */
  get generation(): number {
    return this.#generation;
  }

  async start(): Promise<void> {
    const { apiServices, services, endpointSlices } = this.#options;
    await Promise.all([apiServices, services, endpointSlices].map((lister) => lister.ready()));
    this.#unsubscribe.push(
      apiServices.onChange(({ type, object }) => {
        if (type === 'deleted') this.#forget(object.name);
        else this.#take(object.object());
      }),
      services.onChange(({ object }) => this.#serviceChanged(object.namespace, object.name)),
      endpointSlices.onChange(({ object }) =>
        this.#serviceChanged(object.namespace, object.labels['kubernetes.io/service-name'] ?? ''),
      ),
    );
    for (const apiService of apiServices.list('')) this.#take(apiService);
  }

  stop(): void {
    this.#stopped = true;
    for (const unsubscribe of this.#unsubscribe) unsubscribe();
    for (const { timer } of this.#known.values()) clearTimeout(timer);
  }

  /** Whose path it is; undefined when it is this server's own. */
  find(path: string): RemoteApi | undefined {
    if (this.#known.size === 0) return undefined;
    for (const { api } of this.#known.values()) {
      const own = pathOf(api);
      if (path.startsWith(own) && (path.length === own.length || path[own.length] === '/')) {
        return api;
      }
    }
    return undefined;
  }

  all(): RemoteApi[] {
    return [...this.#known.values()].map(({ api }) => api);
  }

  groupVersions(): RemoteGroupVersion[] {
    return [...this.#known.values()].map(({ api, resources, stale }) => ({
      group: api.group,
      version: api.version,
      priority: api.priority,
      resources,
      freshness: stale ? 'Stale' : 'Current',
    }));
  }

  #take(apiService: KubeObject): void {
    const name = apiService.metadata.name ?? '';
    const api = remoteApi(apiService);
    if (api === undefined) return this.#forget(name);
    const known = this.#known.get(name);
    if (known === undefined) {
      this.#known.set(name, {
        api,
        resources: [],
        stale: true,
        failures: 0,
        timer: undefined,
        checking: false,
        again: false,
      });
    } else {
      const { available: _before, ...before } = known.api;
      const { available: _after, ...after } = api;
      known.api = api;
      // our own write of the status, or another server's
      if (JSON.stringify(before) === JSON.stringify(after)) return undefined;
    }
    this.#generation += 1;
    return void this.#check(name);
  }

  #forget(name: string): void {
    const known = this.#known.get(name);
    if (known === undefined) return;
    clearTimeout(known.timer);
    this.#known.delete(name);
    this.#generation += 1;
  }

  #serviceChanged(namespace: string, service: string): void {
    for (const [name, { api }] of this.#known) {
      if (api.service.namespace === namespace && api.service.name === service) {
        void this.#check(name);
      }
    }
  }

  async #check(name: string): Promise<void> {
    const known = this.#known.get(name);
    if (known === undefined || this.#stopped) return;
    if (known.checking) {
      known.again = true;
      return;
    }
    clearTimeout(known.timer);
    known.checking = true;
    const { api } = known;
    const verdict = await this.#verdict(api);
    let changed = false;
    try {
      await this.#options.revise(name, (now) => {
        const next = withAvailable(now, verdict, this.#options.now());
        changed = next !== now;
        return next;
      });
      if (changed && verdict.status !== 'True') {
        this.#options.onUnavailable?.(name, verdict.reason ?? '');
      }
    } catch (error) {
      const gone = error instanceof StatusError && error.code === 404;
      if (!gone && !this.#stopped) {
        this.#options.log.warn({ error, apiService: name }, 'its availability was not written');
      }
    }
    await this.#discover(known, verdict.status === 'True');
    known.checking = false;
    if (this.#stopped || this.#known.get(name) !== known) return;
    known.failures = known.stale ? known.failures + 1 : 0;
    const retryMs = Math.min(againMs, retryFirstMs * 2 ** Math.min(known.failures, 10));
    const waitMs = known.again ? 0 : known.stale ? retryMs : againMs;
    known.again = false;
    known.timer = setTimeout(() => void this.#check(name), waitMs);
    known.timer.unref();
  }

  async #verdict(api: RemoteApi): Promise<Verdict> {
    const { services, endpointSlices, reach } = this.#options;
    const { namespace, name } = api.service;
    const slices = endpointSlices
      .list(namespace)
      .filter(({ metadata }) => metadata.labels?.['kubernetes.io/service-name'] === name);
    const absent = missing(api, services.get(namespace, name), slices);
    if (absent !== undefined) return absent;
    const failure = await reach.probe(api, pathOf(api));
    return failure === undefined ? passed : failedDiscovery(failure);
  }

  async #discover(known: Known, available: boolean): Promise<void> {
    const before = JSON.stringify([known.resources, known.stale]);
    try {
      if (available) known.resources = await discover(this.#options.reach, known.api);
      known.stale = !available;
    } catch (error) {
      known.stale = true;
      const { name } = known.api;
      this.#options.log.info({ error, apiService: name }, 'discovery of an aggregated API failed');
    }
    if (JSON.stringify([known.resources, known.stale]) !== before) this.#generation += 1;
  }
}
