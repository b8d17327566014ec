import { ageColumn, nameColumn } from '../column.ts';
import type { Errors } from '../field-check.ts';
import { checkImmutableStruct } from '../internal-form.ts';
import { checkDevices } from './device-claim.ts';
import { defaultDevices } from './device-requests.ts';
import type { KindDefinition } from '../resource.ts';

export const resourceClaimTemplate: KindDefinition = {
  group: 'resource.k8s.io',
  version: 'v1',
  kind: 'ResourceClaimTemplate',
  resource: 'resourceclaimtemplates',
  namespaced: true,
  storagePath: 'resourceclaimtemplates',
  generation: false,
  columns: [nameColumn, ageColumn],
  default: ({ spec }) => defaultDevices(spec?.spec?.devices),
  // what cannot change is judged once
  validateCreate({ spec }) {
    const errors: Errors = [];
    checkDevices(errors, spec?.spec?.devices, 'spec.spec.devices');
    return errors;
  },
  validateUpdate(next, old) {
    const errors: Errors = [];
    checkImmutableStruct(errors, next.spec, old.spec, 'spec', 'ResourceClaimTemplateSpec');
    return errors;
  },
};
