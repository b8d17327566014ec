import type { AuditEvent } from './event.ts';

/** Where events go, by the mode that a flag asks for. Never throws. */
export interface AuditBackend {
  /** Whether the request may go on: a promise where it has to wait for that. */
  write(event: AuditEvent): boolean | Promise<boolean>;
  /** Everything accepted is out. */
  close(): Promise<void>;
}

/** What backends write to; tells by itself what it could not keep. */
export interface EventSink {
  /** Whether all of them were kept. */
  write(events: readonly AuditEvent[]): boolean | Promise<boolean>;
  /** No waiting for better times any more; resolves when nothing is under way. */
  close(): Promise<void>;
}

/** Mode blocking-strict: what is not kept does not happen. */
export function strict(sink: EventSink): AuditBackend {
  return { write: (event) => sink.write([event]), close: () => sink.close() };
}

/** Mode blocking: waits, and goes on whatever comes of it. */
export function blocking(sink: EventSink): AuditBackend {
  return {
    write(event) {
      const kept = sink.write([event]);
      return kept instanceof Promise ? kept.then(() => true) : true;
    },
    close: () => sink.close(),
  };
}

/** All events of one turn of the event loop at once, at its end: before the answers of that turn are out. */
export function turnByTurn(sink: EventSink): AuditBackend {
  let events: AuditEvent[] = [];
  const flush = (): void => {
    const batch = events;
    events = [];
    if (batch.length > 0) void sink.write(batch);
  };
  return {
    write(event) {
      if (events.length === 0) setImmediate(flush);
      events.push(event);
      return true;
    },
    close() {
      flush();
      return sink.close();
    },
  };
}
