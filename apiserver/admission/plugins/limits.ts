import {
  compareQuantities,
  formatQuantity,
  parseQuantity,
  quantityMilliValue,
} from '../../../object/quantity.ts';

/** The bounds of one LimitRange item against requests and limits. Pure. */

export interface Resources {
  requests?: Record<string, string>;
  limits?: Record<string, string>;
}

export interface LimitRangeItem {
  type: string;
  min?: Record<string, string>;
  max?: Record<string, string>;
  default?: Record<string, string>;
  defaultRequest?: Record<string, string>;
  maxLimitRequestRatio?: Record<string, string>;
}

/** In upstream's words. `requestsOnly`: claims have no limits. */
export function limitFaults(
  item: LimitRangeItem,
  { requests = {}, limits = {} }: Resources,
  requestsOnly = false,
): string[] {
  const faults: string[] = [];
  const add = (fault: string | undefined) => {
    if (fault !== undefined) faults.push(fault);
  };
  for (const [name, bound] of Object.entries(item.min ?? {})) {
    add(
      belowMin(
        `minimum ${name} usage per ${item.type} is ${shown(bound)}`,
        bound,
        requests[name],
        limits[name],
      ),
    );
  }
  for (const [name, bound] of Object.entries(item.max ?? {})) {
    const text = `maximum ${name} usage per ${item.type} is ${shown(bound)}`;
    add(
      requestsOnly
        ? aboveMaxRequest(text, bound, requests[name])
        : aboveMax(text, bound, requests[name], limits[name]),
    );
  }
  if (requestsOnly) return faults;
  for (const [name, bound] of Object.entries(item.maxLimitRequestRatio ?? {})) {
    const text = `${name} max limit to request ratio per ${item.type} is ${shown(bound)}`;
    add(overRatio(text, bound, requests[name], limits[name]));
  }
  return faults;
}

type Value = string | undefined;

function belowMin(text: string, bound: string, request: Value, limit: Value): string | undefined {
  if (request === undefined) return `${text}.  No request is specified`;
  if (compare(request, bound) < 0) return `${text}, but request is ${shown(request)}`;
  if (limit !== undefined && compare(limit, bound) < 0)
    return `${text}, but limit is ${shown(limit)}`;
  return undefined;
}

function aboveMax(text: string, bound: string, request: Value, limit: Value): string | undefined {
  if (limit === undefined) return `${text}.  No limit is specified`;
  if (compare(limit, bound) > 0) return `${text}, but limit is ${shown(limit)}`;
  if (request !== undefined && compare(request, bound) > 0)
    return `${text}, but request is ${shown(request)}`;
  return undefined;
}

function aboveMaxRequest(text: string, bound: string, request: Value): string | undefined {
  if (request === undefined) return `${text}.  No request is specified`;
  return compare(request, bound) > 0 ? `${text}, but request is ${shown(request)}` : undefined;
}

function overRatio(text: string, bound: string, request: Value, limit: Value): string | undefined {
  const milli = (value: Value) =>
    value === undefined ? 0 : quantityMilliValue(parseQuantity(value));
  if (milli(request) === 0) return `${text}, but no request is specified or request is 0`;
  if (milli(limit) === 0) return `${text}, but no limit is specified or limit is 0`;
  const ratio = milli(limit) / milli(request);
  if (ratio <= milli(bound) / 1000) return undefined;
  return `${text}, but provided ratio is ${ratio.toFixed(6)}`;
}

function compare(a: string, b: string): number {
  return compareQuantities(parseQuantity(a), parseQuantity(b));
}

function shown(value: string): string {
  return formatQuantity(parseQuantity(value));
}
