import type { KubeObject } from '../../../object/object.ts';
import { matchConditionsBudget } from '../../../cel/budget.ts';
import {
  badRequest,
  forbidden,
  internalError,
  notFound,
  requestTimeout,
} from '../../../object/status-error.ts';
import type { Resource } from '../../apis/resource.ts';
import type { Authorize } from '../../authz/authorize.ts';
import type { Lister } from '../../watch/view.ts';
import { RequestAccess } from '../policy/access.ts';
import { Evaluation } from '../policy/evaluation.ts';
import { conditionsHold } from '../policy/match-conditions.ts';
import { requestValues } from '../policy/request-values.ts';
import type { AdmissionRequest } from '../plugin.ts';
import type { WebhookCaller } from '../../webhook/call.ts';
import { type MatchCriteria, matchedVersion, namespaceSelected, objectSelected } from './match.ts';
import type { Webhook } from './registration.ts';
import { PostRefused } from '../../webhook/post.ts';
import { denial, readPatch, readVerdict, type Verdict } from './answer.ts';
import { makeReview, type ReviewedObjects } from './review.ts';

/** What mutating and validating webhooks share: who is asked, and one asking. */

export interface WebhookOptions {
  caller: WebhookCaller;
  namespaces: Lister;
  readNamespace(name: string): Promise<KubeObject | undefined>;
  /** The apiVersions a resource is served in, by other names too; for matchPolicy Equivalent. */
  versionsOf?: ((resource: Resource) => readonly string[]) | undefined;
  /** An object in another apiVersion of its kind. */
  convert?:
    | ((object: KubeObject, resource: Resource, apiVersion: string) => Promise<KubeObject>)
    | undefined;
  /** For matchConditions that ask the authorizer. */
  authorize: Authorize;
  /** A call that failed and was ignored (failurePolicy Ignore). */
  onIgnored?: ((webhook: Webhook, error: Error) => void) | undefined;
  observer?: WebhookObserver | undefined;
}

export interface WebhookCall {
  name: string;
  type: 'admit' | 'validating';
  operation: string;
  seconds: number;
  /** Of HTTP: what the webhook's refusal says, or the failure of the call. */
  code: number;
  errorType: 'no_error' | 'calling_webhook_error' | 'apiserver_internal_error';
  rejected: boolean;
}

export interface WebhookObserver {
  called(call: WebhookCall): void;
}

export interface Match {
  webhook: Webhook;
  apiVersion: string;
}

/** Those that want the request now, in order. Without webhooks there is nothing to wait for. */
export async function matching(
  webhooks: readonly Webhook[],
  request: AdmissionRequest,
  options: WebhookOptions,
): Promise<Match[]> {
  const found: Match[] = [];
  const access = new RequestAccess(options.authorize);
  for (const webhook of webhooks) {
    const match = await matchOne(webhook, request, options, access);
    if (match !== undefined) found.push(match);
  }
  return found;
}

/** Throws what the client gets when its conditions cannot be decided and its failure policy is Fail. */
export async function matchOne(
  webhook: Webhook,
  request: AdmissionRequest,
  options: WebhookOptions,
  access: RequestAccess,
): Promise<Match | undefined> {
  const apiVersion = await selected(webhook, request, options);
  if (apiVersion === undefined) return undefined;
  const { conditions, failurePolicy } = webhook;
  if (conditions.length > 0) {
    const values = requestValues(request, await inVersion(request, apiVersion, options), access);
    const evaluation = new Evaluation(values, matchConditionsBudget, access);
    const holds = await conditionsHold(conditions, evaluation, failurePolicy).catch(
      (error: Error) => {
        throw forbidden(request.resource, request.name, error.message);
      },
    );
    if (!holds) return undefined;
  }
  return { webhook, apiVersion };
}

/** The apiVersion by which rules and selectors want the request; undefined: they do not. */
export async function selected(
  criteria: MatchCriteria,
  request: AdmissionRequest,
  options: Pick<WebhookOptions, 'namespaces' | 'readNamespace' | 'versionsOf'>,
): Promise<string | undefined> {
  const versions = options.versionsOf?.(request.resource) ?? [];
  const apiVersion = matchedVersion(criteria, request, versions);
  if (apiVersion === undefined || !objectSelected(criteria, request)) return undefined;
  const labelsOf = async (name: string) =>
    (await namespaceNamed(name, options)).metadata.labels ?? {};
  return (await namespaceSelected(criteria, request, labelsOf)) ? apiVersion : undefined;
}

