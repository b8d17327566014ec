import { setTimeout as sleep } from 'node:timers/promises';

/** Runs `work` every `ms` until aborted, never twice at once. What it throws ends nothing but itself. */
export async function every(
  ms: number,
  signal: AbortSignal,
  work: () => void | Promise<void>,
  failed: (error: unknown) => void = () => {},
): Promise<void> {
  while (!signal.aborted) {
    await sleep(ms, undefined, { signal }).catch(() => {});
    if (signal.aborted) return;
    try {
      await work();
    } catch (error) {
      failed(error);
    }
  }
}

/** Calls `changed` whenever `read` says something else than before; looks every five seconds until aborted. */
export function whenChanged(
  read: () => string,
  signal: AbortSignal,
  changed: () => void,
): Promise<void> {
  let last = read();
  return every(5_000, signal, () => {
    if (read() === last) return;
    last = read();
    changed();
  });
}
