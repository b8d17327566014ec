import { goMap } from '../../../object/go-format.ts';
import { goEscaped } from '../../../object/json-text.ts';
import { internalError } from '../../../object/status-error.ts';
import type { Lister } from '../../watch/view.ts';
import { changeObject } from '../change.ts';
import type { AdmissionPlugin, AdmissionRequest } from '../plugin.ts';
import { Rounds } from '../reinvocation.ts';
import { RequestAccess } from '../policy/access.ts';
import { ask, type Match, matchOne, type WebhookOptions } from './dispatch.ts';
import { isExempt } from './match.ts';
import { denial, patched } from './answer.ts';
import { registeredWebhooks, type Webhook } from './registration.ts';

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
    for (const [i, webhook] of registered().entries()) {
      if (!round.runs(webhook.id)) continue;
      const match = await matchOne(webhook, request, options, access);
      if (match === undefined) continue;
      const turn = `round_${request.reinvocation === true ? 1 : 0}_index_${i}`;
      const changed = await mutateBy(match, request, options, turn);
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

/** Whether the object is another one now. What came of it is noted for the audit. */
async function mutateBy(
  match: Match,
  request: AdmissionRequest,
  options: WebhookOptions,
  turn: string,
): Promise<boolean> {
  const { webhook } = match;
  let changed = false;
  try {
    const failedOpenKey = `failed-open.mutation.webhook.admission.k8s.io/${turn}`;
    const waited = (ms: number): void => request.waited?.(ms);
    const opinion = await ask(match, request, options, { mutating: true, failedOpenKey, waited });
    if (opinion === undefined) return false;
    const { verdict, patch } = opinion;
    if (!verdict.allowed) throw denial(webhook.name, verdict);
    if (patch === undefined) return false;
    changed = await applied(match, request, options, patch);
    const value = note(webhook, { patch: patch.map(sortedOperation), patchType: 'JSONPatch' });
    request.annotate(`patch.webhook.admission.k8s.io/${turn}`, value, 'Request');
    return changed;
  } finally {
    request.annotate(
      `mutation.webhook.admission.k8s.io/${turn}`,
      note(webhook, { mutated: changed }),
    );
  }
}

async function applied(
  { webhook, apiVersion }: Match,
  request: AdmissionRequest,
  options: WebhookOptions,
  patch: unknown[],
): Promise<boolean> {
  if (request.object === undefined) {
    throw internalError(
      `admission webhook ${JSON.stringify(webhook.name)} attempted to modify the object, which is not supported for this operation`,
    );
  }
  try {
    return await changeObject(request, apiVersion, options, (seen) => patched(seen, patch));
  } catch (error) {
    const { cause, message } = error as Error;
    throw internalError(cause instanceof Error ? cause.message : message);
  }
}

function note({ configuration, name }: Webhook, more: object): string {
  return goEscaped(JSON.stringify({ configuration, webhook: name, ...more }));
}

/** An operation is a map to upstream, written by its keys. */
function sortedOperation(operation: unknown): object {
  return goMap(operation as Record<string, unknown>);
}
