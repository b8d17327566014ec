export type MetricType = 'counter' | 'gauge' | 'histogram';

export interface Metric {
  name: string;
  help: string;
  type: MetricType;
  /** Names, in the order in which samples give their values. */
  labels: readonly string[];
}

/** One series: a number, or how many values fell below which bounds. */
export type Sample = NumberSample | HistogramSample;

export interface NumberSample {
  labels: readonly string[];
  value: number;
}

export interface HistogramSample {
  labels: readonly string[];
  count: number;
  sum: number;
  /** Finite upper bounds, ascending, and how many values are not above each. */
  buckets: readonly (readonly [le: number, count: number])[];
}

export type Label = readonly [name: string, value: string];

/** Every series with its labels by name, in the order of their values, as client_golang gathers them. */
export function seriesOf(
  metric: Metric,
  samples: Iterable<Sample>,
): { labels: readonly Label[]; sample: Sample }[] {
  const order = metric.labels
    .map((name, at) => ({ name, at }))
    .toSorted((a, b) => compare(a.name, b.name));
  return [...samples]
    .map((sample) => ({
      labels: order.map(({ name, at }): Label => [name, sample.labels[at] ?? '']),
      sample,
    }))
    .toSorted((a, b) => {
      const at = a.labels.findIndex(([, value], i) => value !== b.labels[i]?.[1]);
      return at < 0 ? 0 : compare(a.labels[at]?.[1] ?? '', b.labels[at]?.[1] ?? '');
    });
}

export function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
