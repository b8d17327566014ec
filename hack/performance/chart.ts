import type { Row } from './rows.ts';

/**
 * A picture of the table: every row as a share of what kube-apiserver costs, beside the target and
 * the figures recorded before. SVG, readable without a script.
 */
const rowHeight = 46;
const barHeight = 11;
const labelWidth = 250;
const barWidth = 520;
/** Shares beyond this are cut. */
const shareMax = 1.25;

interface Series {
  name: string;
  colour: string;
  share: (row: Row) => number | undefined;
}

export function chart(rows: readonly Row[], before: readonly Row[]): string {
  const old = new Map(before.map((row) => [row.name, row]));
  const series: Series[] = [
    { name: 'now', colour: '#2563eb', share: (row) => row.value / row.kubeApiserver },
    {
      name: 'recorded before',
      colour: '#93c5fd',
      share: (row) => {
        const was = old.get(row.name);
        return was === undefined ? undefined : was.value / row.kubeApiserver;
      },
    },
    { name: 'target', colour: '#16a34a', share: (row) => row.target / row.kubeApiserver },
  ];
  const height = rows.length * rowHeight + 60;
  const parts = [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${labelWidth + barWidth + 90}" height="${height}" font-family="sans-serif" font-size="12">`,
    '<rect width="100%" height="100%" fill="#ffffff"/>',
    ...series.map(
      ({ name, colour }, i) =>
        `<rect x="${10 + i * 150}" y="12" width="11" height="11" fill="${colour}"/><text x="${26 + i * 150}" y="22">${name}</text>`,
    ),
    ...rows.flatMap((row, i) => drawRow(row, 40 + i * rowHeight, series)),
    line(40, height - 20),
    `<text x="${labelWidth + barWidth / shareMax}" y="${height - 6}" text-anchor="middle">kube-apiserver</text>`,
    '</svg>',
  ];
  return `${parts.join('\n')}\n`;
}

function drawRow(row: Row, top: number, series: readonly Series[]): string[] {
  const bars = series.flatMap(({ colour, share }, i) => {
    const value = share(row);
    if (value === undefined) return [];
    const width = Math.round((Math.min(value, shareMax) / shareMax) * barWidth);
    const y = top + i * (barHeight + 1);
    const text = `${Math.round(value * 100)}%`;
    return [
      `<rect x="${labelWidth}" y="${y}" width="${width}" height="${barHeight}" fill="${colour}"/>`,
      `<text x="${labelWidth + width + 5}" y="${y + barHeight - 1}" font-size="10">${text}</text>`,
    ];
  });
  return [`<text x="10" y="${top + 22}">${row.name}</text>`, ...bars];
}

function line(from: number, to: number): string {
  const x = labelWidth + barWidth / shareMax;
  return `<line x1="${x}" y1="${from - 6}" x2="${x}" y2="${to}" stroke="#64748b" stroke-dasharray="3 3"/>`;
}
