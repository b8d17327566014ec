import { type KeyValue, StoreUnavailable, type UpdateResult, ValueTooLarge } from '../store.ts';
import { describeError } from './connection.ts';
import { type Attempt, type Endpoints, unavailable } from './endpoints.ts';
import { code, isGrpcError, type TxnResponse, type WireKeyValue } from './messages.ts';

/**
 * Guarded writes: one etcd transaction each, "if the key's mod_revision is still N then write, else
 * read it". The guard makes repeating safe: whichever attempt lands first fails the others. When an
 * attempt's outcome was unknown and a later one's guard fails, what is stored tells whether the first
 * had landed; where that cannot be told, the write ends in StoreUnavailable and never in a guess.
 *
 * A write is known again by its value. Two writes of the very same bytes over the very same version
 * are told apart within this process (one waits for the other); if two servers race so while the
 * answer of one is lost, both may be told that theirs took place.
 */

const writeAttempt: Attempt = { attemptMs: 2_000, totalMs: 12_000 };
/** Versions looked back through to find a write of ours that others already wrote over. */
const lookBackLimit = 64;

export interface Write {
  key: string;
  /** Undefined: delete. */
  value: Buffer | undefined;
  /** 0: the key must not exist. */
  expected: number;
  /** Decimal lease id, '0' for none. */
  lease: string;
}

/** Reads the key as of a revision; undefined when it did not exist then. */
export type ReadAt = (
  key: string,
  revision: number,
) => Promise<{ mod: number; created: number; value: Buffer } | undefined>;

interface Found {
  mod: number;
  created: number;
  value: Buffer;
}

function txn(write: Write): unknown {
  const key = Buffer.from(write.key);
  const { value, lease } = write;
  return {
    compare: [{ key, target: 'Mod', result: 'Equal', mod_revision: write.expected }],
    success: [
      value === undefined
        ? { request_delete_range: { key } }
        : { request_put: { key, value, lease } },
    ],
    failure: [{ request_range: { key } }],
  };
}

function found(kv: WireKeyValue | undefined): Found | undefined {
  if (kv === undefined) return undefined;
  return { mod: Number(kv.mod_revision), created: Number(kv.create_revision), value: kv.value };
}

/**
 * `seenBefore` is a revision the store was known to have reached before the first attempt, `header`
 * is told every revision a response shows.
 */
export async function guardedWrite(
  endpoints: Endpoints,
  write: Write,
  seenBefore: number,
  readAt: ReadAt,
  header: (response: TxnResponse) => void,
): Promise<UpdateResult> {
  let unknownOutcome = false;
  let response: TxnResponse;
  try {
    const ambiguous = (): void => {
      unknownOutcome = true;
    };
    response = await endpoints.call('KV', 'txn', txn(write), writeAttempt, ambiguous);
  } catch (error) {
    throw writeError(error, write);
  }
  header(response);
  const revision = Number(response.header.revision);
  if (response.succeeded) return { ok: true, revision };
  const current = found(response.responses[0]?.response_range?.kvs[0]);
  if (unknownOutcome) {
    const landed = await landedAt(write, current, revision, seenBefore, readAt);
    if (landed !== undefined) return { ok: true, revision: landed };
  }
  const item: KeyValue | undefined =
    current === undefined
      ? undefined
      : { key: write.key, value: current.value, modRevision: current.mod };
  return { ok: false, current: item };
}

/** The revision at which an attempt of ours landed, undefined when surely none did. */
async function landedAt(
  write: Write,
  current: Found | undefined,
  now: number,
  seenBefore: number,
  readAt: ReadAt,
): Promise<number | undefined> {
  try {
    if (write.value === undefined) return await deletedAt(write, current, now, readAt);
    if (write.expected === 0) return createdAt(write, write.value, current, seenBefore);
    return await updatedAt(write, write.value, current, readAt);
  } catch (error) {
    throw new StoreUnavailable(
      `whether the write of ${write.key} took place is not known: ${describeError(error)}`,
      { cause: error },
    );
  }
}

/** A create landed when the living key was created with our value. */
function createdAt(
  write: Write,
  value: Buffer,
  current: Found | undefined,
  seenBefore: number,
): number | undefined {
  if (current === undefined) throw new Error('the key was removed meanwhile');
  if (current.mod === current.created && current.value.equals(value)) return current.mod;
  // it was there before we began: nobody's but theirs
  if (current.created <= seenBefore) return undefined;
  throw new Error(`${write.key} was created meanwhile`);
}

/** Looks back from the present version to the one behind `expected`. */
async function updatedAt(
  write: Write,
  value: Buffer,
  current: Found | undefined,
  readAt: ReadAt,
): Promise<number | undefined> {
  let version = current;
  for (let steps = 0; steps < lookBackLimit; steps++) {
    if (version === undefined || version.created > write.expected) {
      throw new Error('the key was removed meanwhile');
    }
    // nothing was written after what we expected, or what was expected was never there
    if (version.mod <= write.expected) return undefined;
    const before = await readAt(write.key, version.mod - 1);
    if (before?.mod === write.expected) {
      return version.value.equals(value) ? version.mod : undefined;
    }
    if (before !== undefined && before.mod < write.expected) return undefined;
    version = before;
  }
  throw new Error('too many others wrote meanwhile');
}

/**
 * The version we meant to delete is gone: by us, or by another who asked for exactly the same, which
 * comes to the same. When it went is found by halving.
 */
async function deletedAt(
  write: Write,
  current: Found | undefined,
  now: number,
  readAt: ReadAt,
): Promise<number | undefined> {
  if (current !== undefined && current.created <= write.expected) return undefined;
  let there = write.expected;
  let gone = current === undefined ? now : current.created;
  const last = await readAt(write.key, gone - 1);
  if (last !== undefined && last.created <= write.expected) {
    // it lived until then; was it still our version?
    return last.mod === write.expected ? gone : undefined;
  }
  while (gone - there > 1) {
    const middle = Math.floor((there + gone) / 2);
    const version = await readAt(write.key, middle);
    const same = version !== undefined && version.created <= write.expected;
    if (same && version.mod !== write.expected) return undefined;
    if (same) there = middle;
    else gone = middle;
  }
  return gone;
}

function writeError(error: unknown, write: Write): unknown {
  if (error instanceof StoreUnavailable || !isGrpcError(error)) return error;
  const size = write.value?.length ?? 0;
  const details = describeError(error);
  if (/request is too large|message larger than max/.test(details)) {
    return new ValueTooLarge(write.key, size, details);
  }
  if (error.code === code.resourceExhausted) {
    return new StoreUnavailable(`etcd refuses writes: ${details}`, { cause: error });
  }
  return error.code === code.notFound ? error : unavailable(error);
}
