import { fieldDuplicate, fieldForbidden, fieldInvalid } from '../../../object/field-error.ts';
import type { KubeObject } from '../../../object/object.ts';
import type { StatusCause } from '../../../object/status-error.ts';
import { checkFormat, type Errors } from '../field-check.ts';
import { cidrErrors, parseCidr } from '../ip-format.ts';
import type { Plain } from '../plain.ts';
import { checkNodeAnnotations } from './node-annotations-validation.ts';
import { checkNodeConfig } from './node-config-validation.ts';
import { checkResourceQuantity } from './resources-validation.ts';
import { checkTaints } from './taint-validation.ts';

const taintsPath = 'metadata.taints';

/** Any Node; the status is checked like the spec (core validation, ValidateNode). */
export function validateNode({ metadata, spec, status }: KubeObject): StatusCause[] {
  const errors: Errors = [];
  checkNodeAnnotations(errors, metadata.annotations);
  checkTaints(errors, spec?.taints ?? [], taintsPath);
  checkAmounts(errors, status ?? {});
  const swap: number | undefined = status?.nodeInfo?.swap?.capacity;
  if (swap !== undefined && swap <= 0) {
    const path = 'metadata.nodeSwapStatus.capacity';
    errors.push(fieldInvalid(path, swap, 'must be greater than zero'));
  }
  checkFeatures(errors, status?.declaredFeatures ?? []);
  checkPodCidrs(errors, spec?.podCIDRs ?? []);
  return errors;
}

function checkPodCidrs(errors: Errors, cidrs: string[]): void {
  const path = 'spec.podCIDRs';
  for (const [i, cidr] of cidrs.entries()) checkFormat(errors, cidr, `${path}[${i}]`, cidrErrors);
  const families = new Set(cidrs.map((cidr) => parseCidr(cidr)?.family));
  if (cidrs.length > 1 && (families.size < 2 || cidrs.length > 2)) {
    const text = 'may specify no more than one CIDR for each IP family';
    errors.push(fieldInvalid(path, cidrs, text));
  }
}

function checkAmounts(errors: Errors, status: Plain): void {
  for (const list of ['capacity', 'allocatable']) {
    for (const [name, amount] of Object.entries(status[list] ?? {})) {
      checkResourceQuantity(errors, name, amount, `status.${list}.${name}`);
    }
  }
}

const featureBytes = 253;
const featurePattern = /^[A-Z][a-zA-Z0-9]*(\/[a-zA-Z][a-zA-Z0-9]*)*$/;

/** What the kubelet can do: names in their order, each once (KEP-5328). */
function checkFeatures(errors: Errors, features: string[]): void {
  const path = 'status.declaredFeatures';
  for (const [i, feature] of features.entries()) {
    const invalid = `invalid feature name ${JSON.stringify(feature)}: must`;
    if (feature.length > featureBytes) {
      const text = `${invalid} be no more than ${featureBytes} characters`;
      errors.push(fieldInvalid(`${path}[${i}]`, feature, text));
    } else if (!featurePattern.test(feature)) {
      const text = `${invalid} start with an UpperCamelCase segment, with subsequent segments separated by '/' (e.g., MyFeature or MyFeature/mySubFeature), and contain only alphanumeric characters and slashes`;
      errors.push(fieldInvalid(`${path}[${i}]`, feature, text));
    }
    const next = features[i + 1];
    if (next === undefined) continue;
    const at = `${path}[${i + 1}]`;
    if (feature === next) errors.push(fieldDuplicate(at, next));
    else if (feature > next) {
      errors.push(fieldInvalid(at, next, 'list must be sorted alphabetically'));
    }
  }
}

/** What of a Node may change, beside all that holds for any (core validation, ValidateNodeUpdate). */
export function validateNodeUpdate(next: KubeObject, old: KubeObject): StatusCause[] {
  const errors: Errors = [];
  const [now, before]: [Plain, Plain] = [next.spec ?? {}, old.spec ?? {}];
  const seen = new Set<string>();
  for (const [i, { type = '', address = '' }] of (next.status?.addresses ?? []).entries()) {
    const key = `${type}/${address}`;
    if (seen.has(key)) {
      const shown = { Type: type, Address: address };
      errors.push(fieldDuplicate(`status.addresses[${i}]`, shown));
    }
    seen.add(key);
  }
  checkCidrChange(errors, now.podCIDRs ?? [], before.podCIDRs ?? []);
  if (before.providerID && before.providerID !== now.providerID) {
    const why = 'node updates may not change providerID except from "" to valid';
    errors.push(fieldForbidden('spec.providerID', why));
  }
  checkNodeConfig(errors, now, next.status ?? {});
  if ((now.externalID ?? '') !== (before.externalID ?? '')) {
    errors.push(fieldForbidden('spec.externalID', 'may not be updated'));
  }
  return errors;
}

/** A kubelet's report: pod CIDRs and swap are not looked at again. */
export function validateNodeStatus(next: KubeObject, old: KubeObject): StatusCause[] {
  const errors: Errors = [];
  checkNodeAnnotations(errors, next.metadata.annotations);
  checkAmounts(errors, next.status ?? {});
  checkFeatures(errors, next.status?.declaredFeatures ?? []);
  errors.push(...validateNodeUpdate(next, old));
  checkTaints(errors, next.spec?.taints ?? [], taintsPath);
  return errors;
}

function checkCidrChange(errors: Errors, now: readonly string[], before: readonly string[]): void {
  if (before.length === 0) return;
  const why = 'node updates may not change podCIDR except from "" to valid';
  const error = fieldForbidden('spec.podCIDRs', why);
  if (now.length !== before.length) errors.push(error);
  else for (const [i, cidr] of before.entries()) if (cidr !== now[i]) errors.push(error);
}
