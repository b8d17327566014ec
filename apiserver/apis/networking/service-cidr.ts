import { fieldInvalid, fieldRequired } from '../../../object/field-error.ts';
import type { KubeObject } from '../../../object/object.ts';
import type { StatusCause } from '../../../object/status-error.ts';
import { ageColumn, nameColumn, textColumn } from '../column.ts';
import { checkFormat, type Errors, immutableMessage } from '../field-check.ts';
import { parseCidr, strictCidrErrors } from '../ip-format.ts';
import type { KindDefinition } from '../resource.ts';

export const serviceCidr: KindDefinition = {
  group: 'networking.k8s.io',
  version: 'v1',
  kind: 'ServiceCIDR',
  resource: 'servicecidrs',
  namespaced: false,
  storagePath: 'servicecidrs',
  generation: false,
  status: { keepsMetadata: 'all', withObject: true },
  columns: [
    nameColumn,
    textColumn('CIDRs', ({ spec }) => (spec?.cidrs ?? []).join(',')),
    ageColumn,
  ],
  default(serviceCidr) {
    serviceCidr.spec ??= {};
    serviceCidr.status ??= {};
  },
  validateCreate: ({ spec }) => validateCidrs(spec?.cidrs ?? []),
  validateUpdate,
};

function validateCidrs(cidrs: string[]): StatusCause[] {
  const errors: Errors = [];
  if (cidrs.length === 0) {
    errors.push(fieldRequired('spec.cidrs', 'at least one CIDR required'));
    return errors;
  }
  if (cidrs.length > 2) {
    errors.push(fieldInvalid('spec.cidrs', { CIDRs: cidrs }, 'may only hold up to 2 values'));
    return errors;
  }
  for (const [i, cidr] of cidrs.entries()) {
    checkFormat(errors, cidr, `spec.cidrs[${i}]`, strictCidrErrors);
  }
  const [first, second] = cidrs.map((cidr) => parseCidr(cidr)?.family);
  if (cidrs.length === 2 && first === second && first !== undefined) {
    const text =
      'may specify no more than one IP for each IP family, i.e 192.168.0.0/24 and 2001:db8::/64';
    errors.push(fieldInvalid('spec.cidrs', cidrs, text));
  }
  return errors;
}

/** One family may be joined by the other; what is there stays. */
function validateUpdate(next: KubeObject, old: KubeObject): StatusCause[] {
  const before: string[] = old.spec?.cidrs ?? [];
  const now: string[] = next.spec?.cidrs ?? [];
  const changed = (i: number): StatusCause[] =>
    now[i] === before[i] ? [] : [fieldInvalid(`spec.cidrs[${i}]`, now[i], immutableMessage)];
  if (now.length === before.length) return before.flatMap((_, i) => changed(i));
  if (before.length === 1 && now.length === 2) return [...changed(0), ...validateCidrs(now)];
  return [fieldInvalid('spec.cidrs', next.spec?.cidrs, immutableMessage)];
}
