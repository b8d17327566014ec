import { setOwn } from './copy.ts';
import { goQuote } from './go-format.ts';

/** Places in a document that JSON Patch operations point at, and what is done there, with upstream's reasons why not. */

/** One operation could not be applied. Clients of the API do not see why; those of webhooks do. */
export class PatchFailure extends Error {}

export interface Holder {
  root: unknown;
  touched: Set<object> | undefined;
}

type Container = unknown[] | Record<string, unknown>;

export const missingValue = 'missing value';

export interface Place {
  container: Container;
  key: string;
}

/** The container a pointer leads into, and its last segment; undefined where there is none. */
function locate(holder: Holder, pointer: string): Place | undefined {
  const segments = pointer.split('/');
  if (segments.length < 2) return undefined;
  let at = holder.root;
  for (let i = 1; isContainer(at); i++) {
    holder.touched?.add(at);
    const key = decode(segments[i] as string);
    if (i === segments.length - 1) return { container: at, key };
    at = memberOr(at, key, undefined);
  }
  return undefined;
}

function isContainer(value: unknown): value is Container {
  return typeof value === 'object' && value !== null;
}

function decode(segment: string): string {
  return segment.includes('~') ? segment.replaceAll('~1', '/').replaceAll('~0', '~') : segment;
}

export function member(into: Container, key: string): unknown {
  if (Array.isArray(into)) return into[index(key, into.length, into.length - 1)];
  return Object.hasOwn(into, key) ? into[key] : undefined;
}

export function memberOr<T>(into: Container, key: string, otherwise: T): unknown {
  try {
    return member(into, key);
  } catch {
    return otherwise;
  }
}

function index(key: string, length: number, last: number): number {
  if (!/^[+-]?\d+$/.test(key)) {
    throw new PatchFailure(`strconv.Atoi: parsing ${goQuote(key)}: invalid syntax`);
  }
  const asked = Number(key);
  const at = asked < 0 ? asked + length : asked;
  if (at >= 0 && at <= last) return at;
  throw new PatchFailure(`Unable to access invalid index: ${asked}: invalid index referenced`);
}

/** Does one step; what goes wrong in it is told behind `began`. */
export function step<T>(began: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof PatchFailure) throw new PatchFailure(`${began}: ${error.message}`);
    throw error;
  }
}

/** @param began what upstream says of a place that is not there, up to its name */
export function found(holder: Holder, pointer: string, began: string): Place {
  const place = locate(holder, pointer);
  if (place === undefined) throw new PatchFailure(`${began}: ${missingValue}`);
  return place;
}

export function replaceItem(list: unknown[], key: string, value: unknown): void {
  list[index(key, list.length, list.length - 1)] = value;
}

export function put({ container: into, key }: Place, value: unknown): void {
  if (!Array.isArray(into)) setOwn(into, key, value);
  else if (key === '-') into.push(value);
  else {
    const proper = /^[+-]?\d+$/.test(key);
    const at = () => index(key, into.length + 1, into.length);
    const began = `value was not a proper array index: '${key}'`;
    into.splice(proper ? at() : step(began, at), 0, value);
  }
}

export function take({ container: into, key }: Place): void {
  if (Array.isArray(into)) {
    into.splice(index(key, into.length, into.length - 1), 1);
    return;
  }
  if (!Object.hasOwn(into, key)) {
    throw new PatchFailure(`Unable to remove nonexistent key: ${key}: ${missingValue}`);
  }
  delete into[key];
}
