import {
  fieldForbidden,
  fieldInvalid,
  fieldNotFound,
  fieldRequired,
} from '../../../object/field-error.ts';
import { labelKeyErrors } from '../../../object/name.ts';
import {
  compareQuantities,
  parseQuantity,
  type Quantity,
  quantityMilliValue,
} from '../../../object/quantity.ts';
import type { Errors } from '../field-check.ts';
import type { Plain } from '../plain.ts';

/** Amounts of resources: names, signs, requests against limits (core validation, resource section). */

const standardContainerResources = new Set(['cpu', 'memory', 'ephemeral-storage']);
const integerResources = new Set([
  'pods',
  'services',
  'replicationcontrollers',
  'resourcequotas',
  'secrets',
  'configmaps',
  'persistentvolumeclaims',
  'services.nodeports',
  'services.loadbalancers',
]);

const hugePages = 'hugepages-';

/** A name without a domain, or one of kubernetes.io. */
function isNative(name: string): boolean {
  return !name.includes('/') || name.startsWith('kubernetes.io/');
}

function isExtended(name: string): boolean {
  return !isNative(name) && !name.startsWith('requests.');
}

/** cpu, memory and the like may be promised beyond what is there; the rest are counted devices. */
export function isOvercommitAllowed(name: string): boolean {
  return isNative(name) && !name.startsWith(hugePages);
}

/** Undefined when the text is no quantity: decoding has refused it already. */
export function quantityOrUndefined(text: unknown): Quantity | undefined {
  try {
    return parseQuantity(String(text));
  } catch {
    return undefined;
  }
}

export function isNegative(text: unknown): boolean {
  const quantity = quantityOrUndefined(text);
  return quantity !== undefined && compareQuantities(quantity, zero) < 0;
}

const zero = parseQuantity('0');

/** Domain-qualified, or a name that containers know. */
function checkContainerResourceName(errors: Errors, name: string, path: string): void {
  for (const message of labelKeyErrors(name)) errors.push(fieldInvalid(path, name, message));
  if (!name.includes('/')) {
    if (!standardContainerResources.has(name) && !name.startsWith(hugePages)) {
      errors.push(fieldInvalid(path, name, 'must be a standard resource for containers'));
    }
  } else if (!isNative(name) && name.startsWith('requests.')) {
    errors.push(fieldInvalid(path, name, "doesn't follow extended resource name standard"));
  }
}

/** Not negative, and whole where the resource is counted in pieces. */
export function checkResourceQuantity(
  errors: Errors,
  name: string,
  text: unknown,
  path: string,
): void {
  const quantity = quantityOrUndefined(text);
  if (quantity === undefined) return;
  if (compareQuantities(quantity, zero) < 0) {
    errors.push(fieldInvalid(path, String(text), 'must be greater than or equal to 0'));
  }
  if (isExtended(name) || integerResources.has(name)) {
    if (quantityMilliValue(quantity) % 1000 !== 0) {
      errors.push(fieldInvalid(path, String(text), 'must be an integer'));
    }
  }
}

/** `requests` and `limits` of one container. `claimNames`: the pod's resourceClaims. */
export function checkContainerResources(
  errors: Errors,
  resources: Plain | undefined,
  path: string,
  claimNames: ReadonlySet<string>,
): void {
  if (resources === undefined) return;
  const limits: Record<string, string> = resources.limits ?? {};
  const requests: Record<string, string> = resources.requests ?? {};
  for (const [name, amount] of Object.entries(limits)) {
    const at = `${path}.limits[${name}]`;
    checkContainerResourceName(errors, name, at);
    checkResourceQuantity(errors, name, amount, at);
  }
  for (const [name, amount] of Object.entries(requests)) {
    const at = `${path}.requests[${name}]`;
    checkContainerResourceName(errors, name, at);
    checkResourceQuantity(errors, name, amount, at);
    checkRequestAgainstLimit(errors, name, amount, limits[name], path);
  }
  checkHugePages(errors, limits, requests, path);
  checkClaims(errors, resources.claims ?? [], `${path}.claims`, claimNames);
}

function checkRequestAgainstLimit(
  errors: Errors,
  name: string,
  request: string,
  limit: string | undefined,
  path: string,
): void {
  if (limit === undefined) {
    if (!isOvercommitAllowed(name)) {
      errors.push(
        fieldRequired(`${path}.limits`, 'Limit must be set for non overcommitable resources'),
      );
    }
    return;
  }
  const asked = quantityOrUndefined(request);
  const most = quantityOrUndefined(limit);
  if (asked === undefined || most === undefined) return;
  const order = compareQuantities(asked, most);
  if (!isOvercommitAllowed(name) && order !== 0) {
    const text = `must be equal to ${name} limit of ${limit}`;
    errors.push(fieldInvalid(`${path}.requests`, request, text));
  } else if (isOvercommitAllowed(name) && order > 0) {
    const text = `must be less than or equal to ${name} limit of ${limit}`;
    errors.push(fieldInvalid(`${path}.requests`, request, text));
  }
}

function checkHugePages(
  errors: Errors,
  limits: Record<string, string>,
  requests: Record<string, string>,
  path: string,
): void {
  const names = [...Object.keys(limits), ...Object.keys(requests)];
  if (!names.some((name) => name.startsWith(hugePages))) return;
  if (names.includes('cpu') || names.includes('memory')) return;
  errors.push(fieldForbidden(path, 'HugePages require cpu or memory'));
}

function checkClaims(
  errors: Errors,
  claims: Plain[],
  path: string,
  names: ReadonlySet<string>,
): void {
  for (const [i, claim] of claims.entries()) {
    if (claim.name === undefined || claim.name === '') {
      errors.push(fieldRequired(`${path}[${i}]`));
    } else if (!names.has(claim.name)) {
      errors.push(fieldNotFound(`${path}[${i}]`, claim.name));
    }
  }
}
