import { fieldDuplicate, fieldInvalid, fieldRequired } from '../../../object/field-error.ts';
import { dns1123LabelErrors, dns1123SubdomainErrors } from '../../../object/name.ts';
import { checkFormat, checkName, type Errors } from '../field-check.ts';
import type { Plain } from '../plain.ts';

/** The claim that the scheduler made for a pod's extended resources (core validation, KEP-5004). */
export function checkExtendedClaims(errors: Errors, status: Plain | undefined, spec: Plain): void {
  if (status === undefined) return;
  const path = 'status.extendedResourceClaimStatus';
  const containers = new Map<string, Plain>();
  for (const container of [...(spec.initContainers ?? []), ...(spec.containers ?? [])]) {
    containers.set(container.name, container);
  }
  const mappings: Plain[] = status.requestMappings ?? [];
  if (mappings.length === 0) {
    const text = 'at least one request mapping is required';
    errors.push(fieldRequired(`${path}.requestMappings`, text));
  }
  const seen = new Set<string>();
  for (const [i, mapping] of mappings.entries()) {
    const at = `${path}.requestMappings[${i}]`;
    const { containerName = '', resourceName = '', requestName = '' } = mapping;
    const container = containers.get(containerName);
    if (container === undefined) {
      const text =
        'must match the name of an entry in spec.initContainers.name or spec.containers.name';
      errors.push(fieldInvalid(`${at}.containerName`, containerName, text));
    } else if (container.resources?.requests?.[resourceName] === undefined) {
      const text =
        'must match the extended resource name of an entry in spec.initContainers.resources.requests or spec.containers.resources.requests';
      errors.push(fieldInvalid(`${at}.resourceName`, resourceName, text));
    }
    checkFormat(errors, requestName, `${path}.requestName`, dns1123LabelErrors);
    const key = [containerName, resourceName, requestName].join(' ');
    if (seen.has(key)) {
      errors.push(fieldDuplicate(`${at}.containerName`, containerName));
      errors.push(fieldDuplicate(`${at}.resourceName`, resourceName));
      errors.push(fieldDuplicate(`${at}.requestName`, requestName));
    }
    seen.add(key);
  }
  checkName(errors, status.resourceClaimName, `${path}.resourceClaimName`, dns1123SubdomainErrors);
}
