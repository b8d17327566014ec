import { fieldForbidden, fieldNotSupported } from '../../../object/field-error.ts';
import type { KubeObject } from '../../../object/object.ts';
import type { StatusCause } from '../../../object/status-error.ts';
import { ageColumn, nameColumn, textColumn } from '../column.ts';
import { labelKeyErrors } from '../../../object/name.ts';
import { checkFormat, checkNonNegative, checkPositive, type Errors } from '../field-check.ts';
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
  if (spec.strategy !== undefined) checkStrategy(errors, spec.strategy);
  if (spec.preferredHolder && !spec.strategy) {
    const why = 'may only be specified if `strategy` is defined';
    errors.push(fieldForbidden('spec.preferredHolder', why));
  }
  return errors;
}

/** Kubernetes' own strategies have no slash; upstream names the field twice. */
function checkStrategy(errors: Errors, strategy: string): void {
  const path = 'spec.strategy.strategy';
  if (strategy.includes('/')) checkFormat(errors, strategy, path, labelKeyErrors);
  else if (strategy !== 'OldestEmulationVersion') {
    errors.push(fieldNotSupported(path, strategy, ['OldestEmulationVersion']));
  }
}
