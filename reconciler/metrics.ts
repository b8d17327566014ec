/**
 * A registry of a few counters in Prometheus' text format. Written out because prom-client costs
 * 15 MB of memory in processes that need a dozen series. Label sets are bounded by their callers.
 */
interface Series {
  name: string;
  help: string;
  type: 'counter' | 'gauge' | 'histogram';
  labels: readonly string[];
  lines(): string[];
}

const registry = new Map<string, Series>();

export interface Counter {
  inc(labels: readonly string[], by?: number): void;
}
export interface Gauge {
  set(labels: readonly string[], value: number): void;
  /** Ends the series: what it measured is gone. */
  remove(labels: readonly string[]): void;
}
export interface Histogram {
  observe(labels: readonly string[], value: number): void;
}

/** Registering the same name again gives a new series in its place. */
export function counter(name: string, help: string, labels: readonly string[]): Counter {
  const values = new Map<string, number>();
  register({ name, help, type: 'counter', labels, lines: () => plain(name, values) });
  return {
    inc(given, by = 1) {
      const key = labelText(labels, given);
      values.set(key, (values.get(key) ?? 0) + by);
    },
  };
}

export function gauge(name: string, help: string, labels: readonly string[]): Gauge {
  const values = new Map<string, number>();
  register({ name, help, type: 'gauge', labels, lines: () => plain(name, values) });
  return {
    set: (given, value) => values.set(labelText(labels, given), value),
    remove: (given) => values.delete(labelText(labels, given)),
  };
}

export function histogram(
  name: string,
  help: string,
  labels: readonly string[],
  buckets: readonly number[],
): Histogram {
  const values = new Map<string, { counts: number[]; sum: number; count: number }>();
  const lines = () => {
    const out: string[] = [];
    for (const [key, value] of values) {
      const more = key === '' ? '' : `${key},`;
      buckets.forEach((le, i) => out.push(`${name}_bucket{${more}le="${le}"} ${value.counts[i]}`));
      out.push(`${name}_bucket{${more}le="+Inf"} ${value.count}`);
      out.push(`${name}_sum{${key}} ${value.sum}`, `${name}_count{${key}} ${value.count}`);
    }
    return out;
  };
  register({ name, help, type: 'histogram', labels, lines });
  return {
    observe(given, value) {
      const key = labelText(labels, given);
      let entry = values.get(key);
      if (entry === undefined) {
        entry = { counts: buckets.map(() => 0), sum: 0, count: 0 };
        values.set(key, entry);
      }
      entry.sum += value;
      entry.count++;
      buckets.forEach((le, i) => {
        if (value <= le && entry.counts[i] !== undefined) entry.counts[i]++;
      });
    },
  };
}

/** The body of GET /metrics. */
export function metricsText(): string {
  const out: string[] = [];
  for (const series of registry.values()) {
    out.push(`# HELP ${series.name} ${series.help}`, `# TYPE ${series.name} ${series.type}`);
    out.push(...series.lines());
  }
  const { heapUsed, rss } = process.memoryUsage();
  out.push('# TYPE process_resident_memory_bytes gauge', `process_resident_memory_bytes ${rss}`);
  out.push('# TYPE nodejs_heap_used_bytes gauge', `nodejs_heap_used_bytes ${heapUsed}`);
  return `${out.join('\n')}\n`;
}

function register(series: Series): void {
  registry.set(series.name, series);
}

function plain(name: string, values: Map<string, number>): string[] {
  return [...values].map(([key, value]) =>
    key === '' ? `${name} ${value}` : `${name}{${key}} ${value}`,
  );
}

function labelText(names: readonly string[], values: readonly string[]): string {
  return names
    .map(
      (n, i) =>
        `${n}="${(values[i] ?? '').replace(/[\\"\n]/g, (c) => (c === '\n' ? '\\n' : `\\${c}`))}"`,
    )
    .join(',');
}
