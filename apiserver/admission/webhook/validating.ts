import type { Lister } from '../../watch/view.ts';
import type { AdmissionPlugin, AdmissionRequest } from '../plugin.ts';
import { ask, matching, type WebhookOptions } from './dispatch.ts';
import { isExempt } from './match.ts';
import { registeredWebhooks } from './registration.ts';
import { denial } from './answer.ts';

/**
 * Asks the validating webhooks, all at once; the first refusal in their order is the client's.
 * Source: k8s.io/apiserver admission/plugin/webhook/validating.
 */
export function makeValidatingWebhooks(
  options: WebhookOptions & { configurations: Lister },
): AdmissionPlugin {
  const registered = registeredWebhooks(options.configurations);

  async function run(request: AdmissionRequest): Promise<void> {
    const matches = await matching(registered(), request, options);
    // asked at the same time, they take as long as the slowest
    let slowestMs = 0;
    const answers = await Promise.allSettled(
      matches.map((match, i) =>
        ask(match, request, options, {
          mutating: false,
          failedOpenKey: `failed-open.validating.webhook.admission.k8s.io/round_0_index_${i}`,
          waited: (ms) => {
            slowestMs = Math.max(slowestMs, ms);
          },
        }),
      ),
    );
    request.waited?.(slowestMs);
    for (const [i, answer] of answers.entries()) {
      if (answer.status === 'rejected') throw answer.reason;
      const verdict = answer.value?.verdict;
      if (verdict?.allowed === false) throw denial(matches[i]?.webhook.name ?? '', verdict);
    }
  }

  return {
    name: 'ValidatingAdmissionWebhook',
    validate(request) {
      return registered().length === 0 || isExempt(request) ? undefined : run(request);
    },
  };
}
