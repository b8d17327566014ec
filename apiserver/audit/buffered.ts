import type { AuditBackend, EventSink } from './backend.ts';
import type { AuditEvent } from './event.ts';

/** `--audit-*-batch-*` */
export interface BatchOptions {
  /** Events that may wait while batches are held back. */
  bufferSize: number;
  batchSize: number;
  /** Milliseconds between batches that are not full. */
  maxWaitMs: number;
  /** Batches a second, and so many at once after a quiet time. */
  throttle: { qps: number; burst: number } | undefined;
}

/**
 * Mode batch: requests never wait. A batch goes when it is full or its time has come; one does not wait
 * for the one before. Events that find the buffer full are lost. Source: plugin/pkg/audit/buffered.
 */
export function buffered(
  sink: EventSink,
  options: BatchOptions,
  onLost: (events: number) => void,
): AuditBackend {
  const { bufferSize, batchSize, maxWaitMs } = options;
  const bucket = tokenBucket(options.throttle);
  const queue: AuditEvent[] = [];
  /** A batch that may not go yet. */
  let held: { batch: AuditEvent[]; timer: NodeJS.Timeout } | undefined;
  let timer: NodeJS.Timeout | undefined;
  let since = performance.now();
  let closed = false;

  function pump(notFull: boolean): void {
    while (held === undefined && queue.length >= (notFull ? 1 : batchSize)) {
      const batch = queue.splice(0, batchSize);
      const waitMs = closed ? 0 : bucket();
      if (waitMs === 0) deliver(batch);
      else held = { batch, timer: setTimeout(release, waitMs).unref() };
    }
    if (queue.length > 0 && held === undefined) wait();
  }

  function deliver(batch: AuditEvent[]): void {
    since = performance.now();
    clearTimeout(timer);
    timer = undefined;
    void sink.write(batch);
  }

  function release(): void {
    if (held === undefined) return;
    const { batch } = held;
    clearTimeout(held.timer);
    held = undefined;
    deliver(batch);
    pump(false);
  }

  /** The clock runs whether there is something to send or not. */
  function wait(): void {
    if (timer !== undefined) return;
    const left = maxWaitMs > 0 ? maxWaitMs - ((performance.now() - since) % maxWaitMs) : 0;
    timer = setTimeout(() => {
      timer = undefined;
      pump(true);
    }, left).unref();
  }

  return {
    write(event) {
      if (closed || (held !== undefined && queue.length >= bufferSize)) {
        onLost(1);
        return true;
      }
      queue.push(event);
      pump(false);
      return true;
    },
    close() {
      closed = true;
      clearTimeout(timer);
      release();
      pump(true);
      return sink.close();
    },
  };
}

/** Milliseconds until the next one may go; it is counted already. */
function tokenBucket(throttle: BatchOptions['throttle']): () => number {
  if (throttle === undefined) return () => 0;
  const { qps, burst } = throttle;
  let tokens = burst;
  let counted = performance.now();
  return () => {
    const now = performance.now();
    tokens = Math.min(burst, tokens + ((now - counted) / 1000) * qps) - 1;
    counted = now;
    return tokens >= 0 ? 0 : (-tokens / qps) * 1000;
  };
}
