import { fieldForbidden } from '../../../object/field-error.ts';
import type { KubeObject } from '../../../object/object.ts';
import type { StatusCause } from '../../../object/status-error.ts';
import { ageColumn, nameColumn, textColumn } from '../column.ts';
import { checkNonNegative, checkPositive, type Errors } from '../field-check.ts';
import type { KindDefinition } from '../resource.ts';

export const lease: KindDefinition = {
  group: 'coordination.k8s.io',
  version: 'v1',
  kind: 'Lease',
  resource: 'leases',
  namespaced: true,
  storagePath: 'leases',
  generation: false,
  createOnUpdate: true,
  unconditionalUpdate: false,
  columns: [nameColumn, textColumn('Holder', ({ spec }) => spec?.holderIdentity ?? ''), ageColumn],
  validate,
};

function validate({ spec = {} }: KubeObject): StatusCause[] {
  const errors: Errors = [];
  checkPositive(errors, spec.leaseDurationSeconds, 'spec.leaseDurationSeconds');
  checkNonNegative(errors, spec.leaseTransitions, 'spec.leaseTransitions');
  if (spec.preferredHolder && !spec.strategy) {
    const why = 'may only be specified when `strategy` is defined';
    errors.push(fieldForbidden('spec.preferredHolder', why));
  }
  return errors;
}
