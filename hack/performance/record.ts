import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { arch, cpus } from 'node:os';
import { join } from 'node:path';
import { chart } from './chart.ts';
import { markdownTable } from './report.ts';
import type { Row } from './rows.ts';

/** The figures that docs/performance.md shows: kept as JSON, written into the page and the chart. */
export interface Recorded {
  date: string;
  runs: number;
  machine: string;
  node: string;
  rows: Row[];
}

const docs = join(import.meta.dirname, '../../docs');
const recordedFile = join(docs, 'performance.json');
const marks = [
  '<!-- figures: written by hack/bench --record -->',
  '<!-- end of figures -->',
] as const;

export function lastRecorded(): Recorded | undefined {
  if (!existsSync(recordedFile)) return undefined;
  return JSON.parse(readFileSync(recordedFile, 'utf8')) as Recorded;
}

export function record(rows: Row[], runs: number): void {
  const before = lastRecorded();
  const now: Recorded = {
    date: new Date().toISOString().slice(0, 10),
    runs,
    machine: `${cpus().length} cores, ${arch()}`,
    node: process.version,
    rows,
  };
  writeFileSync(recordedFile, `${JSON.stringify(now, null, 2)}\n`);
  writeFileSync(join(docs, 'performance.svg'), chart(rows, before?.rows ?? []));
  const page = join(docs, 'performance.md');
  const text = readFileSync(page, 'utf8');
  const [start, end] = [text.indexOf(marks[0]), text.indexOf(marks[1])];
  if (start < 0 || end < start) throw new Error(`docs/performance.md has no place for the figures`);
  const said = `${now.date}, Node.js ${now.node}, ${now.machine}; medians of ${runs} ${runs === 1 ? 'run' : 'runs'}.`;
  const figures = `${marks[0]}\n${said}\n\n${markdownTable(rows)}\n`;
  writeFileSync(page, text.slice(0, start) + figures + text.slice(end));
}
