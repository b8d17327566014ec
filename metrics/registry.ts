import { metricText, type MetricType, type Sample } from './text-format.ts';

/**
 * Counters, gauges and histograms, and what Prometheus reads of them. Values of labels come in the
 * order of their names.
 */

/** What a hot path keeps: one set of labels, looked up once. */
export interface Count {
  value: number;
}

export interface Counter {
  inc(labels: readonly string[], by?: number): void;
  with(labels: readonly string[]): Count;
}
export interface Gauge {
  set(labels: readonly string[], value: number): void;
  /** Ends the series: what it measured is gone. */
  remove(labels: readonly string[]): void;
}
export interface Histogram {
  observe(labels: readonly string[], value: number): void;
  with(labels: readonly string[]): Distribution;
}

/** Read anew whenever somebody looks. */
export type Read = () => Iterable<Sample> | Promise<Iterable<Sample>>;

interface Metric {
  name: string;
  help: string;
  type: MetricType;
  labels: readonly string[];
  read: Read;
}

/**
 * A metric has at most so many sets of labels. Clients choose some of the values (paths that nobody
 * serves are counted, too), so there must be an end: later sets are counted as one, `other` throughout.
 */
const mostSeries = 10_000;

export class Registry {
  readonly #metrics = new Map<string, Metric>();
  readonly #hidden: ReadonlySet<string>;

  /** `hidden`: names of metrics that are not shown. */
  constructor(hidden: readonly string[] = []) {
    this.#hidden = new Set(hidden);
  }

  /** Registering the same name again gives a new series in its place. */
  counter(name: string, help: string, labels: readonly string[] = []): Counter {
    const series = new SeriesOf<Count>(labels, () => ({ value: 0 }));
    this.collected(name, help, 'counter', labels, () => series.samples(countSamples));
    return {
      inc(given, by = 1) {
        series.of(given).value += by;
      },
      with: (given) => series.of(given),
    };
  }

  gauge(name: string, help: string, labels: readonly string[] = []): Gauge {
    const series = new SeriesOf<Count>(labels, () => ({ value: 0 }));
    this.collected(name, help, 'gauge', labels, () => series.samples(countSamples));
    return {
      set(given, value) {
        series.of(given).value = value;
      },
      remove: (given) => series.remove(given),
    };
  }

  /** `buckets`: upper bounds, ascending; `+Inf` is added. */
  histogram(
    name: string,
    help: string,
    labels: readonly string[],
    buckets: readonly number[],
  ): Histogram {
    const series = new SeriesOf(labels, () => new Distribution(buckets));
    this.collected(name, help, 'histogram', labels, () =>
      series.samples((given, distribution) => distribution.samples(given)),
    );
    return {
      observe: (given, value) => series.of(given).observe(value),
      with: (given) => series.of(given),
    };
  }

  collected(
    name: string,
    help: string,
    type: MetricType,
    labels: readonly string[],
    read: Read,
  ): void {
    this.#metrics.set(name, { name, help, type, labels, read });
  }

  /** The body of GET /metrics, in {@link contentType}. */
  async text(): Promise<string> {
    let out = '';
    for (const metric of this.#metrics.values()) {
      if (!this.#hidden.has(metric.name)) out += metricText(metric, await metric.read());
    }
    return out;
  }
}

function countSamples(labels: readonly string[], { value }: Count): Sample[] {
  return [{ labels, value }];
}

class SeriesOf<T> {
  readonly #byKey = new Map<string, { labels: readonly string[]; entry: T }>();
  readonly #make: () => T;

  constructor(names: readonly string[], make: () => T) {
    this.#make = make;
    // without labels there is one series, from the start
    if (names.length === 0) this.of([]);
  }

  of(labels: readonly string[]): T {
    const key = labels.join('\0');
    const known = this.#byKey.get(key);
    if (known !== undefined) return known.entry;
    const other = labels.map(() => 'other');
    if (this.#byKey.size >= mostSeries && key !== other.join('\0')) return this.of(other);
    const entry = this.#make();
    this.#byKey.set(key, { labels: [...labels], entry });
    return entry;
  }

  remove(labels: readonly string[]): void {
    this.#byKey.delete(labels.join('\0'));
  }

  *samples(of: (labels: readonly string[], entry: T) => Iterable<Sample>): Iterable<Sample> {
    for (const { labels, entry } of this.#byKey.values()) yield* of(labels, entry);
  }
}

/** How often values fell between two bounds: summed up only when somebody looks. */
export class Distribution {
  readonly #bounds: readonly number[];
  readonly #counts: number[];
  #sum = 0;

  constructor(bounds: readonly number[]) {
    this.#bounds = bounds;
    this.#counts = Array.from({ length: bounds.length + 1 }, () => 0);
  }

  observe(value: number): void {
    let i = 0;
    // most values are small; one that is no number is beyond every bound
    while (i < this.#bounds.length && !(value <= (this.#bounds[i] as number))) i++;
    this.#counts[i] = (this.#counts[i] as number) + 1;
    this.#sum += value;
  }

  *samples(labels: readonly string[]): Iterable<Sample> {
    let count = 0;
    for (const [i, between] of this.#counts.entries()) {
      count += between;
      yield { labels, le: this.#bounds[i] ?? Infinity, value: count, suffix: '_bucket' };
    }
    yield { labels, value: this.#sum, suffix: '_sum' };
    yield { labels, value: count, suffix: '_count' };
  }
}
