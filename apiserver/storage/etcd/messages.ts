/**
 * The parts of etcd's gRPC messages that are read or written here, as the loaded proto gives them:
 * int64 as decimal strings, bytes as Buffers (views into the received message).
 */

export interface ResponseHeader {
  cluster_id: string;
  member_id: string;
  revision: string;
}

export interface RangeRequest {
  key: Buffer;
  range_end?: Buffer;
  limit?: number;
  revision?: number;
  keys_only?: boolean;
  count_only?: boolean;
}

export interface WireKeyValue {
  key: Buffer;
  value: Buffer;
  create_revision: string;
  mod_revision: string;
}

export interface RangeResponse {
  header: ResponseHeader;
  kvs: WireKeyValue[];
  more: boolean;
  count: string;
}

export interface TxnResponse {
  header: ResponseHeader;
  succeeded: boolean;
  responses: { response_range?: RangeResponse | null }[];
}

export interface StatusResponse {
  header: ResponseHeader;
  version: string;
  dbSize: string;
  leader: string;
}

export interface WatchResponse {
  header: ResponseHeader;
  watch_id: string;
  created: boolean;
  canceled: boolean;
  compact_revision: string;
  cancel_reason: string;
  fragment: boolean;
  events: { type: 'Put' | 'Delete'; kv: WireKeyValue }[];
}

/** gRPC status codes used here (grpc.io/docs/guides/status-codes). */
export const code = {
  cancelled: 1,
  unknown: 2,
  invalidArgument: 3,
  deadlineExceeded: 4,
  notFound: 5,
  resourceExhausted: 8,
  aborted: 10,
  outOfRange: 11,
  internal: 13,
  unavailable: 14,
} as const;

/** What grpc-js fails with. */
export interface GrpcError extends Error {
  code: number;
  details: string;
}

export function isGrpcError(error: unknown): error is GrpcError {
  return error instanceof Error && typeof (error as Partial<GrpcError>).code === 'number';
}

/** Another endpoint, or the same a moment later, may well answer. */
export function isTransient(error: unknown): boolean {
  if (!isGrpcError(error)) return false;
  switch (error.code) {
    case code.unavailable:
    case code.deadlineExceeded:
    case code.internal:
    case code.cancelled:
    case code.aborted:
      return true;
    case code.resourceExhausted:
      return /too many requests/.test(error.details);
    case code.unknown:
      return /raft proposal dropped|leader changed|server stopped|request timed out/.test(
        error.details,
      );
    default:
      return false;
  }
}
