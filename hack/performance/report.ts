import type { Row } from './rows.ts';

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

/** For a terminal. */
export function table(rows: readonly Row[]): string {
  const all = [heads, ...rows.map(cells)];
  const widths = heads.map((_, i) => Math.max(...all.map((line) => (line[i] ?? '').length)));
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
export function markdownTable(rows: readonly Row[]): string {
  const line = (cellsOf: readonly string[]): string => `| ${cellsOf.join(' | ')} |`;
  return [line(heads), line(heads.map(() => '---')), ...rows.map((row) => line(cells(row)))].join(
    '\n',
  );
}
