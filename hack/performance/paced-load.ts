import { LoadClient } from './client.ts';
import { fanOut } from './fan-out.ts';
import { offer, type Paced } from './pace.ts';
import { amounts, requests, type Target, type Work, works } from './requests.ts';
import type { MeasuredServer } from './processes.ts';

/** The same work as in a load, offered at given rates: what clients wait for. */

export type PacedFigures = Partial<Record<Work | 'watch', Paced>>;

export interface PacedOptions {
  only: ReadonlySet<Work | 'watch'>;
  watchers: number;
  /** Of each kind of work, in a second. */
  rate(work: Work): number;
  /** To all watchers together, in a second. */
  events: number;
  progress(text: string): void;
}

/** As long is each kind of work offered, but for creating and deleting: those take every object once. */
const seconds = 5;

export async function runPaced(
  server: MeasuredServer,
  make: (client: LoadClient) => Promise<Target>,
  { only, watchers, rate, events, progress }: PacedOptions,
): Promise<PacedFigures> {
  const client = new LoadClient(server.url, server.credentials);
  const target = await make(client);
  const figures: PacedFigures = {};
  const one = requests(client, target);
  const run = async (work: Work): Promise<void> => {
    if (!only.has(work) && work !== 'create') return;
    progress(`${work}, ${rate(work)}/s`);
    const { count, width } = amounts(target.objects)[work];
    const perSecond = rate(work);
    const once = work === 'create' || work === 'delete';
    const wanted = { perSecond, width, count: once ? count : Math.ceil(perSecond * seconds) };
    figures[work] = await offer(wanted, one[work]);
  };
  for (const work of works) if (work !== 'delete') await run(work);
  if (only.has('watch')) {
    progress(`watch, ${events} events/s`);
    const perSecond = events / watchers;
    const count = Math.ceil(perSecond * seconds);
    const fan = await fanOut(server, client, target, { watchers, events: count, perSecond });
    figures.watch = { ...fan, offered: events };
  }
  await run('delete');
  client.close();
  return figures;
}
