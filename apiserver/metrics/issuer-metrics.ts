import type { Registry } from '../../metrics/registry.ts';
import type { OidcObserver } from '../authn/oidc.ts';
import { metricHash, serverIdentity } from './reload-metrics.ts';

/** Of those who issue JWTs (k8s.io/apiserver plugin/pkg/authenticator/token/oidc metrics.go). */
export interface IssuerMetrics {
  of(issuer: string): Pick<OidcObserver, 'fetched' | 'authenticated'>;
  /** Is no issuer any more. */
  forget(issuer: string): void;
}

const buckets = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

export function makeIssuerMetrics(registry: Registry): IssuerMetrics {
  const latency = registry.histogram(
    'apiserver_authentication_jwt_authenticator_latency_seconds',
    '[ALPHA] Latency of jwt authentication operations in seconds. This is the time spent authenticating a token for cache miss only (i.e. when the token is not found in the cache).',
    ['result', 'jwt_issuer_hash'],
    buckets,
  );
  const fetches = registry.gauge(
    'apiserver_authentication_jwt_authenticator_jwks_fetch_last_timestamp_seconds',
    '[ALPHA] Timestamp of the last successful or failed JWKS fetch split by result, api server identity and jwt issuer for the JWT authenticator.',
    ['result', 'jwt_issuer_hash', 'apiserver_id_hash'],
  );
  const keySets = new Map<string, string>();
  const id = metricHash(serverIdentity());
  registry.collected(
    'apiserver_authentication_jwt_authenticator_jwks_fetch_last_key_set_info',
    '[ALPHA] Information about the last JWKS fetched by the JWT authenticator with hash as label, split by api server identity and jwt issuer.',
    'gauge',
    ['jwt_issuer_hash', 'apiserver_id_hash', 'hash'],
    () => [...keySets].map(([issuer, keySet]) => ({ labels: [issuer, id, keySet], value: 1 })),
  );
  return {
    of(url) {
      const issuer = metricHash(url);
      return {
        fetched(keySet) {
          fetches.set(
            [keySet === undefined ? 'failure' : 'success', issuer, id],
            Date.now() / 1000,
          );
          if (keySet !== undefined) keySets.set(issuer, metricHash(keySet));
        },
        authenticated(passed, seconds) {
          latency.observe([passed ? 'success' : 'failure', issuer], seconds);
        },
      };
    },
    forget(url) {
      const issuer = metricHash(url);
      keySets.delete(issuer);
      for (const result of ['success', 'failure']) fetches.remove([result, issuer, id]);
    },
  };
}
