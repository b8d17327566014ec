import { fieldForbidden, fieldInvalid } from '../../../object/field-error.ts';
import { compareQuantities } from '../../../object/quantity.ts';
import type { Errors } from '../field-check.ts';
import type { Plain } from '../plain.ts';
import type { PodAllowances } from './pod-allowances.ts';
import { sumContainers } from './pod-resources.ts';
import { checkPodAmounts, isHugePages, quantityOrUndefined } from './resources-validation.ts';

/** What a pod asks for as a whole, in itself and against its containers (KEP-2837). */
export function checkPodResources(
  errors: Errors,
  spec: Plain,
  path: string,
  claimNames: ReadonlySet<string>,
  { partialHugePages }: PodAllowances,
): void {
  const resources: Plain | undefined = spec.resources;
  if (resources === undefined) return;
  if (spec.os?.name === 'windows') {
    errors.push(fieldForbidden(path, 'may not be set for a windows pod'));
    return;
  }
  if (resources.claims !== undefined) {
    const why = 'claims may not be set for Resources at pod-level';
    errors.push(fieldForbidden(`${path}.claims`, why));
  }
  checkPodAmounts(errors, resources, path, claimNames, partialHugePages);
  for (const [name, sum] of Object.entries(sumContainers(spec, 'requests'))) {
    const own: string | undefined = resources.requests?.[name];
    if (own === undefined || !isAbove(sum, own)) continue;
    const text = `must be greater than or equal to aggregate container requests of ${sum}`;
    errors.push(fieldInvalid(`${path}.requests[${name}]`, own, text));
  }
  // Huge pages are not promised beyond what is there.
  for (const [name, sum] of Object.entries(sumContainers(spec, 'limits'))) {
    const own: string | undefined = resources.limits?.[name];
    if (!isHugePages(name) || own === undefined || !isAbove(sum, own)) continue;
    const text = `must be greater than or equal to aggregate container limits of ${sum}`;
    errors.push(fieldInvalid(`${path}.limits[${name}]`, own, text));
  }
  for (const [i, container] of (spec.containers ?? []).entries()) {
    const limits: Record<string, string> = container.resources?.limits ?? {};
    for (const [name, limit] of Object.entries(limits)) {
      const own: string | undefined = resources.limits?.[name];
      if (own === undefined || !isAbove(limit, own)) continue;
      const text = `must be less than or equal to pod limits of ${own}`;
      errors.push(fieldInvalid(`${path}.containers[${i}][${name}].limits`, limit, text));
    }
  }
}

function isAbove(a: string, b: string): boolean {
  const [left, right] = [quantityOrUndefined(a), quantityOrUndefined(b)];
  return left !== undefined && right !== undefined && compareQuantities(left, right) > 0;
}
