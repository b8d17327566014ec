import type { Attributes, Authorizer, Decision } from './authorizer.ts';

/**
 * Asks a remote service (`--authorization-webhook-config-file`). The caller gives `post`, which
 * knows address, credentials and retries of the kubeconfig.
 * Source: k8s.io/apiserver plugin/pkg/authorizer/webhook.
 */
export interface AuthorizationWebhookOptions {
  /** `--authorization-webhook-version` */
  version: 'v1' | 'v1beta1';
  /** Sends JSON, gives JSON. Rejects when there is no answer. */
  post(body: unknown): Promise<unknown>;
  /** `--authorization-webhook-cache-authorized-ttl`, default 5 minutes. */
  authorizedTtlMs: number;
  /** `--authorization-webhook-cache-unauthorized-ttl`, default 30 seconds. */
  unauthorizedTtlMs: number;
  /** What no answer means: AuthorizationConfiguration's failurePolicy. */
  onFailure: 'NoOpinion' | 'Deny';
  /** Whether the webhook is asked at all; throws when that cannot be said. */
  conditionsHold?: ((spec: object) => boolean) | undefined;
  now?: () => number;
}

const cacheMax = 1024;
/** Attributes longer than this are not remembered: users choose their length. */
const keyLengthMax = 10_000;

interface Status {
  allowed?: boolean;
  denied?: boolean;
  reason?: string;
  evaluationError?: string;
}

export function makeAuthorizationWebhook(options: AuthorizationWebhookOptions): Authorizer {
  const now = options.now ?? Date.now;
  const cache = new Map<string, { decision: Decision; expires: number }>();

  function remember(key: string, decision: Decision): void {
    const ttl = decision.verdict === 'allow' ? options.authorizedTtlMs : options.unauthorizedTtlMs;
    if (ttl <= 0 || key.length > keyLengthMax) return;
    const oldest = cache.keys().next();
    if (cache.size >= cacheMax && oldest.done !== true) cache.delete(oldest.value);
    cache.set(key, { decision, expires: now() + ttl });
  }

  async function ask(spec: object, key: string): Promise<Decision> {
    try {
      const answer = (await options.post({
        apiVersion: `authorization.k8s.io/${options.version}`,
        kind: 'SubjectAccessReview',
        spec,
      })) as { status?: Status };
      const decision = decided(answer.status ?? {});
      remember(key, decision);
      return decision;
    } catch (error) {
      return failed(error as Error);
    }
  }

  function failed(error: Error): Decision {
    if (options.onFailure === 'Deny') return { verdict: 'deny', reason: '' };
    return { verdict: 'no-opinion', reason: '', error: error.message };
  }

  /** Conditions are written for version v1, whatever the webhook gets. */
  function isAsked(asked: Attributes): boolean {
    return options.conditionsHold === undefined || options.conditionsHold(specOf(asked, 'v1'));
  }

  return {
    name: 'Webhook',
    authorize(asked) {
      try {
        if (!isAsked(asked)) return { verdict: 'no-opinion', reason: '' };
      } catch (error) {
        return failed(error as Error);
      }
      const spec = specOf(asked, options.version);
      const key = JSON.stringify(spec);
      const known = cache.get(key);
      if (known !== undefined) {
        if (known.expires > now()) return known.decision;
        cache.delete(key);
      }
      return ask(spec, key);
    },
  };
}

function decided(status: Status): Decision {
  const reason = status.reason ?? '';
  if (status.denied === true && status.allowed === true) {
    throw new Error('webhook subject access review returned both allow and deny response');
  }
  if (status.denied === true) return { verdict: 'deny', reason };
  if (status.allowed === true) return { verdict: 'allow', reason };
  return { verdict: 'no-opinion', reason };
}

function specOf(asked: Attributes, version: 'v1' | 'v1beta1'): object {
  const { user } = asked;
  const groups = version === 'v1' ? { groups: user.groups } : { group: user.groups };
  const who = {
    user: user.name,
    ...(user.groups.length === 0 ? {} : groups),
    ...(user.uid === undefined ? {} : { uid: user.uid }),
    ...(user.extra === undefined ? {} : { extra: user.extra }),
  };
  if (!asked.resourceRequest) {
    return { nonResourceAttributes: { path: asked.path, verb: asked.verb }, ...who };
  }
  const resourceAttributes: Record<string, unknown> = {};
  for (const field of [
    'namespace',
    'verb',
    'group',
    'version',
    'resource',
    'subresource',
    'name',
  ] as const) {
    if (asked[field] !== '') resourceAttributes[field] = asked[field];
  }
  for (const field of ['fieldSelector', 'labelSelector'] as const) {
    const rawSelector = asked[field];
    if (rawSelector !== undefined) resourceAttributes[field] = { rawSelector };
  }
  return { resourceAttributes, ...who };
}
