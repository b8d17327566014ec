import { fieldDuplicate, fieldInvalid, fieldRequired } from '../../../object/field-error.ts';
import { dns1123LabelErrors, dns1123SubdomainErrors } from '../../../object/name.ts';
import { checkName, checkOneOf, type Errors } from '../field-check.ts';
import { type Plain, setDefaults } from '../plain.ts';

/** Device requests of claims and claim templates (pkg/apis/resource: defaults, validation). */
export function defaultDevices(devices: Plain | undefined): void {
  for (const request of devices?.requests ?? []) {
    const options = [request.exactly, ...(request.firstAvailable ?? [])];
    for (const option of options) {
      if (option === undefined) continue;
      setDefaults(option, { allocationMode: 'ExactCount' });
      if (option.allocationMode === 'ExactCount') option.count ||= 1;
      for (const toleration of option.tolerations ?? [])
        setDefaults(toleration, { operator: 'Equal' });
    }
  }
}

/** Requests of one claim (resource.k8s.io DeviceRequestsMaxSize). */
const requestsMax = 32;

export function checkDevices(errors: Errors, devices: Plain | undefined, path: string): void {
  const requests: Plain[] = devices?.requests ?? [];
  if (requests.length > requestsMax) {
    const message = `Too many: ${requests.length}: must have at most ${requestsMax} items`;
    errors.push({ reason: 'FieldValueTooMany', message, field: `${path}.requests` });
  }
  const names = new Set<string>();
  for (const [i, request] of requests.entries()) {
    const at = `${path}.requests[${i}]`;
    checkName(errors, request.name, `${at}.name`, dns1123LabelErrors);
    if (names.has(request.name)) errors.push(fieldDuplicate(`${at}.name`, request.name));
    names.add(request.name);
    const alternatives: Plain[] = request.firstAvailable ?? [];
    if (request.exactly !== undefined && alternatives.length > 0) {
      const text = 'exactly one of `exactly` or `firstAvailable` is required';
      errors.push(fieldInvalid(at, request, text));
    } else if (request.exactly !== undefined) checkExact(errors, request.exactly, `${at}.exactly`);
    else if (alternatives.length > 0) {
      for (const [j, option] of alternatives.entries()) {
        checkExact(errors, option, `${at}.firstAvailable[${j}]`);
      }
    } else {
      const text = 'exactly one of `exactly` or `firstAvailable` is required';
      errors.push(fieldRequired(at, text));
    }
  }
}

function checkExact(errors: Errors, option: Plain, path: string): void {
  checkName(errors, option.deviceClassName, `${path}.deviceClassName`, dns1123SubdomainErrors);
  checkOneOf(errors, option.allocationMode, `${path}.allocationMode`, ['All', 'ExactCount']);
  if (option.allocationMode === 'All' && option.count) {
    const text = 'must not be specified when allocationMode is All';
    errors.push(fieldInvalid(`${path}.count`, option.count, text));
  }
  if (option.allocationMode === 'ExactCount' && option.count <= 0) {
    errors.push(fieldInvalid(`${path}.count`, option.count, 'must be greater than zero'));
  }
}
