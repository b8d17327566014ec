import { isDeepStrictEqual } from 'node:util';
import { internalError } from '../../../object/status-error.ts';
import type { KubeObject } from '../../../object/object.ts';
import type { Lister } from '../../watch/view.ts';
import type { AdmissionPlugin, AdmissionRequest } from '../plugin.ts';
import { RequestAccess } from '../policy/access.ts';
import { ask, type Match, matchOne, type WebhookOptions } from './dispatch.ts';
import { isExempt } from './match.ts';
import { registeredWebhooks } from './registration.ts';
import { denial, patched, type Verdict } from './review.ts';

/**
 * Asks the mutating webhooks one after another, each seeing what the ones before have done. When
 * one changes the object, those with reinvocationPolicy IfNeeded that ran before get to see it once
 * more, and so do the built-in plugins. Source: k8s.io/apiserver admission/plugin/webhook/mutating.
 */
export interface MutatingWebhooks extends AdmissionPlugin {
  /** True once per request, after the first round, when all mutations must run again. */
  takeReinvocation(request: AdmissionRequest): boolean;
}

interface Rounds {
  /** Ran, and want to see later changes. */
  invoked: Set<string>;
  again: Set<string>;
  second: boolean;
  changed: boolean;
}

export function makeMutatingWebhooks(
  options: WebhookOptions & { configurations: Lister },
): MutatingWebhooks {
  const registered = registeredWebhooks(options.configurations);
  const rounds = new WeakMap<AdmissionRequest, Rounds>();

  async function run(request: AdmissionRequest): Promise<void> {
    let state = rounds.get(request);
    if (state === undefined) {
      state = { invoked: new Set(), again: new Set(), second: false, changed: false };
      rounds.set(request, state);
    }
    const access = new RequestAccess(options.authorize);
    for (const webhook of registered()) {
      if (state.second && !state.again.has(webhook.id)) continue;
      const match = await matchOne(webhook, request, options, access);
      if (match === undefined) continue;
      const changed = await mutateBy(match, request, options);
      if (changed) {
        state.changed = true;
        for (const id of state.invoked) state.again.add(id);
        state.invoked.clear();
      }
      if (webhook.reinvocationPolicy === 'IfNeeded') state.invoked.add(webhook.id);
    }
  }

  return {
    name: 'MutatingAdmissionWebhook',
    mutate(request) {
      return registered().length === 0 || isExempt(request) ? undefined : run(request);
    },
    takeReinvocation(request) {
      const state = rounds.get(request);
      if (state === undefined || state.second || !state.changed) return false;
      state.second = true;
      return true;
    },
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
  return applyPatch(match, request.object, verdict, request, options);
}

async function applyPatch(
  { webhook, version }: Match,
  object: KubeObject,
  verdict: Verdict,
  request: AdmissionRequest,
  { convert }: WebhookOptions,
): Promise<boolean> {
  const { resource } = request;
  const foreign = version !== resource.version && convert !== undefined;
  try {
    const seen = foreign ? await convert(object, resource, version) : object;
    const next = patched(seen, verdict.patch);
    const back = foreign ? await convert(next, resource, resource.version) : next;
    if (isDeepStrictEqual(back, object)) return false;
    if (back.apiVersion !== object.apiVersion || back.kind !== object.kind) {
      throw new Error('the kind of the object must not be changed');
    }
    replaceContents(object, back);
    return true;
  } catch (error) {
    throw internalError(
      `failed to apply the patch of webhook ${JSON.stringify(webhook.name)}: ${(error as Error).message}`,
    );
  }
}

/** In place: others hold the object. */
function replaceContents(object: KubeObject, next: KubeObject): void {
  for (const field of Object.keys(object)) delete object[field];
  Object.assign(object, next);
}
