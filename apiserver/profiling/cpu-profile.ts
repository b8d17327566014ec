import type { Profiler } from 'node:inspector';
import { setTimeout as sleep } from 'node:timers/promises';

/** Another one is being taken: V8 has one profiler. */
export class ProfilerBusy extends Error {}

let busy = false;

/** What the process does with its CPU for so long, or until `signal` aborts. Throws ProfilerBusy. */
export async function takeCpuProfile(ms: number, signal: AbortSignal): Promise<Profiler.Profile> {
  if (busy) throw new ProfilerBusy();
  busy = true;
  // nobody needs it until somebody asks
  const { Session } = await import('node:inspector/promises');
  const session = new Session();
  try {
    session.connect();
    await session.post('Profiler.enable');
    await session.post('Profiler.start');
    await sleep(ms, undefined, { signal }).catch(() => {});
    const { profile } = await session.post('Profiler.stop');
    return profile;
  } finally {
    session.disconnect();
    busy = false;
  }
}
