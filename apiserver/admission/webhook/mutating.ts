import { internalError } from '../../../object/status-error.ts';
import type { Lister } from '../../watch/view.ts';
import { changeObject } from '../change.ts';
import type { AdmissionPlugin, AdmissionRequest } from '../plugin.ts';
import { Rounds } from '../reinvocation.ts';
import { RequestAccess } from '../policy/access.ts';
import { ask, type Match, matchOne, type WebhookOptions } from './dispatch.ts';
import { isExempt } from './match.ts';
import { registeredWebhooks } from './registration.ts';
import { denial, patched } from './review.ts';

/**
 * Asks the mutating webhooks one after another, each seeing what the ones before have done. When
 * one changes the object, those with reinvocationPolicy IfNeeded that ran before get to see it once
 * more, and so do the built-in plugins. Source: k8s.io/apiserver admission/plugin/webhook/mutating.
 */
export interface MutatingWebhooks extends AdmissionPlugin {
  /** True once per request, after the first round, when all mutations must run again. */
  takeReinvocation(request: AdmissionRequest): boolean;
}

export function makeMutatingWebhooks(
  options: WebhookOptions & { configurations: Lister },
): MutatingWebhooks {
  const registered = registeredWebhooks(options.configurations);
  const rounds = new Rounds();

  async function run(request: AdmissionRequest): Promise<void> {
    const round = rounds.of(request);
    round.begin();
    const access = new RequestAccess(options.authorize);
    for (const webhook of registered()) {
      if (!round.runs(webhook.id)) continue;
      const match = await matchOne(webhook, request, options, access);
      if (match === undefined) continue;
      const changed = await mutateBy(match, request, options);
      round.ran(webhook.id, changed, webhook.reinvocationPolicy === 'IfNeeded');
    }
    round.end();
  }

  return {
    name: 'MutatingAdmissionWebhook',
    mutate(request) {
      return registered().length === 0 || isExempt(request) ? undefined : run(request);
    },
    takeReinvocation: (request) => rounds.wantsAnother(request),
  };
}

/** Whether the object is another one now. */
async function mutateBy(
  match: Match,
  request: AdmissionRequest,
  options: WebhookOptions,
): Promise<boolean> {
  const verdict = await ask(match, request, options, true);
  if (verdict === undefined) return false;
  if (!verdict.allowed) throw denial(match.webhook.name, verdict);
  if (verdict.patch === undefined) return false;
  if (request.object === undefined) {
    throw internalError(
      `admission webhook ${JSON.stringify(match.webhook.name)} attempted to modify the object, which is not supported for this operation`,
    );
  }
  const { apiVersion } = match;
  try {
    return await changeObject(request, apiVersion, options, (seen) => patched(seen, verdict.patch));
  } catch (error) {
    const { cause, message } = error as Error;
    throw internalError(cause instanceof Error ? cause.message : message);
  }
}
