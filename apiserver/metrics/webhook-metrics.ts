import type { Registry } from '../../metrics/registry.ts';
import type { WebhookObserver } from '../admission/webhook/dispatch.ts';

/** Calls of admission webhooks (k8s.io/apiserver admission/metrics). */
export function makeWebhookMetrics(registry: Registry): WebhookObserver {
  const prefix = 'apiserver_admission_webhook';
  const durations = registry.histogram(
    `${prefix}_admission_duration_seconds`,
    '[STABLE] Admission webhook latency histogram in seconds, identified by name and broken out for each operation and API resource and type (validate or admit).',
    ['name', 'type', 'operation', 'rejected'],
    [0.005, 0.025, 0.1, 0.5, 1, 2.5, 10, 25],
  );
  const calls = registry.counter(
    `${prefix}_request_total`,
    '[ALPHA] Admission webhook request total, identified by name and broken out for each admission type (validating or admit) and operation. Additional labels specify whether the request was rejected or not and an HTTP status code. Codes greater than 600 are truncated to 600, to keep the metrics cardinality bounded.',
    ['name', 'type', 'operation', 'code', 'rejected'],
  );
  const rejections = registry.counter(
    `${prefix}_rejection_count`,
    '[ALPHA] Admission webhook rejection count, identified by name and broken out for each admission type (validating or admit) and operation. Additional labels specify an error type (calling_webhook_error or apiserver_internal_error if an error occurred; no_error otherwise) and optionally a non-zero rejection code if the webhook rejects the request with an HTTP status code (honored by the apiserver when the code is greater or equal to 400). Codes greater than 600 are truncated to 600, to keep the metrics cardinality bounded.',
    ['name', 'type', 'operation', 'error_type', 'rejection_code'],
  );
  const failedOpen = registry.counter(
    `${prefix}_fail_open_count`,
    '[ALPHA] Admission webhook fail open count, identified by name and broken out for each admission type (validating or admit).',
    ['name', 'type'],
  );
  return {
    called({ name, type, operation, seconds, code, errorType, rejected }) {
      const status = String(Math.min(code, 600));
      durations.observe([name, type, operation, String(rejected)], seconds);
      calls.inc([name, type, operation, status, String(rejected)]);
      if (rejected) rejections.inc([name, type, operation, errorType, status]);
      else if (errorType !== 'no_error') failedOpen.inc([name, type]);
    },
  };
}
