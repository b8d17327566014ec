import { semanticEqual } from '../../../object/equal.ts';
import { fieldInvalid, fieldRequired } from '../../../object/field-error.ts';
import type { KubeObject } from '../../../object/object.ts';
import type { StatusCause } from '../../../object/status-error.ts';
import { ageColumn, nameColumn, textColumn } from '../column.ts';
import { checkFormat, type Errors, immutableMessage, keepStatus } from '../field-check.ts';
import { canonicalCidr, cidrErrors, parseCidr } from '../ip-format.ts';
import type { KindDefinition } from '../resource.ts';

export const serviceCidr: KindDefinition = {
  group: 'networking.k8s.io',
  version: 'v1',
  kind: 'ServiceCIDR',
  resource: 'servicecidrs',
  namespaced: false,
  storagePath: 'servicecidrs',
  generation: false,
  status: true,
  columns: [
    nameColumn,
    textColumn('CIDRs', ({ spec }) => (spec?.cidrs ?? []).join(',')),
    ageColumn,
  ],
  default(serviceCidr) {
    serviceCidr.spec ??= {};
    serviceCidr.status ??= {};
  },
  prepareForCreate(serviceCidr) {
    serviceCidr.status = {};
  },
  prepareForUpdate: keepStatus,
  validate,
  validateUpdate,
};

function validate({ spec }: KubeObject): StatusCause[] {
  const errors: Errors = [];
  const cidrs: string[] = spec?.cidrs ?? [];
  if (cidrs.length === 0) {
    errors.push(fieldRequired('spec.cidrs', 'at least one CIDR required'));
    return errors;
  }
  if (cidrs.length > 2) {
    errors.push(fieldInvalid('spec', spec, 'may only hold up to 2 values'));
    return errors;
  }
  for (const [i, cidr] of cidrs.entries()) {
    const path = `spec.cidrs[${i}]`;
    checkFormat(errors, cidr, path, cidrErrors);
    if (parseCidr(cidr) !== undefined && canonicalCidr(cidr) !== cidr) {
      errors.push(fieldInvalid(path, cidr, 'must be in canonical form'));
    }
  }
  const families = new Set(cidrs.map((cidr) => parseCidr(cidr)?.family));
  if (cidrs.length === 2 && families.size === 1) {
    const text =
      'may specify no more than one IP for each IP family, i.e 192.168.0.0/24 and 2001:db8::/64';
    errors.push(fieldInvalid('spec', spec, text));
  }
  return errors;
}

/** One family may be joined by the other; what is there stays. */
function validateUpdate(next: KubeObject, old: KubeObject): StatusCause[] {
  const before: string[] = old.spec?.cidrs ?? [];
  const now: string[] = next.spec?.cidrs ?? [];
  if (semanticEqual(now, before)) return [];
  if (before.length === 1 && now.length === 2 && now[0] === before[0]) return [];
  return [fieldInvalid('spec.cidrs', now, immutableMessage)];
}
