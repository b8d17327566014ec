import type { Count, Registry } from '../../metrics/registry.ts';

/** Who was known, and who was let in (k8s.io/apiserver endpoints/filters/metrics.go). */
export interface AccessMetrics {
  authenticated(result: 'success' | 'failure' | 'error', userName?: string): void;
  authorized(result: 'allowed' | 'denied' | 'no-opinion' | 'error'): void;
}

export function makeAccessMetrics(registry: Registry): AccessMetrics {
  const users = counts(
    registry,
    'authenticated_user_requests',
    '[ALPHA] Counter of authenticated requests broken out by username.',
    'username',
  );
  const attempts = counts(
    registry,
    'authentication_attempts',
    '[ALPHA] Counter of authenticated attempts.',
    'result',
  );
  const decisions = counts(
    registry,
    'authorization_attempts_total',
    "[ALPHA] Counter of authorization attempts broken down by result. It can be either 'allowed', 'denied', 'no-opinion' or 'error'.",
    'result',
  );
  return {
    authenticated(result, userName) {
      attempts(result).value += 1;
      if (userName !== undefined) users(wellKnown(userName)).value += 1;
    },
    authorized(result) {
      decisions(result).value += 1;
    },
  };
}

const named = new Set([
  'admin',
  'client',
  'kube_proxy',
  'kubelet',
  'system:serviceaccount:kube-system:default',
]);

/** Names are as many as clients; few are told apart. */
function wellKnown(name: string): string {
  if (named.has(name)) return name;
  return name.includes('@') ? 'email_id' : 'other';
}

/** A counter by one label of few values, each looked up once. */
function counts(
  registry: Registry,
  name: string,
  help: string,
  label: string,
): (value: string) => Count {
  const counter = registry.counter(name, help, [label]);
  const known = new Map<string, Count>();
  registry.onReset(() => known.clear());
  return (value) => {
    let count = known.get(value);
    if (count === undefined) {
      count = counter.with([value]);
      known.set(value, count);
    }
    return count;
  };
}
