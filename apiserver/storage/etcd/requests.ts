import { ProtobufWriter } from '../../../schema/protobuf-writer.ts';
import { type Method, messageRoom } from './framing.ts';
import {
  type RangeResponse,
  readLease,
  readRange,
  readStatus,
  readTxn,
  readWatch,
  type StatusResponse,
  type TxnResponse,
  type WatchResponse,
} from './responses.ts';

/**
 * What is asked of etcd: its procedures with the fields that are used (api/etcdserverpb/rpc.proto).
 * Revisions and counts are numbers, identities bigints. Fields are written last to first, as the
 * writer goes; bytes are copied once.
 */

export interface RangeRequest {
  key: Buffer;
  rangeEnd?: Buffer;
  limit?: number;
  revision?: number;
  keysOnly?: boolean;
}

/** The one transaction there is: if the key's mod revision is `expected` then write, else read it. */
export interface TxnRequest {
  key: Buffer;
  /** 0: the key must not exist. */
  expected: number;
  /** Undefined: delete. */
  value: Buffer | undefined;
  /** 0: none. */
  lease: bigint;
}

export type WatchRequest =
  | 'progress'
  | { key: Buffer; rangeEnd: Buffer; startRevision: number; progressNotify: boolean };

const varintWire = 0;
const bytesWire = 2;
/** Room for tags, lengths and numbers of any message here. */
const numbersRoom = 96;
const empty = Buffer.alloc(0);

/** A writer with room for these bytes, all of the message and the prefix gRPC puts before it. */
function writer(bytes: number): ProtobufWriter {
  return new ProtobufWriter(Buffer.allocUnsafe(messageRoom + numbersRoom + bytes));
}

function putBytes(to: ProtobufWriter, field: number, value: Uint8Array): void {
  const before = to.length;
  to.bytes(value);
  to.close(before, (field << 3) | bytesWire);
}

function putNumber(to: ProtobufWriter, field: number, value: number): void {
  to.varint(value);
  to.varint((field << 3) | varintWire);
}

function putMessage(to: ProtobufWriter, field: number, content: () => void): void {
  const before = to.length;
  content();
  to.close(before, (field << 3) | bytesWire);
}

export const range: Method<RangeRequest, RangeResponse> = {
  path: '/etcdserverpb.KV/Range',
  encode(request) {
    const { key, rangeEnd = empty, limit = 0, revision = 0 } = request;
    const to = writer(key.length + rangeEnd.length);
    if (request.keysOnly === true) putNumber(to, 8, 1);
    if (revision > 0) putNumber(to, 4, revision);
    if (limit > 0) putNumber(to, 3, limit);
    if (rangeEnd.length > 0) putBytes(to, 2, rangeEnd);
    putBytes(to, 1, key);
    return to;
  },
  decode: readRange,
};

export const txn: Method<TxnRequest, TxnResponse> = {
  path: '/etcdserverpb.KV/Txn',
  encode(request) {
    const { key, value, expected, lease } = request;
    const to = writer(3 * key.length + (value?.length ?? 0));
    putMessage(to, 3, () => putMessage(to, 1, () => putBytes(to, 1, key))); // else range
    putMessage(to, 2, () => {
      if (value === undefined) putMessage(to, 3, () => putBytes(to, 1, key));
      else putMessage(to, 2, () => writePut(to, key, value, lease));
    });
    putMessage(to, 1, () => {
      putNumber(to, 6, expected); // stands in a oneof: 0 is written, too
      putBytes(to, 3, key);
      putNumber(to, 2, 2); // target: mod revision; the result asked for, equal, is 0
    });
    return to;
  },
  decode: readTxn,
};

function writePut(to: ProtobufWriter, key: Buffer, value: Buffer, lease: bigint): void {
  if (lease !== 0n) {
    to.int64(lease);
    to.varint((3 << 3) | varintWire);
  }
  putBytes(to, 2, value);
  putBytes(to, 1, key);
}

export const compact: Method<number, void> = {
  path: '/etcdserverpb.KV/Compact',
  encode(revision) {
    const to = writer(0);
    putNumber(to, 1, revision);
    return to;
  },
  decode() {},
};

export const leaseGrant: Method<{ ttlSeconds: number }, bigint> = {
  path: '/etcdserverpb.Lease/LeaseGrant',
  encode({ ttlSeconds }) {
    const to = writer(0);
    putNumber(to, 1, ttlSeconds);
    return to;
  },
  decode: readLease,
};

export const status: Method<void, StatusResponse> = {
  path: '/etcdserverpb.Maintenance/Status',
  encode: () => writer(0),
  decode: readStatus,
};

export const watch: Method<WatchRequest, WatchResponse> = {
  path: '/etcdserverpb.Watch/Watch',
  encode(request) {
    if (request === 'progress') {
      const to = writer(0);
      putMessage(to, 3, () => undefined);
      return to;
    }
    const { key, rangeEnd, startRevision, progressNotify } = request;
    const to = writer(key.length + rangeEnd.length);
    putMessage(to, 1, () => {
      putNumber(to, 8, 1); // large revisions come in fragments
      if (progressNotify) putNumber(to, 4, 1);
      putNumber(to, 3, startRevision);
      putBytes(to, 2, rangeEnd);
      putBytes(to, 1, key);
    });
    return to;
  },
  decode: readWatch,
};
