import type { KubeObject } from '../../../object/object.ts';
import { ageColumn, nameColumn, textColumn } from '../column.ts';
import { type Errors, keepStatus } from '../field-check.ts';
import { checkImmutableStruct } from '../internal-form.ts';
import { dropReturnedDevices, validateClaimStatus } from './claim-status.ts';
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
  status: {
    keepsMetadata: 'all',
    prepareForUpdate: dropReturnedDevices,
    validateUpdate: validateClaimStatus,
  },
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
    checkImmutableStruct(errors, next.spec, old.spec, 'spec', 'ResourceClaimSpec');
    return errors;
  },
};

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
