import type { Registry } from '../../metrics/registry.ts';
import type { TokenUses } from '../authn/service-account-notes.ts';

/** pkg/serviceaccount/metrics.go */
export function makeTokenMetrics(registry: Registry): TokenUses {
  const counter = (name: string, help: string): (() => void) => {
    const one = registry.counter(`serviceaccount_${name}`, `[ALPHA] Cumulative ${help}`);
    return () => one.inc([]);
  };
  const secrets = {
    manual: counter('legacy_manual_token_uses_total', 'manually created legacy tokens used'),
    auto: counter('legacy_auto_token_uses_total', 'auto-generated legacy tokens used'),
    invalid: counter(
      'invalid_legacy_auto_token_uses_total',
      'invalid auto-generated legacy tokens used',
    ),
  };
  return {
    legacy: counter('legacy_tokens_total', 'legacy service account tokens used'),
    stale: counter('stale_tokens_total', 'stale projected service account tokens used'),
    valid: counter('valid_tokens_total', 'valid projected service account tokens used'),
    secret: (kind) => secrets[kind](),
  };
}
