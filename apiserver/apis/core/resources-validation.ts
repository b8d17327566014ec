import {
  fieldForbidden,
  fieldInvalid,
  fieldNotSupported,
  fieldRequired,
} from '../../../object/field-error.ts';
import { labelKeyErrors } from '../../../object/name.ts';
import {
  compareQuantities,
  parseQuantity,
  type Quantity,
  quantityMilliValue,
} from '../../../object/quantity.ts';
import { checkFormat, type Errors } from '../field-check.ts';
import { checkResourceClaimNames } from './resource-claim-validation.ts';
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

/** A name without a domain, or one of kubernetes.io and what lies below it. */
export function isNative(name: string): boolean {
  return !name.includes('/') || name.includes('kubernetes.io/');
}

/** A device of somebody's own, by a name that a quota can still prefix. */
export function isExtended(name: string): boolean {
  if (isNative(name) || name.startsWith('requests.')) return false;
  return labelKeyErrors(`requests.${name}`).length === 0;
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

export function isZeroQuantity(quantity: Quantity): boolean {
  return compareQuantities(quantity, zero) === 0;
}

export function isNegative(text: unknown): boolean {
  const quantity = quantityOrUndefined(text);
  return quantity !== undefined && compareQuantities(quantity, zero) < 0;
}

const zero = parseQuantity('0');

/** Names that stand for themselves, without a domain. */
const standardResources = new Set([
  ...standardContainerResources,
  ...['requests', 'limits'].flatMap((side) =>
    [...standardContainerResources].map((name) => `${side}.${name}`),
  ),
  ...integerResources,
  'storage',
  'requests.storage',
]);

/** Domain-qualified, or one of the names that stand for themselves; the path is the name's own. */
export function checkResourceName(errors: Errors, name: string, path: string): void {
  const before = errors.length;
  checkFormat(errors, name, path, labelKeyErrors);
  if (errors.length > before || name.includes('/')) return;
  if (standardResources.has(name) || isHugePagesOfQuota(name)) return;
  errors.push(fieldInvalid(path, name, 'must be a standard resource type or fully qualified'));
}

/** What quotas count, by a name of its own. */
export function isStandardQuotaResource(name: string): boolean {
  return (standardResources.has(name) && name !== 'storage') || isHugePagesOfQuota(name);
}

function isHugePagesOfQuota(name: string): boolean {
  return name.startsWith(hugePages) || name.startsWith(`requests.${hugePages}`);
}

/** As {@link checkResourceName}, and a container can have it. */
export function checkContainerResourceName(errors: Errors, name: string, path: string): void {
  checkResourceName(errors, name, path);
  if (!name.includes('/')) {
    if (!standardContainerResources.has(name) && !name.startsWith(hugePages)) {
      errors.push(fieldInvalid(path, name, 'must be a standard resource for containers'));
    }
  } else if (!isNative(name) && !isExtended(name)) {
    errors.push(fieldInvalid(path, name, "doesn't follow extended resource name standard"));
  }
}

/** What a pod as a whole can ask for (KEP-2837). */
function checkPodResourceName(errors: Errors, name: string, path: string): void {
  const before = errors.length;
  checkResourceName(errors, name, path);
  if (errors.length > before || isPodLevelResource(name)) return;
  errors.push(fieldNotSupported(path, name, ['cpu', 'hugepages-', 'memory']));
}

export function isHugePages(name: string): boolean {
  return name.startsWith(hugePages);
}

export function isPodLevelResource(name: string): boolean {
  return name === 'cpu' || name === 'memory' || name.startsWith(hugePages);
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
  partialPages = false,
): void {
  if (resources === undefined) return;
  checkAmounts(errors, resources, path, checkContainerResourceName, partialPages);
  checkResourceClaimNames(errors, resources.claims ?? [], `${path}.claims`, claimNames);
}

/** `requests` and `limits` of a pod as a whole, in themselves. */
export function checkPodAmounts(
  errors: Errors,
  resources: Plain,
  path: string,
  claimNames: ReadonlySet<string>,
  partialPages: boolean,
): void {
  checkAmounts(errors, resources, path, checkPodResourceName, partialPages);
  checkResourceClaimNames(errors, resources.claims ?? [], `${path}.claims`, claimNames);
}

type NameCheck = (errors: Errors, name: string, path: string) => void;

function checkAmounts(
  errors: Errors,
  resources: Plain,
  path: string,
  checkName: NameCheck,
  partialPages: boolean,
): void {
  const limits: Record<string, string> = resources.limits ?? {};
  const requests: Record<string, string> = resources.requests ?? {};
  for (const [name, amount] of Object.entries(limits)) {
    const at = `${path}.limits[${name}]`;
    checkName(errors, name, at);
    checkResourceQuantity(errors, name, amount, at);
    if (!partialPages) checkPageSize(errors, name, amount, at);
  }
  for (const [name, amount] of Object.entries(requests)) {
    const at = `${path}.requests[${name}]`;
    checkName(errors, name, at);
    checkResourceQuantity(errors, name, amount, at);
    checkRequestAgainstLimit(errors, name, amount, limits[name], path);
    if (!partialPages) checkPageSize(errors, name, amount, at);
  }
  const names = [...Object.keys(limits), ...Object.keys(requests)];
  if (!names.some((name) => name.startsWith(hugePages))) return;
  if (names.includes('cpu') || names.includes('memory')) return;
  errors.push(fieldForbidden(path, 'HugePages require cpu or memory'));
}

/** Huge pages come whole. */
function isPartial(name: string, text: string): boolean {
  if (!name.startsWith(hugePages)) return false;
  const size = quantityOrUndefined(name.slice(hugePages.length));
  const amount = quantityOrUndefined(text);
  if (amount === undefined) return false;
  return size === undefined || size.nano <= 0n || amount.nano % size.nano !== 0n;
}

/** Of a container or of the pod's overhead. */
export function hasPartialPages(resources: Plain | undefined): boolean {
  return [resources?.limits, resources?.requests].some((amounts: Plain = {}) =>
    Object.entries(amounts).some(([name, text]) => isPartial(name, text)),
  );
}

function checkPageSize(errors: Errors, name: string, text: string, path: string): void {
  if (!isPartial(name, text)) return;
  const why = `${text} is not positive integer multiple of ${name}`;
  errors.push(fieldInvalid(path, text, why));
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
