import type { Lifecycle } from '../lifecycle.ts';
import type { Store } from '../storage/store.ts';
import type { HealthCheck } from './checks.ts';

/** What livez and readyz look at, in upstream's names and order. */
export function serverChecks(parts: {
  store: Store;
  lifecycle: Lifecycle;
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
  const bootstrapped: HealthCheck = {
    name: 'poststarthook/rbac/bootstrap-roles',
    check() {
      if (lifecycle.phase === 'starting') throw new Error('not finished');
    },
  };
  return {
    livez: [ping, log, etcd, bootstrapped],
    readyz: [
      ping,
      log,
      etcd,
      { name: 'etcd-readiness', check: () => store.ping(parts.readyTimeoutMs) },
      bootstrapped,
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
