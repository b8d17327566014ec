import type { AuditBackend } from './audit.ts';
import type { AuditEvent } from './event.ts';

/**
 * Sends events to a remote service in batches (`--audit-webhook-*`, mode batch). Events that find
 * the buffer full are lost and counted, as upstream's are.
 */
export interface WebhookBackendOptions {
  /** Sends an EventList; rejects when it was not taken. */
  post(body: unknown): Promise<unknown>;
  /** `--audit-webhook-batch-buffer-size`, default 10000. */
  bufferSize: number;
  /** `--audit-webhook-batch-max-size`, default 400. */
  batchSize: number;
  /** `--audit-webhook-batch-max-wait`, default 30 s. */
  maxWaitMs: number;
  /** `--audit-webhook-initial-backoff`, default 10 s; half as long again each time, five attempts. */
  initialBackoffMs: number;
  /** `--audit-webhook-batch-throttle-*`: batches a second, and so many at once after a quiet time. */
  throttle?: { qps: number; burst: number };
  onLost: (events: number, error: Error | undefined) => void;
}

const attemptsMax = 5;
const waitFactor = 1.5;
/** Up to a fifth longer, so that servers do not come back all at once. */
const jitter = (): number => 1 + Math.random() / 5;

export function makeWebhookBackend(options: WebhookBackendOptions): AuditBackend {
  const buffer: AuditEvent[] = [];
  let timer: NodeJS.Timeout | undefined;
  let sending: Promise<void> | undefined;
  let closing = false;
  let wake: (() => void) | undefined;

  async function post(items: AuditEvent[]): Promise<void> {
    const body = listOf(items);
    for (let attempt = 1; ; attempt++) {
      try {
        await options.post(body);
        return;
      } catch (error) {
        // At the end there is one try and no waiting: the server must be able to stop.
        if (attempt === attemptsMax || closing) return options.onLost(items.length, error as Error);
        await pause(options.initialBackoffMs * waitFactor ** (attempt - 1) * jitter());
      }
    }
  }

  const { throttle } = options;
  let tokens = throttle?.burst ?? 0;
  let counted = performance.now();

  /** A token bucket: milliseconds until the batch may go. */
  function takeToken(): number {
    if (throttle === undefined || throttle.qps <= 0) return 0;
    const now = performance.now();
    tokens = Math.min(throttle.burst, tokens + ((now - counted) / 1000) * throttle.qps) - 1;
    counted = now;
    return tokens >= 0 ? 0 : (-tokens / throttle.qps) * 1000;
  }

  function pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timeout = setTimeout(resolve, ms);
      timeout.unref();
      wake = () => {
        clearTimeout(timeout);
        resolve();
      };
    });
  }

  async function drain(): Promise<void> {
    clearTimeout(timer);
    timer = undefined;
    while (buffer.length > 0) {
      const waitMs = closing ? 0 : takeToken();
      if (waitMs > 0) await pause(waitMs);
      await post(buffer.splice(0, options.batchSize));
    }
    sending = undefined;
  }

  return {
    write(event) {
      if (buffer.length >= options.bufferSize) return options.onLost(1, undefined);
      buffer.push(event);
      if (sending !== undefined) return undefined;
      if (buffer.length >= options.batchSize) sending = drain();
      else if (timer === undefined) {
        timer = setTimeout(() => {
          sending ??= drain();
        }, options.maxWaitMs);
        timer.unref();
      }
      return undefined;
    },
    async close() {
      closing = true;
      wake?.();
      await sending;
      await drain();
    },
  };
}

/** What the items are the list says of them all. */
function listOf(events: readonly AuditEvent[]): object {
  const items = events.map(({ kind: _kind, apiVersion: _apiVersion, ...event }) => event);
  return { kind: 'EventList', apiVersion: 'audit.k8s.io/v1', metadata: {}, items };
}
