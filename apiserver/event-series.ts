import { hostname } from 'node:os';
import { deepCopy } from '../object/copy.ts';
import { apiVersionOf, type KubeObject, microTimestamp } from '../object/object.ts';
import type { BootstrapPort, ObjectRef } from './bootstrap/reconcile.ts';

/** How long a series lasts without anything new, and how often one that goes on is written. */
const finishMs = 6 * 60_000;
const refreshMs = 30 * 60_000;

/** Events that are remembered; of what is beyond them every one is written. */
const knownMax = 4096;

export interface Observation {
  /** `''` for core. */
  group: string;
  kind: string;
  about: KubeObject;
  reason: string;
  action: string;
  message: string;
}

interface Known {
  event: KubeObject;
  /** 1: no series yet. */
  count: number;
  lastSeen: Date;
}

/**
 * Writes Events as upstream's recorder for events.k8s.io: the first of a kind is one, the second makes it
 * a series, and the later ones are counted and written now and then.
 * Source: k8s.io/client-go/tools/events/event_broadcaster.go.
 */
export class EventSeries {
  readonly #controller: string;
  readonly #writer: BootstrapPort;
  readonly #now: () => Date;
  readonly #known = new Map<string, Known>();
  #written = 0n;
  #refreshed: number;

  constructor(controller: string, writer: BootstrapPort, now = () => new Date()) {
    this.#controller = controller;
    this.#writer = writer;
    this.#now = now;
    this.#refreshed = now().getTime();
  }

  async record(seen: Observation): Promise<void> {
    const { uid = '', resourceVersion = '' } = seen.about.metadata;
    const key = [seen.kind, uid, resourceVersion, seen.reason, seen.action].join(' ');
    const known = this.#known.get(key);
    const time = this.#now();
    if (known === undefined) {
      const event = this.#event(seen, time);
      if (this.#known.size < knownMax) this.#known.set(key, { event, count: 1, lastSeen: time });
      await this.#writer.create(refOf(event), event);
      return;
    }
    known.count++;
    known.lastSeen = time;
    if (known.count === 2) await this.#write(known);
  }

  /** To be called every few minutes: ends series, and writes what the others have counted. */
  async tend(): Promise<void> {
    const now = this.#now().getTime();
    const refreshes = now - this.#refreshed >= refreshMs;
    if (refreshes) this.#refreshed = now;
    for (const [key, known] of this.#known) {
      const ends = now - known.lastSeen.getTime() > finishMs;
      if (ends) this.#known.delete(key);
      if ((ends || refreshes) && known.count > 1) await this.#write(known);
    }
  }

  async #write({ event, count, lastSeen }: Known): Promise<void> {
    const series = { count, lastObservedTime: microTimestamp(lastSeen) };
    const ref = refOf(event);
    const stored = await this.#writer.get(ref);
    if (stored === undefined) await this.#writer.create(ref, { ...event, series });
    else await this.#writer.update(ref, { ...deepCopy(stored), series });
  }

  #event({ group, kind, about, ...what }: Observation, time: Date): KubeObject {
    const { name = '', namespace = '', uid = '', resourceVersion = '' } = about.metadata;
    const nanoseconds = BigInt(time.getTime()) * 1_000_000n + (this.#written++ % 1_000_000n);
    return {
      apiVersion: 'v1',
      kind: 'Event',
      metadata: {
        name: `${name}.${nanoseconds.toString(16)}`,
        namespace: namespace || 'default',
      },
      involvedObject: {
        kind,
        apiVersion: apiVersionOf({ group, version: 'v1' }),
        name,
        ...(namespace === '' ? {} : { namespace }),
        uid,
        resourceVersion,
      },
      ...what,
      type: 'Warning',
      eventTime: microTimestamp(time),
      firstTimestamp: null,
      lastTimestamp: null,
      source: {},
      reportingComponent: this.#controller,
      reportingInstance: `${this.#controller}-${hostname()}`,
    };
  }
}

function refOf({ metadata: { namespace = '', name = '' } }: KubeObject): ObjectRef {
  return { group: '', resource: 'events', namespace, name };
}
