/** Prometheus' text format 0.0.4, as client_golang writes it: `le` comes last, no empty lines. */

export const contentType = 'text/plain; version=0.0.4; charset=utf-8';

export type MetricType = 'counter' | 'gauge' | 'histogram';

export interface Sample {
  labels: readonly string[];
  value: number;
  /** Of a histogram: which of its parts, and the upper bound of a bucket. */
  suffix?: '_bucket' | '_sum' | '_count';
  le?: number;
}

export function metricText(
  metric: { name: string; help: string; type: MetricType; labels: readonly string[] },
  samples: Iterable<Sample>,
): string {
  const { name, labels } = metric;
  let out = `# HELP ${name} ${helpText(metric.help)}\n# TYPE ${name} ${metric.type}\n`;
  for (const sample of samples) {
    const pairs = labels.map((label, i) => `${label}="${labelValue(sample.labels[i] ?? '')}"`);
    if (sample.le !== undefined) pairs.push(`le="${numberText(sample.le)}"`);
    const set = pairs.length === 0 ? '' : `{${pairs.join(',')}}`;
    out += `${name}${sample.suffix ?? ''}${set} ${numberText(sample.value)}\n`;
  }
  return out;
}

function numberText(value: number): string {
  if (value === Infinity) return '+Inf';
  return value === -Infinity ? '-Inf' : String(value);
}

function helpText(text: string): string {
  return text.replace(/[\\\n]/g, escaped);
}

function labelValue(text: string): string {
  return text.replace(/[\\"\n]/g, escaped);
}

function escaped(char: string): string {
  return char === '\n' ? '\\n' : `\\${char}`;
}
