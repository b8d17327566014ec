import { deepCopy, setOwn } from './copy.ts';
import { deepEqual } from './equal.ts';
import { badRequest, requestEntityTooLarge, StatusError } from './status-error.ts';

/**
 * JSON Patch (RFC 6902) as the Kubernetes API applies it, which follows evanphx/json-patch v4:
 * negative indices count from the end, `replace` of an absent field of an object adds it, an absent
 * field equals null in `test`, and the whole document (path "") can only be replaced or tested.
 */

export interface JsonPatchOperation {
  op?: unknown;
  path?: unknown;
  from?: unknown;
  value?: unknown;
}

export const maxJsonPatchOperations = 10_000;

const known = new Set(['op', 'path', 'from', 'value']);

/** One operation could not be applied. Clients see only {@link rejected}; logs want the reason. */
class PatchFailure extends Error {}

/** What clients see when an operation does not apply: upstream gives no more. */
function rejected(cause: Error): StatusError {
  const error = new StatusError(
    422,
    'Invalid',
    'the server rejected our request due to an error in our request',
    {},
  );
  error.cause = cause;
  return error;
}

/**
 * Check a decoded body. @throws StatusError 400 when it is no list of objects, 413 past the cap
 */
export function checkJsonPatch(body: unknown): readonly JsonPatchOperation[] {
  if (!Array.isArray(body)) {
    throw badRequest(
      `json: cannot unmarshal ${jsonKind(body)} into Go value of type jsonpatch.Patch`,
    );
  }
  for (const operation of body) {
    if (typeof operation !== 'object' || operation === null || Array.isArray(operation)) {
      throw badRequest(
        `json: cannot unmarshal ${jsonKind(operation)} into Go value of type jsonpatch.Operation`,
      );
    }
  }
  if (body.length > maxJsonPatchOperations) {
    throw requestEntityTooLarge(
      `The allowed maximum operations in a JSON patch is ${maxJsonPatchOperations}, got ${body.length}`,
    );
  }
  return body;
}

/** Go's name of a JSON value in decode errors. */
export function jsonKind(value: unknown): string {
  if (value === null || value === undefined) return 'null';
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'bigint' || typeof value === 'symbol') return 'number';
  return typeof value === 'boolean' ? 'bool' : typeof value;
}

/** Whether an operation has a member that no operation has. */
export function hasUnknownMember(operations: readonly JsonPatchOperation[]): boolean {
  return operations.some((operation) => Object.keys(operation).some((field) => !known.has(field)));
}

/**
 * Apply all operations or none; `document` is left as it is.
 * @throws StatusError 422 when one does not apply; its `cause` says which and why
 */
export function applyJsonPatch<T>(document: T, operations: readonly JsonPatchOperation[]): T {
  const holder: Holder = { root: deepCopy(document) };
  try {
    for (const operation of operations) applyOne(holder, operation);
  } catch (error) {
    if (error instanceof PatchFailure) throw rejected(error);
    throw error;
  }
  return holder.root as T;
}

interface Holder {
  root: unknown;
}

type Container = unknown[] | Record<string, unknown>;

function applyOne(holder: Holder, operation: JsonPatchOperation): void {
  switch (operation.op) {
    case 'add':
      add(holder, text(operation, 'path'), deepCopy(operation.value ?? null));
      return;
    case 'remove':
      remove(holder, text(operation, 'path'));
      return;
    case 'replace':
      replace(holder, text(operation, 'path'), deepCopy(operation.value ?? null));
      return;
    case 'move': {
      const from = text(operation, 'from');
      const value = read(holder, from);
      remove(holder, from);
      add(holder, text(operation, 'path'), value);
      return;
    }
    case 'copy':
      add(holder, text(operation, 'path'), deepCopy(read(holder, text(operation, 'from')) ?? null));
      return;
    case 'test':
      test(holder, text(operation, 'path'), operation.value ?? null);
      return;
    default:
      throw new PatchFailure(`Unexpected kind: ${JSON.stringify(operation.op ?? 'unknown')}`);
  }
}

function text(operation: JsonPatchOperation, field: 'path' | 'from'): string {
  const value = operation[field];
  if (typeof value !== 'string') throw new PatchFailure(`operation missing ${field} field`);
  return value;
}

/** The container a pointer leads into, and its last segment. */
function locate(holder: Holder, pointer: string): { container: Container; key: string } {
  const segments = pointer.split('/');
  if (segments.length < 2) throw missing(pointer);
  let at: unknown = holder.root;
  for (let i = 1; i < segments.length - 1; i++) {
    at = member(container(at, pointer), decode(segments[i] as string), pointer);
  }
  return {
    container: container(at, pointer),
    key: decode(segments[segments.length - 1] as string),
  };
}

function container(value: unknown, pointer: string): Container {
  if (typeof value !== 'object' || value === null) throw missing(pointer);
  return value as Container;
}

function decode(segment: string): string {
  return segment.includes('~') ? segment.replaceAll('~1', '/').replaceAll('~0', '~') : segment;
}

function member(into: Container, key: string, pointer: string): unknown {
  if (Array.isArray(into)) return into[index(key, into.length, into.length - 1, pointer)];
  return Object.hasOwn(into, key) ? into[key] : undefined;
}

function index(key: string, length: number, last: number, pointer: string): number {
  if (!/^[+-]?\d+$/.test(key)) {
    throw new PatchFailure(`value was not a proper array index: '${key}' in ${pointer}`);
  }
  const asked = Number(key);
  const at = asked < 0 ? asked + length : asked;
  if (at < 0 || at > last) throw new PatchFailure(`Unable to access invalid index: ${asked}`);
  return at;
}

function read(holder: Holder, pointer: string): unknown {
  const { container: into, key } = locate(holder, pointer);
  return member(into, key, pointer);
}

function add(holder: Holder, pointer: string, value: unknown): void {
  const { container: into, key } = locate(holder, pointer);
  if (!Array.isArray(into)) setOwn(into, key, value);
  else if (key === '-') into.push(value);
  else into.splice(index(key, into.length + 1, into.length, pointer), 0, value);
}

function remove(holder: Holder, pointer: string): void {
  const { container: into, key } = locate(holder, pointer);
  if (Array.isArray(into)) {
    into.splice(index(key, into.length, into.length - 1, pointer), 1);
    return;
  }
  if (!Object.hasOwn(into, key)) {
    throw new PatchFailure(`Unable to remove nonexistent key: ${key}: missing value`);
  }
  delete into[key];
}

function replace(holder: Holder, pointer: string, value: unknown): void {
  if (pointer === '') {
    if (typeof value !== 'object' || value === null) {
      throw new PatchFailure('replace operation value must be object or array');
    }
    holder.root = value;
    return;
  }
  const { container: into, key } = locate(holder, pointer);
  if (Array.isArray(into)) into[index(key, into.length, into.length - 1, pointer)] = value;
  else setOwn(into, key, value);
}

function test(holder: Holder, pointer: string, expected: unknown): void {
  const actual = pointer === '' ? holder.root : (read(holder, pointer) ?? null);
  if (!deepEqual(actual, expected)) {
    throw new PatchFailure(`testing value ${pointer} failed: test failed`);
  }
}

function missing(pointer: string): PatchFailure {
  return new PatchFailure(`operation does not apply: doc is missing path: "${pointer}"`);
}
