import { metricBytes } from './protobuf-format.ts';
import {
  compare,
  type HistogramSample,
  type Metric,
  type MetricType,
  type NumberSample,
  type Sample,
} from './sample.ts';
import { metricText } from './text-format.ts';

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
  with(labels: readonly string[]): Count;
  /** Ends the series: what it measured is gone. */
  remove(labels: readonly string[]): void;
}
export interface Histogram {
  observe(labels: readonly string[], value: number): void;
  with(labels: readonly string[]): Distribution;
}

/** Read anew whenever somebody looks. */
export type Read = () => Iterable<Sample> | Promise<Iterable<Sample>>;

interface Registered extends Metric {
  read: Read;
  /** Ends its series. Gauges tell what is now, there is nothing to begin anew. */
  reset?: (() => void) | undefined;
}

/** Which values labels may have; others are counted as one. */
export interface AllowedValues {
  /** Changes values of labels in the order of their names; undefined: all may stand. */
  of(metric: string, labels: readonly string[]): Constrain | undefined;
}

export type Constrain = (values: readonly string[]) => readonly string[];

/**
 * A metric has at most so many sets of labels. Clients choose some of the values (paths that nobody
 * serves are counted, too), so there must be an end: later sets are counted as one, `other` throughout.
 */
const mostSeries = 10_000;

export class Registry {
  readonly #metrics = new Map<string, Registered>();
  readonly #onReset: (() => void)[] = [];
  readonly #hidden: ReadonlySet<string>;
  readonly #allowed: AllowedValues;

  /** `hidden`: names of metrics that are not shown. */
  constructor(hidden: readonly string[] = [], allowed: AllowedValues = { of: () => undefined }) {
    this.#hidden = new Set(hidden);
    this.#allowed = allowed;
  }

  /** Registering the same name again gives a new series in its place. */
  counter(name: string, help: string, labels: readonly string[] = []): Counter {
    const series = new SeriesOf<Count>(
      labels,
      () => ({ value: 0 }),
      this.#allowed.of(name, labels),
    );
    this.#keep({ name, help, type: 'counter', labels }, series, numberSample);
    return {
      inc(given, by = 1) {
        series.of(given).value += by;
      },
      with: (given) => series.of(given),
    };
  }

  gauge(name: string, help: string, labels: readonly string[] = []): Gauge {
    const series = new SeriesOf<Count>(
      labels,
      () => ({ value: 0 }),
      this.#allowed.of(name, labels),
    );
    this.#keep({ name, help, type: 'gauge', labels }, series, numberSample);
    return {
      set(given, value) {
        series.of(given).value = value;
      },
      with: (given) => series.of(given),
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
    const series = new SeriesOf(
      labels,
      () => new Distribution(buckets),
      this.#allowed.of(name, labels),
    );
    this.#keep({ name, help, type: 'histogram', labels }, series, (given, distribution) =>
      distribution.sample(given),
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

  #keep<T>(
    metric: Metric,
    series: SeriesOf<T>,
    of: (labels: readonly string[], entry: T) => Sample,
  ): void {
    const read = (): Iterable<Sample> => series.samples(of);
    const counts = metric.type !== 'gauge';
    const reset = counts ? (): void => series.reset() : undefined;
    this.#metrics.set(metric.name, { ...metric, read, reset });
  }

  /** The body of GET /metrics as text, by name. */
  async text(): Promise<string> {
    let out = '';
    for (const metric of this.#shown()) out += metricText(metric, await metric.read());
    return out;
  }

  /** The same in protobuf. */
  async bytes(): Promise<Buffer> {
    const families: Buffer[] = [];
    for (const metric of this.#shown()) families.push(metricBytes(metric, await metric.read()));
    return Buffer.concat(families);
  }

  #shown(): Registered[] {
    return [...this.#metrics.values()]
      .filter(({ name }) => !this.#hidden.has(name))
      .toSorted((a, b) => compare(a.name, b.name));
  }

  /** Counts from the beginning. Whoever keeps what `with` gave has to ask for it again. */
  reset(): void {
    for (const { reset } of this.#metrics.values()) reset?.();
    for (const callback of this.#onReset) callback();
  }

  onReset(callback: () => void): void {
    this.#onReset.push(callback);
  }
}

function numberSample(labels: readonly string[], { value }: Count): NumberSample {
  return { labels, value };
}

class SeriesOf<T> {
  readonly #byKey = new Map<string, { labels: readonly string[]; entry: T }>();
  readonly #make: () => T;
  readonly #labelled: boolean;
  readonly #constrain: Constrain | undefined;

  constructor(names: readonly string[], make: () => T, constrain: Constrain | undefined) {
    this.#make = make;
    this.#constrain = constrain;
    this.#labelled = names.length > 0;
    this.reset();
  }

  /** Without labels there is one series, from the start. */
  reset(): void {
    this.#byKey.clear();
    if (!this.#labelled) this.of([]);
  }

  of(given: readonly string[]): T {
    const labels = this.#constrain === undefined ? given : this.#constrain(given);
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

  *samples(of: (labels: readonly string[], entry: T) => Sample): Iterable<Sample> {
    for (const { labels, entry } of this.#byKey.values()) yield of(labels, entry);
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

  sample(labels: readonly string[]): HistogramSample {
    let count = 0;
    const buckets = this.#bounds.map((le, i) => {
      count += this.#counts[i] as number;
      return [le, count] as const;
    });
    count += this.#counts[this.#bounds.length] as number;
    return { labels, buckets, sum: this.#sum, count };
  }
}
