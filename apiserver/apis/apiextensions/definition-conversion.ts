import { fieldForbidden, fieldInvalid, fieldRequired } from '../../../object/field-error.ts';
import { dns1035LabelErrors } from '../../../object/name.ts';
import { checkWebhookClient } from '../admissionregistration/webhook-client.ts';
import { checkFormat, checkOneOf, type Errors } from '../field-check.ts';
import type { Plain } from '../plain.ts';
import type { KubeObject } from '../../../object/object.ts';
import { caBundleProblem } from './ca-bundle.ts';

/** How versions of custom resources become one another. Paths are those of upstream's inner form. */

const path = 'spec.conversion';

/** `old`: as it was before, of an update (validation.go validationOptions). */
export function checkConversion(
  errors: Errors,
  { conversion = {}, preserveUnknownFields }: Plain,
  old: KubeObject | undefined,
): void {
  const { strategy, webhook } = conversion;
  if (preserveUnknownFields === true && strategy !== 'None') {
    const why = 'must be None if spec.preserveUnknownFields is true';
    errors.push(fieldInvalid(`${path}.strategy`, strategy ?? '', why));
  }
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
  } else {
    checkWebhookClient(errors, client, at);
    if (!mayBeInvalid(old)) checkCaBundle(errors, client.caBundle ?? '', `${at}.caBundle`);
  }
  const before: string[] = old?.spec.conversion?.webhook?.conversionReviewVersions ?? [];
  const unknownBefore = before.length > 0 && !before.some(isKnown);
  checkReviewVersions(errors, versions, !unknownBefore);
}

const isKnown = (version: string): boolean => version === 'v1' || version === 'v1beta1';

/** Until a definition is established nobody is asked; what was invalid before may stay so. */
function mayBeInvalid(old: KubeObject | undefined): boolean {
  if (old === undefined || !isEstablished(old)) return true;
  const before: string = old.spec.conversion?.webhook?.clientConfig?.caBundle ?? '';
  return caBundleProblem(before) !== undefined;
}

function checkCaBundle(errors: Errors, caBundle: string, at: string): void {
  const problem = caBundleProblem(caBundle);
  if (problem === undefined) return;
  errors.push(fieldInvalid(at, caBundle, problem));
}

export function isEstablished({ status }: KubeObject): boolean {
  return (status?.conditions ?? []).some(
    (c: Plain) => c.type === 'Established' && c.status === 'True',
  );
}

function checkReviewVersions(errors: Errors, versions: string[], oneIsKnown: boolean): void {
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
  if (!oneIsKnown || versions.some(isKnown)) return;
  errors.push(fieldInvalid(at, versions, 'must include at least one of v1, v1beta1'));
}
