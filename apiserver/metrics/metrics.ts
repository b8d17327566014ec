import { contentType } from '../../metrics/text-format.ts';
import { exposeProcess } from '../../metrics/process.ts';
import { Registry } from '../../metrics/registry.ts';
import { exposeRuntime } from '../../metrics/runtime.ts';
import type { RequestContext } from '../context.ts';

/** Names, labels and buckets of kube-apiserver's metrics (k8s.io/apiserver endpoints/metrics). */
export interface Metrics {
  readonly registry: Registry;
  observeRequest(context: RequestContext, code: number, durationMs: number): void;
  expose(): Promise<{ contentType: string; text: string }>;
}

const durationBuckets = [
  0.005, 0.025, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1, 1.25, 1.5, 2, 3, 4, 5, 6, 8, 10, 15, 20, 30, 45,
  60,
];

const requestLabels = [
  'verb',
  'dry_run',
  'group',
  'version',
  'resource',
  'subresource',
  'scope',
  'component',
];

/** `disabled`: names of metrics that are not shown (`--disabled-metrics`). */
export function makeMetrics(disabled: readonly string[] = []): Metrics {
  const registry = new Registry(disabled);
  exposeProcess(registry);
  exposeRuntime(registry);
  const requests = registry.counter(
    'apiserver_request_total',
    'Requests by verb, group, version, resource, scope, component and HTTP code.',
    [...requestLabels, 'code'],
  );
  const durations = registry.histogram(
    'apiserver_request_duration_seconds',
    'Time to answer in seconds, by verb, group, version, resource, subresource, scope and component.',
    requestLabels,
    durationBuckets,
  );
  return {
    registry,
    observeRequest(context, code, durationMs) {
      const labels = labelsOf(context);
      if (!context.longRunning) durations.observe(labels, durationMs / 1000);
      labels.push(String(code));
      requests.inc(labels);
    },
    async expose() {
      return { contentType, text: await registry.text() };
    },
  };
}

/** In the order of their names. */
function labelsOf(context: RequestContext): string[] {
  const { info } = context;
  return [
    info.isResourceRequest ? verbLabel(info.verb, context) : context.method,
    context.query.get('dryRun') ?? '',
    info.group,
    info.version,
    info.resource,
    info.isResourceRequest ? info.subresource : info.path === '/' ? '' : info.path,
    scopeOf(context),
    'apiserver',
  ];
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
