import { KeyExists, RevisionCompacted, StoreUnavailable } from '../storage/store.ts';
import { expired, internalError, StatusError, timeout } from '../../object/status-error.ts';

/**
 * The only place where an error becomes HTTP. Expected refusals are StatusErrors; a store that does
 * not answer is upstream's 500 with the store's words, anything else is a fault of ours: 500 without
 * its innards, and the error goes to the log.
 */
export function statusOf(error: unknown): { status: StatusError; unexpected: boolean } {
  if (error instanceof StatusError) return { status: error, unexpected: false };
  if (error instanceof RevisionCompacted) {
    return {
      status: expired(
        'The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter.',
      ),
      unexpected: false,
    };
  }
  if (error instanceof StoreUnavailable) {
    return { status: storeUnavailable(error), unexpected: false };
  }
  if (error instanceof KeyExists) {
    return { status: internalError(error.message), unexpected: true };
  }
  const message = error instanceof Error ? error.message : String(error);
  return { status: internalError(message), unexpected: true };
}

function storeUnavailable(error: StoreUnavailable): StatusError {
  if (/deadline|timed? ?out/i.test(error.message)) return timeout(`storage: ${error.message}`, 1);
  return new StatusError(500, 'InternalError', `storage: ${error.message}`, {
    retryAfterSeconds: 1,
  });
}
