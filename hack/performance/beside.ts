import type { LoadClient } from './client.ts';
import { makeCustomResources } from './custom-resources.ts';
import { type LoadFigures, runLoad } from './load.ts';
import { type PacedFigures, runPaced } from './paced-load.ts';
import type { MeasuredServer } from './processes.ts';
import { short } from './report.ts';
import { nameOf, type Work, works } from './requests.ts';
import { startMeasuredServer } from './server-process.ts';
import { startUpstreamServer } from './upstream-server.ts';

/** Our server beside upstream's on this machine: the same load of custom resources, one after the other. */

export interface BesideOptions {
  /** Upstream's apiextensions-apiserver. */
  program: string;
  objects: number;
  watchers: number;
  only: ReadonlySet<Work | 'watch'>;
  progress(text: string): void;
}

export interface Side {
  load: LoadFigures;
  paced: PacedFigures;
}

/** Of what upstream reached with all that it is given: beyond that every queue grows without end. */
const offeredShare = 0.7;

export async function measureBeside(
  options: BesideOptions,
): Promise<{ upstream: Side; ours: Side }> {
  const { program, progress } = options;
  progress('upstream');
  const upstream = await measureSide(await startUpstreamServer(program), options);
  progress('quorate');
  const server = await startMeasuredServer({ certificate: true });
  return { upstream, ours: await measureSide(server, options, upstream.load) };
}

/** The rates of what is paced are a share of those of `reached`, or else of its own. */
async function measureSide(
  server: MeasuredServer,
  { objects, watchers, only, progress }: BesideOptions,
  reached?: LoadFigures,
): Promise<Side> {
  try {
    const make = (namespace: string) => (client: LoadClient) =>
      makeCustomResources(client, namespace, objects);
    const options = { watchers, only, times: 1, progress };
    const load = await runLoad(server, make('load'), options);
    const { cost, fanOut } = reached ?? load;
    const paced = await runPaced(server, make('paced'), {
      ...options,
      rate: (work) => Math.max(1, Math.round((cost[work]?.perSecond ?? 1) * offeredShare)),
      events: Math.max(watchers, Math.round((fanOut?.perSecond ?? 0) * offeredShare)),
    });
    return { load, paced };
  } finally {
    await server.stop();
  }
}

const heads = [
  'work',
  'offered',
  'Quorate: p50 / p99',
  'upstream: p50 / p99',
  'Quorate: CPU',
  'upstream: CPU',
  'at full speed',
  'upstream',
  'verdict',
];

export function besideTable({ upstream, ours }: { upstream: Side; ours: Side }): string[][] {
  const lines = [...works, 'watch' as const].flatMap((work) => {
    const [a, b] = [ours.paced[work], upstream.paced[work]];
    if (a === undefined || b === undefined) return [];
    const better = a.p50Ms <= b.p50Ms && a.p99Ms <= b.p99Ms;
    return [
      [
        nameOf(work, 'object'),
        `${short(a.offered)}/s`,
        ...[a, b].map(({ p50Ms, p99Ms }) => `${short(p50Ms)} / ${short(p99Ms)} ms`),
        ...[ours, upstream].map(({ load }) => cpuOf(load, work)),
        ...[ours, upstream].map(({ load }) => `${rateOf(load, work)}/s`),
        better ? 'met' : 'worse than upstream',
      ],
    ];
  });
  const memory = (['fresh', 'loaded', 'end'] as const).map((when) => {
    const [a, b] = [ours.load.rssMb[when], upstream.load.rssMb[when]];
    const name = `RSS ${{ fresh: 'fresh', loaded: 'with all', end: 'at the end' }[when]}`;
    return [name, '', `${a} MB`, `${b} MB`, '', '', '', '', a <= b ? 'met' : 'worse than upstream'];
  });
  return [heads, ...lines, ...memory];
}

function cpuOf({ cost, fanOut }: LoadFigures, work: Work | 'watch'): string {
  if (work === 'watch') return fanOut === undefined ? '' : `${short(fanOut.cpuUs)} us`;
  const ms = cost[work]?.cpuMs;
  return ms === undefined ? '' : `${short(ms)} ms`;
}

function rateOf({ cost, fanOut }: LoadFigures, work: Work | 'watch'): number {
  return (work === 'watch' ? fanOut?.perSecond : cost[work]?.perSecond) ?? 0;
}
