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
  ['start-legacy-token-tracking-controller', 'own objects'],
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

/** The encryption's configuration is followed from the first read on. */
const reloadHooks: typeof hooks = [['start-encryption-provider-config-automatic-reload', 'caches']];

/** What healthz, livez and readyz look at, in upstream's names and order. */
export function serverChecks(parts: {
  store: Store;
  lifecycle: Lifecycle;
  /** What the server reads by itself and has not read yet. */
  unsynced(): readonly string[];
  /** Flow control shares the seats. */
  fair: boolean;
  /** `--encryption-provider-config-automatic-reload` */
  encryptionReload: boolean;
  /** `--etcd-healthcheck-timeout`, `--etcd-readycheck-timeout` */
  healthTimeoutMs: number;
  readyTimeoutMs: number;
  /** `--livez-grace-period`: how long livez takes the start for done. */
  livezGraceMs: number;
}): Record<'healthz' | 'livez' | 'readyz', readonly HealthCheck[]> {
  const { store } = parts;
  const basic: HealthCheck[] = [
    { name: 'ping', check() {} },
    { name: 'log', check() {} },
    { name: 'etcd', check: () => store.ping(parts.healthTimeoutMs) },
  ];
  // with reloading it is there whatever the providers are; livez does not ask them
  const kms: HealthCheck[] = parts.encryptionReload ? [{ name: 'kms-providers', check() {} }] : [];
  const started = startChecks(parts);
  const graceEnds = performance.now() + parts.livezGraceMs;
  const startedInTime = started.map(({ name, check }) => ({
    name,
    check: () => (performance.now() < graceEnds ? undefined : check()),
  }));
  return {
    healthz: [...basic, ...kms, ...started],
    livez: [...basic, ...startedInTime],
    readyz: [
      ...basic,
      { name: 'etcd-readiness', check: () => store.ping(parts.readyTimeoutMs) },
      ...kms,
      { name: 'informer-sync', check: () => synced(parts.unsynced()) },
      ...started,
      { name: 'shutdown', check: () => notStopping(parts.lifecycle) },
    ],
  };
}

function startChecks(parts: {
  lifecycle: Lifecycle;
  fair: boolean;
  encryptionReload: boolean;
}): HealthCheck[] {
  const finished = (name: string, step: StartStep): HealthCheck => ({
    name,
    check() {
      if (!parts.lifecycle.isDone(step)) throw new Error('not finished');
    },
  });
  const [informers, ...others] = hooks;
  const all = [
    ...(informers === undefined ? [] : [informers]),
    ...(parts.fair ? fairHooks : []),
    ...(parts.encryptionReload ? reloadHooks : []),
    ...others,
  ];
  return [
    ...all.map(([hook, step]) => finished(`poststarthook/${hook}`, step)),
    finished('autoregister-completion', 'aggregation'),
  ];
}

function synced(missing: readonly string[]): void {
  if (missing.length === 0) return;
  throw new Error(`${missing.length} informers not started yet: [${missing.join(' ')}]`);
}

function notStopping({ phase }: Lifecycle): void {
  if (phase === 'draining' || phase === 'stopped') throw new Error('process is shutting down');
}
