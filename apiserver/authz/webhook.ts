import type { EvaluationResult, WebhookObserver } from '../metrics/authorizer-metrics.ts';
import { answeredStatus, type Review } from '../webhook/answered-status.ts';
import type { Attributes, Authorizer, Decision } from './authorizer.ts';
import { fieldRequirements, labelRequirements, type SelectorAttributes } from './selectors.ts';

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
  observe?: WebhookObserver | undefined;
  now?: () => number;
}

const cacheMax = 8192;
/** Attributes longer than this are not remembered: users choose their length. */
const keyLengthMax = 10_000;

interface Status {
  allowed?: boolean;
  denied?: boolean;
  reason?: string;
  evaluationError?: string;
}

export function makeAuthorizationWebhook(options: AuthorizationWebhookOptions): Authorizer {
  const { observe } = options;
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
    const start = performance.now();
    const told = (result: EvaluationResult) =>
      observe?.asked(result, (performance.now() - start) / 1000);
    try {
      const envelope: Review = {
        kind: 'SubjectAccessReview',
        apiVersion: `authorization.k8s.io/${options.version}`,
      };
      const review = { ...envelope, metadata: {}, spec, status: { allowed: false } };
      const decision = decided(answeredStatus<Status>(await options.post(review), envelope));
      told('success');
      remember(key, decision);
      return decision;
    } catch (error) {
      const { message } = error as Error;
      const result = /deadline exceeded|i\/o timeout/.test(message) ? 'timeout' : 'error';
      told(result);
      if (options.onFailure === 'NoOpinion') observe?.failedOpen(result);
      return failed(error as Error);
    }
  }

  function failed(error: Error): Decision {
    const verdict = options.onFailure === 'Deny' ? 'deny' : 'no-opinion';
    return { verdict, reason: '', error: error.message };
  }

  /** Conditions are written for version v1, whatever the webhook gets. */
  function isAsked(asked: Attributes): boolean {
    if (options.conditionsHold === undefined) return true;
    const start = performance.now();
    let outcome: Parameters<WebhookObserver['conditions']>[0] = 'failed';
    try {
      const holds = options.conditionsHold(wholeSpecOf(asked));
      outcome = holds ? 'met' : 'excluded';
      return holds;
    } finally {
      observe?.conditions(outcome, (performance.now() - start) / 1000);
    }
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
    const error = 'webhook subject access review returned both allow and deny response';
    return { verdict: 'deny', reason, error };
  }
  if (status.denied === true) return { verdict: 'deny', reason };
  if (status.allowed === true) return { verdict: 'allow', reason };
  return { verdict: 'no-opinion', reason };
}

function specOf(asked: Attributes, version: 'v1' | 'v1beta1'): object {
  const { user } = asked;
  const groups = version === 'v1' ? { groups: user.groups } : { group: user.groups };
  const { extra = {} } = user;
  const who = {
    user: user.name,
    ...(user.groups.length === 0 ? {} : groups),
    ...(Object.keys(extra).length === 0 ? {} : { extra: byName(extra) }),
    ...(user.uid ? { uid: user.uid } : {}),
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
  return { resourceAttributes: { ...resourceAttributes, ...selectorsOf(asked) }, ...who };
}

function byName<T>(fields: Readonly<Record<string, T>>): Record<string, T> {
  return Object.fromEntries(Object.entries(fields).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

function selectorsOf({ fieldSelector, labelSelector }: Attributes): object {
  const fields = fieldSelector === undefined ? [] : fieldRequirements(fieldSelector);
  const labels = labelSelector === undefined ? [] : labelRequirements(labelSelector);
  return {
    ...(fields.length === 0 ? {} : { fieldSelector: { requirements: fields } }),
    ...(labels.length === 0 ? {} : { labelSelector: { requirements: labels } }),
  };
}

/** For conditions, which may look at every field: what is not there is empty. */
function wholeSpecOf(asked: Attributes): object {
  const { user, path, verb } = asked;
  const who = {
    user: user.name,
    groups: user.groups,
    uid: user.uid ?? '',
    extra: user.extra ?? {},
  };
  if (!asked.resourceRequest) return { ...who, nonResourceAttributes: { path, verb } };
  const { namespace, group, version, resource, subresource, name } = asked;
  const named = { namespace, verb, group, version, resource, subresource, name };
  return { ...who, resourceAttributes: { ...named, ...wholeSelectorsOf(asked) } };
}

function wholeSelectorsOf(asked: Attributes): object {
  const selectors = Object.entries(selectorsOf(asked)) as [string, SelectorAttributes][];
  return Object.fromEntries(
    selectors.map(([field, { requirements = [] }]) => [
      field,
      { requirements: requirements.map((one) => ({ values: [], ...one })) },
    ]),
  );
}