/** Throws NotFound. */
export async function namespaceNamed(
  name: string,
  options: Pick<WebhookOptions, 'namespaces' | 'readNamespace'>,
): Promise<KubeObject> {
  const namespace = options.namespaces.get('', name) ?? (await options.readNamespace(name));
  if (namespace === undefined) throw notFound({ group: '', resource: 'namespaces' }, name);
  return namespace;
}

export interface Opinion {
  verdict: Verdict;
  /** JSON Patch that changes something. */
  patch: unknown[] | undefined;
}

export interface Asking {
  mutating: boolean;
  /** Of the audit annotation that tells of a failure that was ignored. */
  failedOpenKey: string;
  /** How long the webhook took, in ms. */
  waited(ms: number): void;
}

/** Undefined: the webhook's failure is ignored. Throws what the client gets. */
export async function ask(
  { webhook, apiVersion }: Match,
  request: AdmissionRequest,
  options: WebhookOptions,
  { mutating, failedOpenKey, waited }: Asking,
): Promise<Opinion | undefined> {
  const { name, failurePolicy } = webhook;
  const begun = performance.now();
  const told = (outcome: Pick<WebhookCall, 'code' | 'errorType' | 'rejected'>): void =>
    options.observer?.called({
      name,
      type: mutating ? 'admit' : 'validating',
      operation: request.operation,
      seconds: (performance.now() - begun) / 1e3,
      ...outcome,
    });
  try {
    // Who has side effects cannot be asked what would happen.
    if (request.dryRun && !['None', 'NoneOnDryRun'].includes(webhook.sideEffects)) {
      throw badRequest(
        `admission webhook ${JSON.stringify(webhook.name)} does not support dry run`,
      );
    }
    const review = makeReview(webhook, request, await inVersion(request, apiVersion, options));
    const started = performance.now();
    const answer = await options.caller
      .post(webhook.client, review.body, timeLeft(webhook, request))
      .catch((error: Error) => {
        throw new Error(`failed to call webhook: ${error.message}`, { cause: error });
      })
      .finally(() => waited(performance.now() - started));
    const verdict = readVerdict(answer, review, mutating);
    for (const [key, value] of Object.entries(verdict.auditAnnotations)) {
      request.annotate(`${webhook.name}/${key}`, value);
    }
    for (const warning of verdict.warnings) request.warn(warning);
    const patch = verdict.allowed ? readPatch(verdict) : undefined;
    const code = verdict.allowed ? 200 : denial(name, verdict).code;
    told({ code, errorType: 'no_error', rejected: !verdict.allowed });
    return { verdict, patch };
  } catch (error) {
    const own = (error as Error).name === 'StatusError';
    told({
      code: own ? 0 : failureCode(error as Error),
      errorType: own ? 'apiserver_internal_error' : 'calling_webhook_error',
      rejected: own || failurePolicy !== 'Ignore',
    });
    if (failsOpen(webhook, error as Error, options)) {
      if (isOver(request)) throw requestTimeout();
      request.annotate(failedOpenKey, webhook.name);
      return undefined;
    }
    throw error;
  }
}

/** What the webhook's server answered, if it did. */
function failureCode({ cause }: Error): number {
  if (cause instanceof PostRefused) return cause.code;
  return cause instanceof Error ? failureCode(cause) : 503;
}

/** Its own time in ms, or what the client has left. */
function timeLeft({ timeoutSeconds }: Webhook, { expiresAt = Infinity }: AdmissionRequest): number {
  return Math.max(0, Math.min(timeoutSeconds * 1000, expiresAt - Date.now()));
}

function isOver({ expiresAt = Infinity }: AdmissionRequest): boolean {
  return expiresAt <= Date.now();
}

/** Otherwise throws what the client gets. */
function failsOpen(webhook: Webhook, error: Error, options: WebhookOptions): boolean {
  // Errors of the server itself (dry run) are nobody's failure.
  if (error.name === 'StatusError') return false;
  if (webhook.failurePolicy !== 'Ignore') {
    throw internalError(`failed calling webhook ${JSON.stringify(webhook.name)}: ${error.message}`);
  }
  options.onIgnored?.(webhook, error);
  return true;
}

/** The objects of a request in another apiVersion of their kind. */
export async function inVersion(
  request: AdmissionRequest,
  apiVersion: string,
  { convert }: Pick<WebhookOptions, 'convert'>,
): Promise<ReviewedObjects> {
  const { resource, object, oldObject } = request;
  if (apiVersion === resource.apiVersion || convert === undefined) {
    return { apiVersion: resource.apiVersion, kind: resource.kind, object, oldObject };
  }
  const to = async (one: KubeObject | undefined) =>
    one === undefined ? undefined : convert(one, resource, apiVersion);
  return {
    apiVersion,
    kind: resource.kind,
    object: await to(object),
    oldObject: await to(oldObject),
  };
}
