import { fieldInvalid, fieldRequired } from '../../../object/field-error.ts';
import { formatQuantity } from '../../../object/quantity.ts';
import type { Errors } from '../field-check.ts';
import type { Plain } from '../plain.ts';
import { isNative, isNegative, quantityOrUndefined } from './resources-validation.ts';

/**
 * What a pod takes of its node by way of its claims (core validation, KEP-5517). The gate is off: only
 * a pod that has such a status already can be given one.
 */
export function checkAllocatableClaims(errors: Errors, status: Plain, spec: Plain): void {
  const references: Plain[] = [
    ...(spec.resourceClaims ?? []),
    ...(status.resourceClaimStatuses ?? []),
  ];
  const known = new Set(references.map(({ resourceClaimName }) => resourceClaimName));
  const claims: Plain[] = status.nodeAllocatableResourceClaimStatuses ?? [];
  for (const [i, claim] of claims.entries()) {
    const path = `status.nodeAllocatableResourceClaimStatuses[${i}]`;
    const empty = (field: string): unknown =>
      errors.push(fieldRequired(`${path}.${field}`, 'must not be empty'));
    const { resourceClaimName: name = '', containers = [], resources = {} } = claim;
    if (name === '') empty('resourceClaimName');
    if (!known.has(name)) {
      const text = 'no mapping found in pod reference';
      errors.push(fieldInvalid(`${path}.resourceClaimName`, name, text));
    }
    if (containers.length === 0) empty('containers');
    if (Object.keys(resources).length === 0) empty('resources');
    for (const [resource, amount] of Object.entries(resources)) {
      const at = `${path}.resources[${resource}]`;
      if (!isNative(resource)) {
        errors.push(fieldInvalid(at, resource, 'must be a node allocatable resource name'));
      }
      const quantity = quantityOrUndefined(amount);
      if (quantity !== undefined && isNegative(amount)) {
        errors.push(fieldInvalid(at, formatQuantity(quantity), 'must be non-negative'));
      }
    }
  }
}
