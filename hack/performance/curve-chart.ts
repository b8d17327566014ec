import type { Axis, Point } from './scale.ts';

/** The curves as small pictures side by side: cost beside that at the smallest size, sizes in tens. */
const width = 300;
const height = 190;
const left = 40;
const bottom = 150;
const measures = {
  getMs: ['GET', '#2563eb'],
  listMs: ['LIST of 100', '#16a34a'],
  createMs: ['create', '#dc2626'],
  patchMs: ['patch', '#d97706'],
  watchUs: ['watch event', '#7c3aed'],
  rssMb: ['RSS', '#475569'],
} as const;

export function curveChart(points: readonly Point[]): string {
  const axes = [...new Set(points.map((point) => point.axis))];
  const parts = axes.map((axis, i) =>
    picture(
      axis,
      points.filter((point) => point.axis === axis),
      i * width,
    ),
  );
  const legend = Object.values(measures).map(
    ([name, colour], i) =>
      `<rect x="${10 + i * 120}" y="${height + 6}" width="10" height="10" fill="${colour}"/><text x="${24 + i * 120}" y="${height + 15}">${name}</text>`,
  );
  const size = `width="${Math.max(axes.length * width, 740)}" height="${height + 26}"`;
  return `<svg xmlns="http://www.w3.org/2000/svg" ${size} font-family="sans-serif" font-size="11">
<rect width="100%" height="100%" fill="#ffffff"/>
${[...parts, ...legend].join('\n')}
</svg>
`;
}

function picture(axis: Axis, points: readonly Point[], x: number): string {
  const [first] = points;
  if (first === undefined) return '';
  const highest = Math.max(
    2,
    ...Object.keys(measures).flatMap((key) =>
      points.map(
        (point) => point[key as keyof typeof measures] / first[key as keyof typeof measures],
      ),
    ),
  );
  const across = (size: number): number => {
    const [low, high] = [Math.log10(first.size), Math.log10(points.at(-1)?.size ?? first.size)];
    const share = high === low ? 0 : (Math.log10(size) - low) / (high - low);
    return Math.round(x + left + share * (width - left - 30));
  };
  const up = (times: number): number => Math.round(bottom - (times / highest) * (bottom - 30));
  const lines = Object.entries(measures).map(([key, [, colour]]) => {
    const of = (point: Point): number => point[key as keyof typeof measures];
    const way = points
      .map((point) => `${across(point.size)},${up(of(point) / of(first))}`)
      .join(' ');
    return `<polyline points="${way}" fill="none" stroke="${colour}" stroke-width="2"/>`;
  });
  const marks = points.map(
    ({ size }) =>
      `<text x="${across(size)}" y="${bottom + 16}" text-anchor="middle">${size}</text>`,
  );
  const scale = [1, highest].map(
    (times) => `<text x="${x + 4}" y="${up(times) + 4}">${Number(times.toPrecision(2))}x</text>`,
  );
  const frame = `<path d="M${x + left} 24V${bottom}H${x + width - 20}" fill="none" stroke="#94a3b8"/>`;
  return [`<text x="${x + left}" y="16">${axis}</text>`, frame, ...scale, ...marks, ...lines].join(
    '\n',
  );
}
