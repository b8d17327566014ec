import { fieldForbidden, fieldInvalid, fieldRequired } from '../../../object/field-error.ts';
import { dns1035LabelErrors } from '../../../object/name.ts';
import { checkWebhookClient } from '../admissionregistration/webhook-client.ts';
import { checkFormat, checkOneOf, type Errors } from '../field-check.ts';
import type { Plain } from '../plain.ts';

/** How versions of custom resources become one another. Paths are those of upstream's inner form. */

const path = 'spec.conversion';

export function checkConversion(errors: Errors, conversion: Plain): void {
  const { strategy, webhook } = conversion;
  checkOneOf(errors, strategy, `${path}.strategy`, ['None', 'Webhook']);
  const client: Plain | undefined = webhook?.clientConfig;
  const versions: string[] = webhook?.conversionReviewVersions ?? [];
  const at = `${path}.webhookClientConfig`;
  if (strategy !== 'Webhook') {
    const why = 'should not be set when strategy is not set to Webhook';
    if (client !== undefined) errors.push(fieldForbidden(at, why));
    if (versions.length > 0) errors.push(fieldForbidden(`${path}.conversionReviewVersions`, why));
    return;
  }
  if (client === undefined) {
    errors.push(fieldRequired(at, 'required when strategy is set to Webhook'));
  } else checkWebhookClient(errors, client, at);
  checkReviewVersions(errors, versions);
}

function checkReviewVersions(errors: Errors, versions: string[]): void {
  const at = `${path}.conversionReviewVersions`;
  if (versions.length === 0) {
    errors.push(fieldRequired(at));
    return;
  }
  for (const [i, version] of versions.entries()) {
    if (versions.indexOf(version) < i) {
      errors.push(fieldInvalid(`${at}[${i}]`, version, 'duplicate version'));
    } else checkFormat(errors, version, `${at}[${i}]`, dns1035LabelErrors);
  }
  if (versions.some((v) => v === 'v1' || v === 'v1beta1')) return;
  errors.push(fieldInvalid(at, versions, 'must include at least one of v1, v1beta1'));
}
