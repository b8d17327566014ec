import { StoreUnavailable, type UpdateResult, ValueTooLarge } from '../store.ts';
import { type Attempt, type Endpoints, unavailable } from './endpoints.ts';
import { txn } from './requests.ts';
import type { TxnResponse, WireKeyValue } from './responses.ts';
import { code, describeError, GrpcError } from './status.ts';

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
  /** 0 for none. */
  lease: bigint;
}

/** Reads the key as of a revision; undefined when it did not exist then. */
export type ReadAt = (key: string, revision: number) => Promise<WireKeyValue | undefined>;

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
    const request = { ...write, key: Buffer.from(write.key) };
    response = await endpoints.call(txn, request, writeAttempt, ambiguous);
  } catch (error) {
    throw writeError(error, write);
  }
  header(response);
  const { revision } = response.header;
  if (response.succeeded) return { ok: true, revision };
  const { current } = response;
  if (unknownOutcome) {
    const landed = await landedAt(write, current, revision, seenBefore, readAt);
    if (landed !== undefined) return { ok: true, revision: landed };
  }
  return { ok: false, current };
}

/** The revision at which an attempt of ours landed, undefined when surely none did. */
async function landedAt(
  write: Write,
  current: WireKeyValue | undefined,
  now: number,
  seenBefore: number,
  readAt: ReadAt,
): Promise<number | undefined> {
  try {
    if (write.value === undefined) return await deletedAt(write, current, now, readAt);
    if (write.expected === 0) return createdAt(write, write.value, current, seenBefore);
    return await updatedAt(write, write.value, current, seenBefore, readAt);
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
  current: WireKeyValue | undefined,
  seenBefore: number,
): number | undefined {
  if (current === undefined) throw new Error('the key was removed meanwhile');
  if (current.modRevision === current.createRevision && current.value.equals(value))
    return current.modRevision;
  // it was there before we began: nobody's but theirs
  if (current.createRevision <= seenBefore) return undefined;
  throw new Error(`${write.key} was created meanwhile`);
}

/** Looks back from the present version to the one behind `expected`. */
async function updatedAt(
  write: Write,
  value: Buffer,
  current: WireKeyValue | undefined,
  seenBefore: number,
  readAt: ReadAt,
): Promise<number | undefined> {
  let version = current;
  for (let steps = 0; steps < lookBackLimit; steps++) {
    if (version === undefined || version.createRevision > write.expected) {
      throw new Error('the key was removed meanwhile');
    }
    // nothing was written after what we expected, or what was expected was never there
    if (version.modRevision <= write.expected) return undefined;
    const before = await readAt(write.key, version.modRevision - 1);
    if (before?.modRevision === write.expected) {
      // what was there before we began is nobody's but theirs
      const ours = version.modRevision > seenBefore && version.value.equals(value);
      return ours ? version.modRevision : undefined;
    }
    if (before !== undefined && before.modRevision < write.expected) return undefined;
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
  current: WireKeyValue | undefined,
  now: number,
  readAt: ReadAt,
): Promise<number | undefined> {
  if (current !== undefined && current.createRevision <= write.expected) return undefined;
  let there = write.expected;
  let gone = current === undefined ? now : current.createRevision;
  const last = await readAt(write.key, gone - 1);
  if (last !== undefined && last.createRevision <= write.expected) {
    // it lived until then; was it still our version?
    return last.modRevision === write.expected ? gone : undefined;
  }
  while (gone - there > 1) {
    const middle = Math.floor((there + gone) / 2);
    const version = await readAt(write.key, middle);
    const same = version !== undefined && version.createRevision <= write.expected;
    if (same && version.modRevision !== write.expected) return undefined;
    if (same) there = middle;
    else gone = middle;
  }
  return gone;
}

function writeError(error: unknown, write: Write): unknown {
  if (!(error instanceof GrpcError)) return error;
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
