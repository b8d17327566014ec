import type { KubeObject } from '../../../object/object.ts';
import { badRequest, internalError, notFound } from '../../../object/status-error.ts';
import type { Resource } from '../../apis/resource.ts';
import type { Lister } from '../../watch/view.ts';
import type { AdmissionRequest } from '../plugin.ts';
import type { WebhookCaller } from './call.ts';
import { isExempt, matchedVersion, namespaceSelected, objectSelected } from './match.ts';
import type { Webhook } from './registration.ts';
import { makeReview, readVerdict, type ReviewedObjects, type Verdict } from './review.ts';

/** What mutating and validating webhooks share: who is asked, and one asking. */

export interface WebhookOptions {
  caller: WebhookCaller;
  namespaces: Lister;
  readNamespace(name: string): Promise<KubeObject | undefined>;
  /** The other versions a resource is served in; for matchPolicy Equivalent. */
  versionsOf?: ((resource: Resource) => readonly string[]) | undefined;
  /** An object in another version of its kind. */
  convert?:
    | ((object: KubeObject, resource: Resource, version: string) => Promise<KubeObject>)
    | undefined;
  /**
   * matchConditions (CEL). False: not for this webhook. Throws when a condition cannot be decided;
   * without this function every webhook that has conditions fails by its failurePolicy.
   */
  conditionsHold?:
    | ((webhook: Webhook, request: AdmissionRequest) => boolean | Promise<boolean>)
    | undefined;
  /** A call that failed and was ignored (failurePolicy Ignore). */
  onIgnored?: ((webhook: Webhook, error: Error) => void) | undefined;
}

export interface Match {
  webhook: Webhook;
  version: string;
}

/** Those that want the request now, in order. Without webhooks there is nothing to wait for. */
export async function matching(
  webhooks: readonly Webhook[],
  request: AdmissionRequest,
  options: WebhookOptions,
): Promise<Match[]> {
  const found: Match[] = [];
  if (isExempt(request)) return found;
  for (const webhook of webhooks) {
    const match = await matchOne(webhook, request, options);
    if (match !== undefined) found.push(match);
  }
  return found;
}

export async function matchOne(
  webhook: Webhook,
  request: AdmissionRequest,
  options: WebhookOptions,
): Promise<Match | undefined> {
  const versions = options.versionsOf?.(request.resource) ?? [];
  const version = matchedVersion(webhook, request, versions);
  if (version === undefined || !objectSelected(webhook, request)) return undefined;
  const labelsOf = async (name: string) => {
    const namespace = options.namespaces.get('', name) ?? (await options.readNamespace(name));
    if (namespace === undefined) throw notFound({ group: '', resource: 'namespaces' }, name);
    return namespace.metadata.labels ?? {};
  };
  return (await namespaceSelected(webhook, request, labelsOf)) ? { webhook, version } : undefined;
}

/** Undefined: the webhook was not asked or its failure is ignored. Throws what the client gets. */
export async function ask(
  { webhook, version }: Match,
  request: AdmissionRequest,
  options: WebhookOptions,
  mutating: boolean,
): Promise<Verdict | undefined> {
  try {
    if (webhook.matchConditions.length > 0) {
      if (options.conditionsHold === undefined) {
        throw new Error('matchConditions are not supported by this server');
      }
      if (!(await options.conditionsHold(webhook, request))) return undefined;
    }
    // Who has side effects cannot be asked what would happen.
    if (request.dryRun && !['None', 'NoneOnDryRun'].includes(webhook.sideEffects)) {
      throw badRequest(
        `admission webhook ${JSON.stringify(webhook.name)} does not support dry run`,
      );
    }
    const review = makeReview(webhook, request, await inVersion(request, version, options));
    const answer = await options.caller
      .post(webhook.client, review.body, webhook.timeoutSeconds)
      .catch((error: Error) => {
        throw new Error(`failed to call webhook: ${error.message}`, { cause: error });
      });
    const verdict = readVerdict(answer, review, mutating);
    for (const warning of verdict.warnings) request.warn(warning);
    for (const [key, value] of Object.entries(verdict.auditAnnotations)) {
      request.annotate(`${webhook.name}/${key}`, value);
    }
    return verdict;
  } catch (error) {
    return failed(webhook, error as Error, options);
  }
}

function failed(webhook: Webhook, error: Error, options: WebhookOptions): undefined {
  // Errors of the server itself (dry run) are nobody's failure.
  if (error.name === 'StatusError') throw error;
  if (webhook.failurePolicy === 'Ignore') {
    options.onIgnored?.(webhook, error);
    return undefined;
  }
  throw internalError(`failed calling webhook ${JSON.stringify(webhook.name)}: ${error.message}`);
}

async function inVersion(
  request: AdmissionRequest,
  version: string,
  { convert }: WebhookOptions,
): Promise<ReviewedObjects> {
  const { resource, object, oldObject } = request;
  if (version === resource.version || convert === undefined) {
    return { version: resource.version, kind: resource.kind, object, oldObject };
  }
  const to = async (one: KubeObject | undefined) =>
    one === undefined ? undefined : convert(one, resource, version);
  return { version, kind: resource.kind, object: await to(object), oldObject: await to(oldObject) };
}
