import { semanticEqual } from '../../../object/equal.ts';
import { fieldForbidden, fieldRequired } from '../../../object/field-error.ts';
import type { KubeObject } from '../../../object/object.ts';
import type { StatusCause } from '../../../object/status-error.ts';
import { ageColumn, nameColumn, textColumn } from '../column.ts';
import { checkImmutable, type Errors, keepStatus } from '../field-check.ts';
import type { Plain } from '../plain.ts';
import { checkSet } from './bounded-list.ts';
import { checkDevices } from './device-claim.ts';
import { defaultDevices } from './device-requests.ts';
import type { KindDefinition } from '../resource.ts';

export const resourceClaim: KindDefinition = {
  group: 'resource.k8s.io',
  version: 'v1',
  kind: 'ResourceClaim',
  resource: 'resourceclaims',
  namespaced: true,
  storagePath: 'resourceclaims',
  generation: false,
  status: { validateUpdate: validateStatus },
  columns: [nameColumn, textColumn('State', stateText), ageColumn],
  default(claim) {
    claim.spec ??= {};
    claim.status ??= {};
    defaultDevices(claim.spec.devices);
  },
  prepareForCreate(claim) {
    claim.status = {};
  },
  prepareForUpdate: keepStatus,
  // what cannot change is judged once
  validateCreate({ spec }) {
    const errors: Errors = [];
    checkDevices(errors, spec.devices, 'spec.devices');
    return errors;
  },
  validateUpdate(next, old) {
    const errors: Errors = [];
    checkImmutable(errors, next.spec, old.spec, 'spec');
    return errors;
  },
};

const consumersMax = 256;

/** Who uses the claim, and what it was given: once given, that stays (validateResourceClaimStatusUpdate). */
function validateStatus(next: KubeObject, old: KubeObject): StatusCause[] {
  const errors: Errors = [];
  const { reservedFor = [], allocation } = next.status ?? {};
  const path = 'status.reservedFor';
  checkSet(errors, reservedFor, path, {
    max: consumersMax,
    key: (consumer: Plain) => consumer.uid ?? '',
    check(consumer: Plain, at) {
      for (const field of ['resource', 'name', 'uid']) {
        if (!consumer[field]) errors.push(fieldRequired(`${at}.${field}`));
      }
    },
  });
  if (reservedFor.length > 0 && allocation === undefined) {
    const why = 'may not be specified when `allocated` is not set';
    errors.push(fieldForbidden(path, why));
  } else if (next.metadata.deletionTimestamp !== undefined) {
    const before: Plain[] = old.status?.reservedFor ?? [];
    const added = reservedFor.some((one: Plain) => !before.some((had) => semanticEqual(had, one)));
    const why =
      'new entries may not be added while `deallocationRequested` or `deletionTimestamp` are set';
    if (added) errors.push(fieldForbidden(path, why));
  }
  const given = old.status?.allocation;
  if (given !== undefined && allocation !== undefined) {
    checkImmutable(errors, allocation, given, 'status.allocation');
  }
  return errors;
}

function stateText({ metadata, status }: KubeObject): string {
  const states: string[] = [];
  if (metadata.deletionTimestamp) states.push('deleted');
  if (!status?.allocation) {
    if (!metadata.deletionTimestamp) states.push('pending');
  } else {
    states.push('allocated');
    if ((status.reservedFor ?? []).length > 0) states.push('reserved');
  }
  return states.join(',');
}
