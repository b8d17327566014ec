import { deepCopy, setOwn } from './copy.ts';
import { deepEqual } from './equal.ts';
import {
  found,
  type Holder,
  member,
  memberOr,
  missingValue,
  PatchFailure,
  put,
  replaceItem,
  step,
  take,
} from './json-patch-place.ts';
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
 * @param touched is given the objects of the result that the operations went through
 * @throws StatusError 422 when one does not apply; its `cause` says which and why
 */
export function applyJsonPatch<T>(
  document: T,
  operations: readonly JsonPatchOperation[],
  touched?: Set<object>,
): T {
  const holder: Holder = { root: deepCopy(document), touched };
  try {
    for (const operation of operations) applyOne(holder, operation);
  } catch (error) {
    if (error instanceof PatchFailure) throw rejected(error);
    throw error;
  }
  return holder.root as T;
}

function applyOne(holder: Holder, operation: JsonPatchOperation): void {
  switch (operation.op) {
    case 'add':
      return add(holder, operation);
    case 'remove':
      return remove(holder, operation);
    case 'replace':
      return replace(holder, operation);
    case 'move':
      return move(holder, operation);
    case 'copy':
      return copy(holder, operation);
    case 'test':
      return test(holder, operation);
    default:
      throw new PatchFailure(
        `Unexpected kind: ${typeof operation.op === 'string' ? operation.op : 'unknown'}`,
      );
  }
}

/** A pointer of an operation; of some that have none upstream does not say why. */
function text(operation: JsonPatchOperation, field: 'path' | 'from', reason = true): string {
  const value = operation[field];
  if (typeof value === 'string') return value;
  const began = `${String(operation.op)} operation failed to decode ${field}`;
  if (!reason) throw new PatchFailure(`${began}: ${missingValue}`);
  const absent =
    field === 'path' ? 'operation missing path field' : 'operation, missing from field';
  throw new PatchFailure(
    value === undefined || value === null
      ? `${began}: ${absent}: ${missingValue}`
      : `${began}: json: cannot unmarshal ${jsonKind(value)} into Go value of type string`,
  );
}

function add(holder: Holder, operation: JsonPatchOperation): void {
  const path = text(operation, 'path', false);
  const place = found(holder, path, `add operation does not apply: doc is missing path: "${path}"`);
  step(`error in add for path: '${path}'`, () => put(place, deepCopy(operation.value ?? null)));
}

function remove(holder: Holder, operation: JsonPatchOperation): void {
  const path = text(operation, 'path', false);
  const place = found(
    holder,
    path,
    `remove operation does not apply: doc is missing path: "${path}"`,
  );
  step(`error in remove for path: '${path}'`, () => take(place));
}

function replace(holder: Holder, operation: JsonPatchOperation): void {
  const path = text(operation, 'path');
  const value = deepCopy(operation.value ?? null);
  if (path === '') {
    if (typeof value !== 'object' || value === null) {
      throw new PatchFailure('replace operation value must be object or array: %!w(<nil>)');
    }
    holder.root = value;
    return;
  }
  const began = 'replace operation does not apply: doc is missing';
  const { container: into, key } = found(holder, path, `${began} path: ${path}`);
  if (!Array.isArray(into)) return setOwn(into, key, value);
  if (memberOr(into, key, none) === none) {
    throw new PatchFailure(`${began} key: ${path}: ${missingValue}`);
  }
  replaceItem(into, key, value);
}

const none = Symbol('none');

function move(holder: Holder, operation: JsonPatchOperation): void {
  const from = text(operation, 'from');
  const began = 'move operation does not apply: doc is missing';
  const source = found(holder, from, `${began} from path: ${from}`);
  const value = step(`error in move for path: '${source.key}'`, () => {
    const moved = member(source.container, source.key);
    take(source);
    return moved;
  });
  const path = text(operation, 'path');
  const place = found(holder, path, `${began} destination path: ${path}`);
  step(`error in move for path: '${path}'`, () => put(place, value));
}

function copy(holder: Holder, operation: JsonPatchOperation): void {
  const from = text(operation, 'from');
  const began = 'copy operation does not apply: doc is missing';
  const source = found(holder, from, `${began} from path: ${from}`);
  const value = step(`error in copy for from: '${from}'`, () =>
    member(source.container, source.key),
  );
  const path = text(operation, 'path', false);
  const place = found(holder, path, `${began} destination path: ${path}`);
  step('error while adding value during copy', () => put(place, deepCopy(value ?? null)));
}

function test(holder: Holder, operation: JsonPatchOperation): void {
  const path = text(operation, 'path');
  const actual = path === '' ? holder.root : tested(holder, path);
  if (!deepEqual(actual, operation.value ?? null)) {
    throw new PatchFailure(`testing value ${path} failed: test failed`);
  }
  if (holder.touched !== undefined) touchAll(holder.touched, actual);
}

function tested(holder: Holder, path: string): unknown {
  const began = `test operation does not apply: is missing path: ${path}`;
  const { container: into, key } = found(holder, path, began);
  return step(`error in test for path: '${path}'`, () => member(into, key)) ?? null;
}

function touchAll(touched: Set<object>, value: unknown): void {
  if (typeof value !== 'object' || value === null) return;
  touched.add(value);
  for (const field of Object.values(value)) touchAll(touched, field);
}
