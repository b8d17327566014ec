import { fieldDuplicate, fieldForbidden, fieldInvalid } from '../../../object/field-error.ts';
import { labelKeyErrors } from '../../../object/name.ts';
import type { KubeObject } from '../../../object/object.ts';
import type { StatusCause } from '../../../object/status-error.ts';
import { checkFormat, checkOneOf, type Errors } from '../field-check.ts';
import { cidrErrors, parseCidr } from '../ip-format.ts';
import type { Plain } from '../plain.ts';
import { checkResourceQuantity } from './resources-validation.ts';
import { checkJoined } from './scheduling-validation.ts';

/** core validation, ValidateNode and its update; the status is checked like the spec. */

export function validateNewNode({ spec, status }: KubeObject): StatusCause[] {
  const errors: Errors = [];
  checkTaints(errors, spec?.taints ?? []);
  checkAmounts(errors, status ?? {});
  const cidrs: string[] = spec?.podCIDRs ?? [];
  const path = 'spec.podCIDRs';
  for (const [i, cidr] of cidrs.entries()) {
    checkFormat(errors, cidr, `${path}[${i}]`, cidrErrors);
  }
  const families = new Set(cidrs.map((cidr) => parseCidr(cidr)?.family));
  if (cidrs.length > 1 && (families.size < 2 || cidrs.length > 2)) {
    const text = 'may specify no more than one CIDR for each IP family';
    errors.push(fieldInvalid(path, cidrs, text));
  }
  for (const [i, cidr] of cidrs.entries()) {
    if (cidrs.indexOf(cidr) < i) errors.push(fieldDuplicate(`${path}[${i}]`, cidr));
  }
  return errors;
}

function checkAmounts(errors: Errors, status: Plain): void {
  for (const list of ['capacity', 'allocatable']) {
    for (const [name, amount] of Object.entries(status[list] ?? {})) {
      checkResourceQuantity(errors, name, amount, `status.${list}.${name}`);
    }
  }
}

function checkTaints(errors: Errors, taints: Plain[]): void {
  const seen = new Set<string>();
  for (const [i, { key = '', value = '', effect = '', timeAdded = null }] of taints.entries()) {
    const path = `metadata.taints[${i}]`;
    checkFormat(errors, key, `${path}.key`, labelKeyErrors);
    checkJoined(errors, value, `${path}.value`);
    const effects = ['NoSchedule', 'PreferNoSchedule', 'NoExecute'];
    checkOneOf(errors, effect, `${path}.effect`, effects);
    const pair = `${effect}/${key}`;
    if (seen.has(pair)) {
      // The fields of upstream's internal type, which is what its message shows.
      const taint = { Key: key, Value: value, Effect: effect, TimeAdded: timeAdded };
      const duplicate = fieldDuplicate(path, taint);
      duplicate.message += ': taints must be unique by key and effect pair';
      errors.push(duplicate);
    }
    seen.add(pair);
  }
}

export function validateNodeUpdate(next: KubeObject, old: KubeObject): StatusCause[] {
  const errors: Errors = [];
  const [now, before]: [Plain, Plain] = [next.spec ?? {}, old.spec ?? {}];
  checkAmounts(errors, next.status ?? {});
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
  checkTaints(errors, now.taints ?? []);
  if ((now.externalID ?? '') !== (before.externalID ?? '')) {
    errors.push(fieldForbidden('spec.externalID', 'may not be updated'));
  }
  return errors;
}

function checkCidrChange(errors: Errors, now: readonly string[], before: readonly string[]): void {
  if (before.length === 0) return;
  const why = 'node updates may not change podCIDR except from "" to valid';
  const error = fieldForbidden('spec.podCIDRs', why);
  if (now.length !== before.length) errors.push(error);
  else for (const [i, cidr] of before.entries()) if (cidr !== now[i]) errors.push(error);
}
