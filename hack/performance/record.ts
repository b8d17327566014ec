import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { arch, cpus } from 'node:os';
import { join } from 'node:path';
import { besideTable, type Side } from './beside.ts';
import { chart } from './chart.ts';
import { curveChart } from './curve-chart.ts';
import type { LatencyRow } from './latency.ts';
import { curveTable, latencyTable, markdownTable, rowTable } from './report.ts';
import type { Row } from './rows.ts';
import type { Point } from './scale.ts';
import { type WatcherMemory, watcherMemoryTable } from './watcher-memory.ts';

/** The figures that docs/performance.md shows: kept as JSON, written into the page and the chart. */
export interface Recorded {
  date: string;
  runs: number;
  machine: string;
  node: string;
  rows: Row[];
  latency?: LatencyRow[];
}

const docs = join(import.meta.dirname, '../../docs');
const recordedFile = join(docs, 'performance.json');
export function lastRecorded(): Recorded | undefined {
  if (!existsSync(recordedFile)) return undefined;
  return JSON.parse(readFileSync(recordedFile, 'utf8')) as Recorded;
}

export function record(rows: Row[], latency: LatencyRow[], runs: number): void {
  const before = lastRecorded();
  const now: Recorded = { ...circumstances(runs), rows, latency };
  writeFileSync(recordedFile, `${JSON.stringify(now, null, 2)}\n`);
  writeFileSync(join(docs, 'performance.svg'), chart(rows, before?.rows ?? []));
  writeInto('figures', `${said(runs)}\n\n${markdownTable(rowTable(rows))}`);
  writeInto('latencies', markdownTable(latencyTable(latency)));
}

export function recordBeside(sides: { upstream: Side; ours: Side }): void {
  writeInto('beside', `${said(1)}\n\n${markdownTable(besideTable(sides))}`);
}

export function recordWatcherMemory(memory: WatcherMemory): void {
  writeInto('watchers', markdownTable(watcherMemoryTable(memory)));
}

export function recordCurves(points: readonly Point[]): void {
  writeFileSync(join(docs, 'scale.svg'), curveChart(points));
  writeInto('curves', markdownTable(curveTable(points)));
}

function circumstances(runs: number): Omit<Recorded, 'rows'> {
  return {
    date: new Date().toISOString().slice(0, 10),
    runs,
    machine: `${cpus().length} cores, ${arch()}`,
    node: process.version,
  };
}

function said(runs: number): string {
  const { date, node, machine } = circumstances(runs);
  const whole = runs === 1 ? 'one run' : `medians of ${runs} runs`;
  return `${date}, Node.js ${node}, ${machine}; ${whole}.`;
}

/** Between the two comments of docs/performance.md that name the place. */
function writeInto(place: string, text: string): void {
  const [from, to] = [
    `<!-- ${place}: written by hack/bench --record -->`,
    `<!-- end of ${place} -->`,
  ];
  const page = join(docs, 'performance.md');
  const all = readFileSync(page, 'utf8');
  const [start, end] = [all.indexOf(from), all.indexOf(to)];
  if (start < 0 || end < start) throw new Error(`docs/performance.md has no place for ${place}`);
  writeFileSync(page, `${all.slice(0, start)}${from}\n${text}\n${all.slice(end)}`);
}
