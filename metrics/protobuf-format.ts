import { type Label, type Metric, type Sample, seriesOf } from './sample.ts';

/**
 * Prometheus' protobuf format: MetricFamily messages, each behind its length
 * (io.prometheus.client metrics.proto). What is above the last bound is in the count alone.
 */

export const contentType =
  'application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited';

const types = { counter: 0, gauge: 1, histogram: 4 } as const;
/** The fields of a Metric. */
const valueFields = { counter: 3, gauge: 2, histogram: 7 } as const;

export function metricBytes(metric: Metric, samples: Iterable<Sample>): Buffer {
  const series = seriesOf(metric, samples);
  if (series.length === 0) return Buffer.alloc(0);
  const family = Buffer.concat([
    text(1, metric.name),
    text(2, metric.help),
    number(3, types[metric.type]),
    ...series.map(({ labels, sample }) =>
      message(4, [...labels.map(pair), message(valueFields[metric.type], [value(sample)])]),
    ),
  ]);
  return Buffer.concat([varint(family.length), family]);
}

function pair([name, given]: Label): Buffer {
  return message(1, [text(1, name), text(2, given)]);
}

function value(sample: Sample): Buffer {
  if ('value' in sample) return double(1, sample.value);
  return Buffer.concat([
    number(1, sample.count),
    double(2, sample.sum),
    ...sample.buckets.map(([le, count]) => message(3, [number(1, count), double(2, le)])),
  ]);
}

function message(field: number, parts: readonly Buffer[]): Buffer {
  const bytes = Buffer.concat(parts);
  return Buffer.concat([varint((field << 3) | 2), varint(bytes.length), bytes]);
}

function text(field: number, given: string): Buffer {
  return message(field, [Buffer.from(given)]);
}

function number(field: number, given: number): Buffer {
  return Buffer.concat([varint(field << 3), varint(given)]);
}

function double(field: number, given: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleLE(given);
  return Buffer.concat([varint((field << 3) | 1), bytes]);
}

function varint(given: number): Buffer {
  const bytes: number[] = [];
  let rest = given;
  for (; rest > 0x7f; rest = Math.floor(rest / 0x80)) bytes.push((rest % 0x80) | 0x80);
  return Buffer.from([...bytes, rest]);
}
