import { type Metric, type Sample, seriesOf } from './sample.ts';

/**
 * Prometheus' text format 0.0.4, as client_golang writes it: labels by name and series by their
 * values, `le` last, numbers in Go's shortest form, nothing of a metric without series.
 */

export const contentType = 'text/plain; version=0.0.4; charset=utf-8';

export function metricText(metric: Metric, samples: Iterable<Sample>): string {
  const { name } = metric;
  let out = '';
  for (const { labels, sample } of seriesOf(metric, samples)) {
    const pairs = labels.map(([label, value]) => `${label}="${labelValue(value)}"`);
    const set = pairs.length === 0 ? '' : `{${pairs.join(',')}}`;
    if ('value' in sample) {
      out += `${name}${set} ${numberText(sample.value)}\n`;
      continue;
    }
    for (const [le, count] of [...sample.buckets, [Infinity, sample.count] as const]) {
      const bucket = [...pairs, `le="${numberText(le)}"`].join(',');
      out += `${name}_bucket{${bucket}} ${count}\n`;
    }
    out += `${name}_sum${set} ${numberText(sample.sum)}\n${name}_count${set} ${sample.count}\n`;
  }
  if (out === '') return '';
  return `# HELP ${name} ${helpText(metric.help)}\n# TYPE ${name} ${metric.type}\n${out}`;
}

/** Go's 'g' with as few digits as tell the number: an exponent from a million on. */
function numberText(value: number): string {
  if (value === Infinity) return '+Inf';
  if (!Number.isFinite(value)) return value === -Infinity ? '-Inf' : 'NaN';
  const [digits = '', exponent = ''] = value.toExponential().split('e');
  const power = Number(exponent);
  if (power >= -4 && power < 6) return String(value);
  const sign = power < 0 ? '-' : '+';
  return `${digits}e${sign}${String(Math.abs(power)).padStart(2, '0')}`;
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
