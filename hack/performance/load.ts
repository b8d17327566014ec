import { type Cost, LoadClient, measure } from './client.ts';
import { type FanOut, fanOut } from './fan-out.ts';
import { amounts, requests, type Target, type Work, works } from './requests.ts';
import type { MeasuredServer } from './processes.ts';
import { cpuMs, rssMb } from './usage.ts';

/** One kind of work after another, each as fast as the server answers what may be under way. */

export interface LoadFigures {
  readyMs: number;
  cost: Partial<Record<Work, Cost>>;
  fanOut: FanOut | undefined;
  rssMb: { fresh: number; loaded: number; end: number };
}

export interface LoadOptions {
  watchers: number;
  /** Which kinds are measured; creating comes always, the rest needs it. */
  only: ReadonlySet<Work | 'watch'>;
  /** What repetitions are multiplied by, for profiles. */
  times: number;
  progress(text: string): void;
  /** Runs what is measured of a kind of work, and what it likes around that. */
  around?(work: Work | 'watch', run: () => Promise<void>): Promise<void>;
}

export async function runLoad(
  server: MeasuredServer,
  make: (client: LoadClient) => Promise<Target>,
  { only, times, progress, watchers, around = (_, run) => run() }: LoadOptions,
): Promise<LoadFigures> {
  const { pid } = server;
  const client = new LoadClient(server.url, server.credentials);
  // what start-up has left to do is not the load's
  await settle(pid);
  const fresh = rssMb(pid);
  const target = await make(client);
  const cost: Partial<Record<Work, Cost>> = {};
  const one = requests(client, target);
  const run = async (work: Work): Promise<void> => {
    if (!only.has(work) && work !== 'create') return;
    progress(work);
    // whoever lists first, as with kube-apiserver's figures, is not among the measured
    if (work === 'list') await one['list-consistent'](0);
    const { count, width } = amounts(target.objects)[work];
    const repeated = work === 'create' || work === 'delete' ? count : count * times;
    await around(work, async () => {
      cost[work] = await measure(pid, repeated, width, one[work]);
    });
  };
  for (const work of works) if (work !== 'delete') await run(work);
  let fan: FanOut | undefined;
  if (only.has('watch')) {
    progress('watch');
    fan = await fanOut(server, client, target, {
      watchers,
      events: 200 * times,
      around: (run) => around('watch', run),
    });
  }
  const loaded = rssMb(pid);
  await run('delete');
  const end = rssMb(pid);
  client.close();
  return { readyMs: server.readyMs, cost, fanOut: fan, rssMb: { fresh, loaded, end } };
}

/** Until the server has done next to nothing for half a second, `withinMs` at most; tells how long. */
export async function settle(pid: number, withinMs = 10_000): Promise<number> {
  const began = performance.now();
  let before = cpuMs(pid);
  while (performance.now() - began < withinMs) {
    await new Promise((resolve) => setTimeout(resolve, 500));
    const now = cpuMs(pid);
    if (now - before < 10) break;
    before = now;
  }
  return performance.now() - began;
}
