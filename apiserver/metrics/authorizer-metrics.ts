import type { Count, Registry } from '../../metrics/registry.ts';

/**
 * Who decided, and what came of asking webhooks (k8s.io/apiserver authorization/metrics,
 * authorization/cel/metrics.go, plugin/pkg/authorizer/webhook/metrics).
 */
export interface AuthorizerMetrics {
  /** A function that counts the decisions of one authorizer. */
  decisions(type: string, name: string): (decision: 'allowed' | 'denied') => void;
  webhook(name: string): WebhookObserver;
}

export type EvaluationResult = 'success' | 'timeout' | 'error';

export interface WebhookObserver {
  /** One round trip. */
  asked(result: EvaluationResult, seconds: number): void;
  /** No answer, and others may decide. */
  failedOpen(result: EvaluationResult): void;
  /** Conditions were looked at: whether they keep the request from the webhook, or failed. */
  conditions(outcome: 'met' | 'excluded' | 'failed', seconds: number): void;
}

const usualBuckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

export function makeAuthorizerMetrics(registry: Registry): AuthorizerMetrics {
  const prefix = 'apiserver_authorization';
  const of = ['type', 'name'];
  const by = ['name', 'result'];
  const decided = registry.counter(
    `${prefix}_decisions_total`,
    '[ALPHA] Total number of terminal decisions made by an authorizer split by authorizer type, name, and decision.',
    [...of, 'decision'],
  );
  const evaluations = registry.counter(
    `${prefix}_webhook_evaluations_total`,
    '[ALPHA] Round-trips to authorization webhooks.',
    by,
  );
  const durations = registry.histogram(
    `${prefix}_webhook_duration_seconds`,
    '[ALPHA] Request latency in seconds.',
    by,
    usualBuckets,
  );
  const failOpen = registry.counter(
    `${prefix}_webhook_evaluations_fail_open_total`,
    '[ALPHA] NoOpinion results due to webhook timeout or error.',
    by,
  );
  const conditionErrors = registry.counter(
    `${prefix}_match_condition_evaluation_errors_total`,
    '[ALPHA] Total number of errors when an authorization webhook encounters a match condition error split by authorizer type and name.',
    of,
  );
  const exclusions = registry.counter(
    `${prefix}_match_condition_exclusions_total`,
    '[ALPHA] Total number of exclusions when an authorization webhook is skipped because match conditions exclude it.',
    of,
  );
  const conditionTimes = registry.histogram(
    `${prefix}_match_condition_evaluation_seconds`,
    '[ALPHA] Authorization match condition evaluation time in seconds, split by authorizer type and name.',
    of,
    [0.001, 0.005, 0.01, 0.025, 0.1, 0.2, 0.25],
  );
  return {
    decisions(type, name) {
      const known = new Map<string, Count>();
      registry.onReset(() => known.clear());
      return (decision) => {
        let count = known.get(decision);
        if (count === undefined) {
          count = decided.with([type, name, decision]);
          known.set(decision, count);
        }
        count.value += 1;
      };
    },
    webhook: (name) => ({
      asked(result, seconds) {
        evaluations.inc([name, result]);
        durations.observe([name, result], seconds);
      },
      failedOpen: (result) => failOpen.inc([name, result]),
      conditions(outcome, seconds) {
        conditionTimes.observe(['Webhook', name], seconds);
        if (outcome === 'excluded') exclusions.inc(['Webhook', name]);
        if (outcome === 'failed') conditionErrors.inc(['Webhook', name]);
      },
    }),
  };
}
