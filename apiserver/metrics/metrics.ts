import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { RequestContext } from '../context.ts';

/**
 * The only import of prom-client. Names, labels and buckets of kube-apiserver's metrics
 * (k8s.io/apiserver endpoints/metrics).
 */
export interface Metrics {
  observeRequest(context: RequestContext, code: number, durationMs: number): void;
  gauge(name: string, help: string, read: () => number | Promise<number>): void;
  /** One value for each set of labels, read anew whenever somebody looks. */
  labelledGauge(
    name: string,
    help: string,
    labels: readonly string[],
    read: () => Samples | Promise<Samples>,
  ): void;
  expose(): Promise<{ contentType: string; text: string }>;
}

export type Samples = readonly { labels: Record<string, string>; value: number }[];

const durationBuckets = [
  0.005, 0.025, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1, 1.25, 1.5, 2, 3, 4, 5, 6, 8, 10, 15, 20, 30, 45,
  60,
];

/** `disabled`: names of metrics that are not shown (`--disabled-metrics`). */
export function makeMetrics(disabled: readonly string[] = []): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const requests = new Counter({
    name: 'apiserver_request_total',
    help: 'Requests by verb, group, version, resource, scope, component and HTTP code.',
    labelNames: [
      'verb',
      'dry_run',
      'group',
      'version',
      'resource',
      'subresource',
      'scope',
      'component',
      'code',
    ],
    registers: [registry],
  });
  const durations = new Histogram({
    name: 'apiserver_request_duration_seconds',
    help: 'Time to answer in seconds, by verb, group, version, resource, subresource, scope and component.',
    labelNames: [
      'verb',
      'dry_run',
      'group',
      'version',
      'resource',
      'subresource',
      'scope',
      'component',
    ],
    buckets: durationBuckets,
    registers: [registry],
  });
  return {
    observeRequest(context, code, durationMs) {
      const labels = labelsOf(context);
      requests.inc({ ...labels, code: String(code) });
      if (!context.longRunning) durations.observe(labels, durationMs / 1000);
    },
    gauge(name, help, read) {
      new Gauge({
        name,
        help,
        registers: [registry],
        async collect() {
          this.set(await read());
        },
      });
    },
    labelledGauge(name, help, labelNames, read) {
      new Gauge({
        name,
        help,
        labelNames,
        registers: [registry],
        async collect() {
          this.reset();
          for (const { labels, value } of await read()) this.set(labels, value);
        },
      });
    },
    async expose() {
      for (const name of disabled) registry.removeSingleMetric(name);
      return { contentType: registry.contentType, text: await registry.metrics() };
    },
  };
}

function labelsOf(context: RequestContext): Record<string, string> {
  const { info } = context;
  return {
    verb: info.isResourceRequest ? verbLabel(info.verb, context) : context.method,
    dry_run: context.query.get('dryRun') ?? '',
    group: info.group,
    version: info.version,
    resource: info.resource,
    subresource: info.isResourceRequest ? info.subresource : info.path === '/' ? '' : info.path,
    scope: scopeOf(context),
    component: 'apiserver',
  };
}

function verbLabel(verb: string, context: RequestContext): string {
  if (verb === 'update') return 'PUT';
  if (verb === 'create') return 'POST';
  if (
    verb === 'patch' &&
    (context.headers['content-type'] ?? '').startsWith('application/apply-patch')
  ) {
    return 'APPLY';
  }
  return verb.toUpperCase();
}

function scopeOf({ info }: RequestContext): string {
  if (!info.isResourceRequest) return '';
  if (info.name !== '') return 'resource';
  return info.namespace === '' ? 'cluster' : 'namespace';
}
