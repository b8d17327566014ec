import type {
  Count,
  Counter,
  Distribution,
  Gauge,
  Histogram,
  Registry,
} from '../../metrics/registry.ts';
import type { Handled, RequestContext, Stage } from '../context.ts';

const durationBuckets = [
  0.005, 0.025, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1, 1.25, 1.5, 2, 3, 4, 5, 6, 8, 10, 15, 20, 30, 45,
  60,
];
const sliBuckets = durationBuckets.slice(2);
const sizeBuckets = [1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9];

const labels = ['verb', 'group', 'version', 'resource', 'subresource', 'scope', 'component'];
const dryLabels = ['verb', 'dry_run', ...labels.slice(1)];

/** What one kind of request leaves, looked up once for each request. */
interface Series {
  /** Values of {@link dryLabels}. */
  labels: readonly string[];
  byCode: Map<number, Count>;
  duration: Distribution;
  /** Dry runs are no part of service levels. */
  sli: Distribution | undefined;
  /** Of requests that read. */
  size: Distribution | undefined;
}

/** A watch is a way to list. */
const reading = new Set(['GET', 'LIST', 'WATCH']);

/** As many kinds of requests as are remembered; they are looked up again after that. */
const seriesMax = 10_000;

/**
 * Requests, as upstream counts them (endpoints/metrics/metrics.go): those that a handler got, and
 * those that were turned away for lack of room. Who may not ask is not counted.
 */
export class RequestMetrics {
  readonly #total: Counter;
  readonly #durations: Histogram;
  readonly #sli: Histogram;
  readonly #sizes: Histogram;
  readonly #longRunning: Gauge;
  readonly #terminations: Counter;
  /** A connection over which no request came. */
  readonly handshakeFailed: () => void;
  readonly #series = new Map<string, Series>();

  constructor(registry: Registry) {
    this.#total = registry.counter(
      'apiserver_request_total',
      '[STABLE] Counter of apiserver requests broken out for each verb, dry run value, group, version, resource, scope, component, and HTTP response code.',
      [...dryLabels, 'code'],
    );
    this.#durations = registry.histogram(
      'apiserver_request_duration_seconds',
      '[STABLE] Response latency distribution in seconds for each verb, dry run value, group, version, resource, subresource, scope and component.',
      dryLabels,
      durationBuckets,
    );
    this.#sli = registry.histogram(
      'apiserver_request_sli_duration_seconds',
      '[ALPHA] Response latency distribution (not counting webhook duration and priority & fairness queue wait times) in seconds for each verb, group, version, resource, subresource, scope and component.',
      labels,
      sliBuckets,
    );
    this.#sizes = registry.histogram(
      'apiserver_response_sizes',
      '[STABLE] Response size distribution in bytes for each group, version, verb, resource, subresource, scope and component.',
      labels,
      sizeBuckets,
    );
    this.#longRunning = registry.gauge(
      'apiserver_longrunning_requests',
      '[STABLE] Gauge of all active long-running apiserver requests broken out by verb, group, version, resource, scope and component. Not all requests are tracked this way.',
      labels,
    );
    this.#terminations = registry.counter(
      'apiserver_request_terminations_total',
      '[ALPHA] Number of requests which apiserver terminated in self-defense.',
      [...labels, 'code'],
    );
    const handshakes = registry.counter(
      'apiserver_tls_handshake_errors_total',
      "[ALPHA] Number of requests dropped with 'TLS handshake error from' error",
    );
    this.handshakeFailed = () => handshakes.inc([]);
    registry.onReset(() => this.#series.clear());
  }

  /** When the response of a request is over. */
  observe(context: RequestContext, code: number, durationMs: number): void {
    const refused = context.terminated;
    if (refused) this.#terminated(context, code);
    const handled = context.handled ?? (refused && code === 429 ? 'resource' : undefined);
    if (handled === undefined) return;
    const series = this.#seriesOf(context, handled);
    let count = series.byCode.get(code);
    if (count === undefined) {
      count = this.#total.with([...series.labels, String(code)]);
      series.byCode.set(code, count);
    }
    count.value += 1;
    if (context.handled === undefined) return;
    series.duration.observe(durationMs / 1e3);
    series.sli?.observe((durationMs - context.waitedMs) / 1e3);
    series.size?.observe(context.sentBytes);
  }

  /** Counts the long-running ones while a handler has them. */
  counted(route: Stage): Stage {
    return {
      name: route.name,
      run: (context) => {
        if (context.longRunning) this.#begun(context);
        return route.run(context);
      },
    };
  }

  #begun(context: RequestContext): void {
    const count = this.#longRunning.with(withoutDryRun(labelsOf(context, 'resource')));
    count.value += 1;
    context.onFinish(() => {
      count.value -= 1;
    });
  }

  #terminated(context: RequestContext, code: number): void {
    const values = withoutDryRun(labelsOf(context, 'resource'));
    // a path stands where others have their subresource
    if (!context.info.isResourceRequest) values[4] = context.info.path;
    this.#terminations.inc([...values, String(code)]);
  }

  #seriesOf(context: RequestContext, handled: Handled): Series {
    const values = labelsOf(context, handled);
    const key = values.join('\0');
    const known = this.#series.get(key);
    if (known !== undefined) return known;
    const plain = withoutDryRun(values);
    const [verb = '', dryRun] = values;
    const series = {
      labels: values,
      byCode: new Map<number, Count>(),
      duration: this.#durations.with(values),
      sli: dryRun === '' ? this.#sli.with(plain) : undefined,
      size: reading.has(verb) ? this.#sizes.with(plain) : undefined,
    };
    if (this.#series.size >= seriesMax) this.#series.clear();
    this.#series.set(key, series);
    return series;
  }
}

function withoutDryRun([verb = '', _dryRun, ...rest]: readonly string[]): string[] {
  return [verb, ...rest];
}

/** Values of {@link dryLabels}. */
function labelsOf(context: RequestContext, handled: Handled): string[] {
  const dryRun = dryRunOf(context.query);
  if (handled !== 'resource') {
    const { path, component } = handled;
    return [verbOf(context, ''), dryRun, '', '', '', path, '', component];
  }
  const { info } = context;
  const scope = scopeOf(context);
  return [
    verbOf(context, scope),
    dryRun,
    info.group,
    info.version,
    info.resource,
    info.subresource,
    scope,
    'apiserver',
  ];
}

function dryRunOf(query: URLSearchParams): string {
  if (query.size === 0 || !query.has('dryRun')) return '';
  return query.getAll('dryRun').every((value) => value === 'All') ? 'All' : 'invalid';
}

/** Of the path: whose name is given, or will be, is one. */
function scopeOf({ info, method }: RequestContext): string {
  if (!info.isResourceRequest) return '';
  if (info.parts.length > 1 || method === 'POST') return 'resource';
  return info.namespace === '' ? 'cluster' : 'namespace';
}

const methods = new Set(['DELETE', 'PATCH', 'POST', 'PUT']);
const connecting = new Set(['log', 'exec', 'portforward', 'attach', 'proxy']);

function verbOf({ info, method, headers }: RequestContext, scope: string): string {
  if (info.isResourceRequest && connecting.has(info.subresource)) return 'CONNECT';
  if (info.verb === 'watch') return 'WATCH';
  if (method === 'GET' || method === 'HEAD') {
    return scope === 'resource' || scope === '' ? 'GET' : 'LIST';
  }
  if (method === 'PATCH' && headers['content-type'] === 'application/apply-patch+yaml') {
    return 'APPLY';
  }
  return methods.has(method) ? method : 'other';
}
