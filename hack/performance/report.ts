import { type LatencyRow, latencyVerdict } from './latency.ts';
import type { Row } from './rows.ts';
import type { Point } from './scale.ts';

/** Three significant digits. */
export function short(value: number): string {
  if (value >= 100) return String(Math.round(value));
  return String(Number(value.toPrecision(3)));
}

export function verdict({ value, target, kubeApiserver }: Row): string {
  if (value <= target) return 'met';
  return value <= kubeApiserver ? `${short(value / target)} x target` : 'worse than kube-apiserver';
}

const heads = ['work', 'measured', 'in floors', 'kube-apiserver', 'target', 'verdict', 'once more'];

function cells(row: Row): string[] {
  const floors = row.unit === 'floors';
  return [
    row.name,
    `${short(row.measured)} ${row.raw}`,
    floors ? short(row.value) : '',
    floors ? short(row.kubeApiserver) : `${row.kubeApiserver} ${row.unit}`,
    floors ? short(row.target) : `${row.target} ${row.unit}`,
    verdict(row),
    row.again === undefined
      ? ''
      : `${short(row.again.measured)} ${row.raw}, ${short(row.again.value)} floors`,
  ];
}

export function rowTable(rows: readonly Row[]): string[][] {
  return [heads, ...rows.map(cells)];
}

const latencyHeads = [
  'work',
  'offered',
  'done',
  'p50 / p99',
  'mean',
  'bare server: p50 / p99',
  'kube-apiserver: p50 / p99',
  'mean',
  'verdict',
];

export function latencyTable(rows: readonly LatencyRow[]): string[][] {
  const pair = (p50Ms?: number, p99Ms?: number): string =>
    p50Ms === undefined || p99Ms === undefined ? '' : `${short(p50Ms)} / ${short(p99Ms)} ms`;
  const ms = (value?: number): string => (value === undefined ? '' : `${short(value)} ms`);
  return [
    latencyHeads,
    ...rows.map((row) => [
      row.name,
      `${short(row.offered)}/s`,
      `${short(row.perSecond)}/s`,
      pair(row.p50Ms, row.p99Ms),
      ms(row.meanMs),
      pair(row.bare?.p50Ms, row.bare?.p99Ms),
      pair(row.kubeApiserver.p50Ms, row.kubeApiserver.p99Ms),
      ms(row.kubeApiserver.meanMs),
      latencyVerdict(row),
    ]),
  ];
}

/** For a terminal. The first line is the head. */
export function aligned(all: readonly string[][]): string {
  const widths = (all[0] ?? []).map((_, i) =>
    Math.max(...all.map((line) => (line[i] ?? '').length)),
  );
  return all
    .map((line) =>
      line
        .map((cell, i) => cell.padEnd(widths[i] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/** For docs/performance.md. */
export function markdownTable([head = [], ...lines]: readonly string[][]): string {
  const line = (cellsOf: readonly string[]): string => `| ${cellsOf.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...lines.map(line)].join('\n');
}

const curveHeads = [
  'what grows',
  'size',
  'GET',
  'LIST of 100',
  'create',
  'patch',
  'watch event',
  'RSS',
];

export function curveTable(points: readonly Point[]): string[][] {
  const ms = (value: number): string => `${short(value)} ms`;
  return [
    curveHeads,
    ...points.map((p) => [
      p.axis,
      String(p.size),
      ms(p.getMs),
      ms(p.listMs),
      ms(p.createMs),
      ms(p.patchMs),
      `${short(p.watchUs)} us`,
      `${p.rssMb} MB`,
    ]),
  ];
}

/** More than this between the smallest size and the largest is growth, not the machine's noise. */
const noise = 1.5;

/** What each operation costs at the largest size beside the smallest, and the memory of one more. */
export function growthTable(points: readonly Point[]): string[][] {
  const lines = [...new Set(points.map(({ axis }) => axis))].flatMap((axis) => {
    const own = points.filter((point) => point.axis === axis);
    const [from, to] = [own[0], own.at(-1)];
    if (from === undefined || to === undefined || from.size === to.size) return [];
    const times = (['getMs', 'listMs', 'createMs', 'patchMs', 'watchUs'] as const).map((key) => {
      const ratio = to[key] / from[key];
      return `${short(ratio)} x${ratio > noise ? ', grows' : ''}`;
    });
    const each = ((to.rssMb - from.rssMb) * 1024) / (to.size - from.size);
    return [[axis, `${from.size} to ${to.size}`, ...times, `${short(each)} KB each`]];
  });
  return [curveHeads, ...lines];
}
