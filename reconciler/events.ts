import { setTimeout as sleep } from 'node:timers/promises';
import { type KubeObject, timestamp } from '../object/object.ts';
import { StatusError } from '../object/status-error.ts';
import type { Cluster, ResourceRef } from './cluster.ts';
import { type Correlation, EventCorrelator } from './event-correlator.ts';
import type { Logger } from '../log/log.ts';

/**
 * Records Events about objects (client-go tools/record): repetitions raise a count in place of new
 * Events, floods are dropped. Recording never blocks and never fails the caller.
 */
export interface EventRecorder {
  record(object: KubeObject, type: 'Normal' | 'Warning', reason: string, message: string): void;
}

export const events: ResourceRef = {
  group: '',
  version: 'v1',
  resource: 'events',
  kind: 'Event',
  namespaced: true,
};

/** Waiting Events; more are dropped (client-go's channel holds 1000). */
const queueLimit = 1000;
/** An Event is sent so often where no server answers, with so long between (client-go's). */
const attempts = 12;
const retryEveryMs = 10_000;

export function createEventRecorder(
  cluster: Cluster,
  component: string,
  log: Logger,
  retryMs: number = retryEveryMs,
): EventRecorder {
  const correlator = new EventCorrelator(() => performance.now());
  const waiting: Correlation[] = [];
  let sending = false;

  async function drain(): Promise<void> {
    if (sending) return;
    sending = true;
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      await deliver(next);
    }
    sending = false;
  }

  async function deliver(next: Correlation): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      try {
        await send(cluster, correlator, next);
        return;
      } catch (error) {
        const refused = error instanceof StatusError;
        log.debug(
          { reason: next.event.reason, error: String(error), attempt },
          'event not written',
        );
        if (refused || attempt >= attempts) return;
        await sleep(retryMs, undefined, { ref: false });
      }
    }
  }

  return {
    record(object, type, reason, message) {
      const event = eventFor(object, component, type, reason, message.slice(0, 1024));
      const correlation = correlator.correlate(event);
      if (correlation === undefined || waiting.length >= queueLimit) return;
      waiting.push(correlation);
      void drain();
    },
  };
}

async function send(
  cluster: Cluster,
  correlator: EventCorrelator,
  { key, event, previous }: Correlation,
): Promise<void> {
  const namespace = event.metadata.namespace ?? 'default';
  if (previous !== undefined) {
    const { count, lastTimestamp, message } = event;
    const target = { namespace, name: previous };
    try {
      await cluster.patch(events, target, 'merge', { count, lastTimestamp, message });
      return;
    } catch (error) {
      // Expired in the meantime: begin anew.
      if (!(error instanceof StatusError) || error.code !== 404) throw error;
    }
  }
  await cluster.create(events, event);
  correlator.written(key, event.metadata.name ?? '');
}

let sequence = 0;

function eventFor(
  object: KubeObject,
  component: string,
  type: string,
  reason: string,
  message: string,
): KubeObject {
  const { name = '', namespace, uid, resourceVersion } = object.metadata;
  const now = timestamp();
  // Nanoseconds in hexadecimal, as client-go names them; the sequence keeps them apart.
  const suffix = (BigInt(Date.now()) * 1_000_000n + BigInt(sequence++ % 1_000_000)).toString(16);
  return {
    apiVersion: 'v1',
    kind: 'Event',
    metadata: {
      name: `${name.slice(0, 230)}.${suffix}`,
      namespace: namespace === undefined || namespace === '' ? 'default' : namespace,
    },
    involvedObject: {
      apiVersion: object.apiVersion,
      kind: object.kind,
      name,
      ...(namespace === undefined ? {} : { namespace }),
      ...(uid === undefined ? {} : { uid }),
      ...(resourceVersion === undefined ? {} : { resourceVersion }),
    },
    reason,
    message,
    type,
    count: 1,
    firstTimestamp: now,
    lastTimestamp: now,
    source: { component },
    reportingComponent: component,
    reportingInstance: '',
  };
}
