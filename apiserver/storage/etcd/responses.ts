import { ProtobufReader } from '../../../schema/protobuf-reader.ts';

/**
 * What etcd answers, as far as it is read here (api/etcdserverpb/rpc.proto, api/mvccpb/kv.proto).
 * Revisions and counts are numbers, identities bigints; values are views into the received message.
 */

export interface ResponseHeader {
  clusterId: bigint;
  revision: number;
}

export interface WireKeyValue {
  key: string;
  value: Buffer;
  createRevision: number;
  modRevision: number;
}

export interface RangeResponse {
  header: ResponseHeader;
  kvs: WireKeyValue[];
  more: boolean;
  count: number;
}

export interface TxnResponse {
  header: ResponseHeader;
  succeeded: boolean;
  /** What was read instead; undefined too when the key is not there. */
  current: WireKeyValue | undefined;
}

export interface StatusResponse {
  version: string;
  dbSize: number;
}

export interface WatchResponse {
  header: ResponseHeader;
  created: boolean;
  canceled: boolean;
  compactRevision: number;
  cancelReason: string;
  fragment: boolean;
  events: { put: boolean; kv: WireKeyValue }[];
}

const noHeader: ResponseHeader = { clusterId: 0n, revision: 0 };
const noKeyValue: WireKeyValue = {
  key: '',
  value: Buffer.alloc(0),
  createRevision: 0,
  modRevision: 0,
};

export function readTxn(message: Buffer): TxnResponse {
  const from = new ProtobufReader(message);
  let header = noHeader;
  let succeeded = false;
  let current: WireKeyValue | undefined;
  from.fields(message.length, (field) => {
    if (field === 1) header = readHeader(from, from.end());
    else if (field === 2) succeeded = from.varint() !== 0;
    else if (field === 3) current = readFirst(from, from.end());
    else return false;
    return true;
  });
  return { header, succeeded, current };
}

/** The id of a granted lease. */
export function readLease(message: Buffer): bigint {
  const from = new ProtobufReader(message);
  let id = 0n;
  from.fields(message.length, (field) => {
    if (field !== 2) return false;
    id = from.int64();
    return true;
  });
  return id;
}

export function readStatus(message: Buffer): StatusResponse {
  const from = new ProtobufReader(message);
  const response: StatusResponse = { version: '', dbSize: 0 };
  from.fields(message.length, (field) => {
    if (field === 2) response.version = from.text();
    else if (field === 3) response.dbSize = from.varint();
    else return false;
    return true;
  });
  return response;
}

export function readWatch(message: Buffer): WatchResponse {
  const from = new ProtobufReader(message);
  const response: WatchResponse = {
    header: noHeader,
    created: false,
    canceled: false,
    compactRevision: 0,
    cancelReason: '',
    fragment: false,
    events: [],
  };
  from.fields(message.length, (field) => {
    if (field === 1) response.header = readHeader(from, from.end());
    else if (field === 3) response.created = from.varint() !== 0;
    else if (field === 4) response.canceled = from.varint() !== 0;
    else if (field === 5) response.compactRevision = from.varint();
    else if (field === 6) response.cancelReason = from.text();
    else if (field === 7) response.fragment = from.varint() !== 0;
    else if (field === 11) response.events.push(readEvent(from, from.end()));
    else return false;
    return true;
  });
  return response;
}

function readHeader(from: ProtobufReader, end: number): ResponseHeader {
  const header = { ...noHeader };
  from.fields(end, (field) => {
    if (field === 1) header.clusterId = BigInt.asUintN(64, from.int64());
    else if (field === 3) header.revision = from.varint();
    else return false;
    return true;
  });
  return header;
}

export function readRange(message: Buffer): RangeResponse {
  return rangeWithin(new ProtobufReader(message), message.length);
}

function rangeWithin(from: ProtobufReader, end: number): RangeResponse {
  const response: RangeResponse = { header: noHeader, kvs: [], more: false, count: 0 };
  from.fields(end, (field) => {
    if (field === 1) response.header = readHeader(from, from.end());
    else if (field === 2) response.kvs.push(readKeyValue(from, from.end()));
    else if (field === 3) response.more = from.varint() !== 0;
    else if (field === 4) response.count = from.varint();
    else return false;
    return true;
  });
  return response;
}

/** The first pair of a ResponseOp that holds a range. */
function readFirst(from: ProtobufReader, end: number): WireKeyValue | undefined {
  let first: WireKeyValue | undefined;
  from.fields(end, (field) => {
    if (field !== 1) return false;
    first = rangeWithin(from, from.end()).kvs[0];
    return true;
  });
  return first;
}

function readEvent(from: ProtobufReader, end: number): { put: boolean; kv: WireKeyValue } {
  const event = { put: true, kv: noKeyValue };
  from.fields(end, (field) => {
    if (field === 1) event.put = from.varint() === 0;
    else if (field === 2) event.kv = readKeyValue(from, from.end());
    else return false;
    return true;
  });
  return event;
}

function readKeyValue(from: ProtobufReader, end: number): WireKeyValue {
  const kv = { ...noKeyValue };
  from.fields(end, (field) => {
    if (field === 1) kv.key = from.text();
    else if (field === 2) kv.createRevision = from.varint();
    else if (field === 3) kv.modRevision = from.varint();
    else if (field === 5) kv.value = from.bytes();
    else return false;
    return true;
  });
  return kv;
}
