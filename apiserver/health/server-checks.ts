import type { Lifecycle, StartStep } from '../lifecycle.ts';
import type { Store } from '../storage/store.ts';
import type { HealthCheck } from './checks.ts';

/** The steps of a start by upstream's hooks that do the same, in its order. */
const hooks: readonly (readonly [hook: string, step: StartStep])[] = [
  ['generic-apiserver-start-informers', 'caches'],
  ['start-apiextensions-informers', 'caches'],
  ['start-apiextensions-controllers', 'custom resources'],
  ['crd-informer-synced', 'custom resources'],
  ['start-system-namespaces-controller', 'bootstrap policy'],
  ['start-cluster-authentication-info-controller', 'own objects'],
  ['start-service-ip-repair-controllers', 'service repair'],
  ['rbac/bootstrap-roles', 'bootstrap policy'],
  ['scheduling/bootstrap-system-priority-classes', 'bootstrap policy'],
  ['priority-and-fairness-config-producer', 'bootstrap policy'],
  ['bootstrap-controller', 'own objects'],
  ['start-kubernetes-service-cidr-controller', 'bootstrap policy'],
  ['start-kube-aggregator-informers', 'caches'],
  ['apiservice-registration-controller', 'aggregation'],
  ['apiservice-status-remote-available-controller', 'aggregation'],
  ['kube-apiserver-autoregistration', 'aggregation'],
];

/** Where flow control shares the seats: its hooks stand behind those of the informers. */
const fairHooks: typeof hooks = [
  ['priority-and-fairness-config-consumer', 'caches'],
  ['priority-and-fairness-filter', 'caches'],
];

/** What livez and readyz look at, in upstream's names and order. */
export function serverChecks(parts: {
  store: Store;
  lifecycle: Lifecycle;
  /** What the server reads by itself and has not read yet. */
  unsynced(): readonly string[];
  /** Flow control shares the seats. */
  fair: boolean;
  /** `--etcd-healthcheck-timeout`, `--etcd-readycheck-timeout` */
  healthTimeoutMs: number;
  readyTimeoutMs: number;
}): {
  livez: readonly HealthCheck[];
  readyz: readonly HealthCheck[];
} {
  const { store, lifecycle } = parts;
  const ping: HealthCheck = { name: 'ping', check() {} };
  const log: HealthCheck = { name: 'log', check() {} };
  const etcd: HealthCheck = { name: 'etcd', check: () => store.ping(parts.healthTimeoutMs) };
  const finished = (name: string, step: StartStep): HealthCheck => ({
    name,
    check() {
      if (!lifecycle.isDone(step)) throw new Error('not finished');
    },
  });
  const [informers, ...others] = hooks.map(([hook, step]) =>
    finished(`poststarthook/${hook}`, step),
  );
  const fair = fairHooks.map(([hook, step]) => finished(`poststarthook/${hook}`, step));
  const started = [
    ...(informers === undefined ? [] : [informers]),
    ...(parts.fair ? fair : []),
    ...others,
    finished('autoregister-completion', 'aggregation'),
  ];
  return {
    livez: [ping, log, etcd, ...started],
    readyz: [
      ping,
      log,
      etcd,
      { name: 'etcd-readiness', check: () => store.ping(parts.readyTimeoutMs) },
      {
        name: 'informer-sync',
        check() {
          const missing = parts.unsynced();
          if (missing.length === 0) return;
          throw new Error(`${missing.length} informers not started yet: [${missing.join(' ')}]`);
        },
      },
      ...started,
      {
        name: 'shutdown',
        check() {
          if (lifecycle.phase === 'draining' || lifecycle.phase === 'stopped') {
            throw new Error('process is shutting down');
          }
        },
      },
    ],
  };
}
