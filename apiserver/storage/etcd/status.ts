/** gRPC status codes used here (grpc.io/docs/guides/status-codes). */
export const code = {
  ok: 0,
  cancelled: 1,
  unknown: 2,
  deadlineExceeded: 4,
  notFound: 5,
  permissionDenied: 7,
  resourceExhausted: 8,
  aborted: 10,
  outOfRange: 11,
  unimplemented: 12,
  internal: 13,
  unavailable: 14,
  unauthenticated: 16,
} as const;

/** What a call ends with that did not end well: etcd's status, or what became of the connection. */
export class GrpcError extends Error {
  readonly code: number;
  /** What etcd says, or why there is no answer. */
  readonly details: string;

  constructor(status: number, details: string, cause?: unknown) {
    super(`gRPC status ${status}: ${details}`, cause === undefined ? undefined : { cause });
    this.name = 'GrpcError';
    this.code = status;
    this.details = details;
  }
}

/** The last is an attempt's own deadline, where etcd's clock is before ours. */
const unknownButTransient =
  /raft proposal dropped|leader changed|server stopped|request timed out|context deadline exceeded/;

/** Another endpoint, or the same a moment later, may well answer. */
export function isTransient(error: unknown): boolean {
  if (!(error instanceof GrpcError)) return false;
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
      return unknownButTransient.test(error.details);
    default:
      return false;
  }
}

/** What to tell a person about an error from below. */
export function describeError(error: unknown): string {
  if (error instanceof GrpcError) return error.details || error.message;
  if (!(error instanceof Error)) return String(error);
  // of several addresses tried, none answered: the message is empty then
  if (error instanceof AggregateError && error.message === '')
    return describeError(error.errors[0]);
  return error.message;
}

/** What an HTTP status stands for when no gRPC status comes (grpc/doc/http-grpc-status-mapping.md). */
export function codeOfHttpStatus(status: number): number {
  switch (status) {
    case 400:
      return code.internal;
    case 401:
      return code.unauthenticated;
    case 403:
      return code.permissionDenied;
    case 404:
      return code.unimplemented;
    case 429:
    case 502:
    case 503:
    case 504:
      return code.unavailable;
    default:
      return code.unknown;
  }
}

/** `grpc-message` is percent-encoded; what is not well encoded is shown as it came. */
export function decodeMessage(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    return value;
  }
}
