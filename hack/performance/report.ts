import type { Row } from './rows.ts';
import type { Point } from './scale.ts';

/** Three significant digits. */
function short(value: number): string {
  if (value >= 100) return String(Math.round(value));
  return String(Number(value.toPrecision(3)));
}

export function verdict({ value, target, kubeApiserver }: Row): string {
  if (value <= target) return 'met';
  return value <= kubeApiserver ? `${short(value / target)} x target` : 'worse than kube-apiserver';
}

const heads = ['work', 'measured', 'in floors', 'kube-apiserver', 'target', 'verdict'];

function cells(row: Row): string[] {
  const floors = row.unit === 'floors';
  return [
    row.name,
    `${short(row.measured)} ${row.raw}`,
    floors ? short(row.value) : '',
    floors ? short(row.kubeApiserver) : `${row.kubeApiserver} ${row.unit}`,
    floors ? short(row.target) : `${row.target} ${row.unit}`,
    verdict(row),
  ];
}

export function rowTable(rows: readonly Row[]): string[][] {
  return [heads, ...rows.map(cells)];
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
