import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { besideTable, measureBeside } from './performance/beside.ts';
import type { LoadClient } from './performance/client.ts';
import { type Floor, measureFloor } from './performance/floor.ts';
import { latencyRows } from './performance/latency.ts';
import { type LoadFigures, type LoadOptions, runLoad } from './performance/load.ts';
import { type PacedFigures, runPaced } from './performance/paced-load.ts';
import { makePods } from './performance/pods.ts';
import { profileLoad } from './performance/profiled-load.ts';
import { record, recordBeside, recordCurves, recordWatcherMemory } from './performance/record.ts';
import { aligned, curveTable, growthTable, latencyTable, rowTable } from './performance/report.ts';
import { type Work, works } from './performance/requests.ts';
import { medianRows, type Row, rowsOf, withAgain } from './performance/rows.ts';
import { axes, type Axis, measureCurve, type Point } from './performance/scale.ts';
import { startMeasuredServer } from './performance/server-process.ts';
import { kubeApiserverEvents, rateOf } from './performance/upstream.ts';
import { measureWatcherMemory, watcherMemoryTable } from './performance/watcher-memory.ts';

const help = `hack/bench [--runs 1] [--objects 3000] [--watchers 200] [--only get,list,...,watch]
           [--times 1] [--profile FOLDER] [--json FILE] [--record] [--scale objects,...]
           [--beside APIEXTENSIONS_APISERVER] [--watcher-memory 5000]

Starts etcd and an API server on this machine, runs one load against it and, in the same run, the
floor: what the same work costs in Node.js with nothing in between. Prints each cost in floors.

  --only      these kinds of work: ${works.join(', ')}, watch
  --times     repeats the work that leaves things as they are this often, for profiles
  --profile   writes a CPU profile of the API server for each kind of work into the folder, and prints
              who spends the time: folders, functions, garbage, native code; measures nothing else
  --runs      whole runs; the table has the medians
  --scale     the curves: objects, watchers, namespaces, definitions, kubelets;
              objects=1000/10000 for sizes of one's own
  --beside    the same load of custom resources on upstream's apiextensions-apiserver and here
  --watcher-memory   what so many idle watchers hold each, beside bare sockets of Node's
  --json      writes every figure of every run, latencies too, into the file
  --record    writes the figures and the chart of docs/performance.md
`;

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '1' },
    objects: { type: 'string', default: '3000' },
    watchers: { type: 'string', default: '200' },
    only: { type: 'string', default: [...works, 'watch'].join(',') },
    times: { type: 'string', default: '1' },
    profile: { type: 'string' },
    json: { type: 'string' },
    scale: { type: 'string' },
    beside: { type: 'string' },
    'watcher-memory': { type: 'string' },
    record: { type: 'boolean', default: false },
    help: { type: 'boolean', short: 'h', default: false },
  },
});

interface Run {
  figures: LoadFigures;
  /** The whole load once more on the same server: what it compiles for the first is there. */
  again: LoadFigures;
  floor: Floor;
  rows: Row[];
  paced: PacedFigures;
}

async function runOnce(): Promise<Run> {
  const server = await startMeasuredServer();
  try {
    const make = (client: LoadClient, namespace: string) =>
      makePods(client, namespace, count('objects'));
    const options = loadOptions();
    const figures = await runLoad(server, (client) => make(client, 'load'), options);
    progress('floor');
    const floor = await measureFloor(server.etcd);
    progress('once more');
    const again = await runLoad(server, (client) => make(client, 'again'), options);
    const rows = withAgain(rowsOf(figures, floor), rowsOf(again, floor));
    const pace = { ...options, rate: rateOf, events: kubeApiserverEvents };
    const paced = await runPaced(server, (client) => make(client, 'paced'), pace);
    return { figures, again, floor, rows, paced };
  } finally {
    await server.stop();
  }
}

function loadOptions(): LoadOptions {
  return { watchers: count('watchers'), times: count('times'), only: wanted(), progress };
}

function wanted(): Set<Work | 'watch'> {
  return new Set(values.only.split(',')) as Set<Work | 'watch'>;
}

async function beside(program: string): Promise<void> {
  const [objects, watchers] = [count('objects'), count('watchers')];
  const sides = await measureBeside({ program, objects, watchers, only: wanted(), progress });
  console.log(aligned(besideTable(sides)));
  if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(sides, null, 2)}\n`);
  if (values.record) recordBeside(sides);
}

function progress(text: string): void {
  process.stderr.write(`  ${text}\n`);
}

function count(name: 'runs' | 'objects' | 'watchers' | 'times' | 'watcher-memory'): number {
  const value = Number(values[name]);
  if (!Number.isInteger(value) || value < 1) {
    throw new Error(`--${name} is ${values[name]}: a whole number from 1 on is wanted`);
  }
  return value;
}

async function curves(asked: string): Promise<void> {
  const points: Point[] = [];
  for (const name of asked.split(',')) {
    const [axis = '', sizes] = name.split('=');
    if (!Object.hasOwn(axes, axis)) {
      throw new Error(`--scale knows ${Object.keys(axes).join(', ')}, not ${axis}`);
    }
    const wanted = sizes?.split('/').map(Number) ?? axes[axis as Axis];
    points.push(...(await measureCurve(axis as Axis, wanted, progress)));
  }
  console.log(`${aligned(curveTable(points))}\n\n${aligned(growthTable(points))}`);
  if (values.record) recordCurves(points);
}

async function main(): Promise<void> {
  if (values.scale !== undefined) return curves(values.scale);
  if (values.beside !== undefined) return beside(values.beside);
  if (values['watcher-memory'] !== undefined) {
    const memory = await measureWatcherMemory(count('watcher-memory'), progress);
    console.log(aligned(watcherMemoryTable(memory)));
    if (values.record) recordWatcherMemory(memory);
    return;
  }
  if (values.profile !== undefined) {
    console.log(await profileLoad(values.profile, count('objects'), loadOptions()));
    return;
  }
  const runs: Run[] = [];
  for (let i = 1; i <= count('runs'); i++) {
    process.stderr.write(`run ${i} of ${values.runs}\n`);
    runs.push(await runOnce());
  }
  const rows = medianRows(runs.map((run) => run.rows));
  const latency = latencyRows(runs);
  console.log(aligned(rowTable(rows)));
  if (latency.length > 0) console.log(`\n${aligned(latencyTable(latency))}`);
  if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(runs, null, 2)}\n`);
  if (values.record) record(rows, latency, runs.length);
}

if (values.help) process.stdout.write(help);
else await main();
