import type { EventSink } from './backend.ts';
import type { AuditEvent } from './event.ts';

export interface WebhookSinkOptions {
  /** Sends an EventList; rejects when it was not taken. */
  post(body: unknown): Promise<unknown>;
  /** `--audit-webhook-initial-backoff`, default 10 s; half as long again each time, five attempts. */
  initialBackoffMs: number;
  onLost: (events: number, error: Error) => void;
}

const attemptsMax = 5;
const waitFactor = 1.5;
/** Up to a fifth longer, so that servers do not come back all at once. */
const jitter = (): number => 1 + Math.random() / 5;

/** Sends events to a remote service (`--audit-webhook-*`); any failure is tried again. */
export function makeWebhookSink(options: WebhookSinkOptions): EventSink {
  const underWay = new Set<Promise<boolean>>();
  const wake = new Set<() => void>();
  let closing = false;

  function pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        wake.delete(done);
        resolve();
      };
      const timer = setTimeout(done, ms).unref();
      wake.add(done);
    });
  }

  async function send(events: readonly AuditEvent[]): Promise<boolean> {
    const body = listOf(events);
    for (let attempt = 1; ; attempt++) {
      try {
        await options.post(body);
        return true;
      } catch (error) {
        // At the end there is one try and no waiting: the server must be able to stop.
        if (attempt === attemptsMax || closing) {
          options.onLost(events.length, error as Error);
          return false;
        }
        await pause(options.initialBackoffMs * waitFactor ** (attempt - 1) * jitter());
      }
    }
  }

  return {
    write(events) {
      const sent = send(events);
      underWay.add(sent);
      void sent.finally(() => underWay.delete(sent));
      return sent;
    },
    async close() {
      closing = true;
      for (const done of wake) done();
      await Promise.all(underWay);
    },
  };
}

/** What the items are the list says of them all. */
function listOf(events: readonly AuditEvent[]): object {
  const items = events.map(({ kind: _kind, apiVersion: _apiVersion, ...event }) => event);
  return { kind: 'EventList', apiVersion: 'audit.k8s.io/v1', metadata: {}, items };
}
