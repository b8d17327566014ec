import { KeyExists, RevisionCompacted, StoreUnavailable, ValueTooLarge } from '../storage/store.ts';
import { expired, internalError, StatusError, timeout } from '../../object/status-error.ts';
import { type Answer, guessedType, type RequestContext } from '../context.ts';
import { encodeAny } from './encode.ts';
import { type Negotiated, negotiate, plainJson } from './negotiate.ts';

/**
 * The only place where an error becomes HTTP. Expected refusals are StatusErrors; a store that does
 * not answer is upstream's 500 with the store's words, anything else is a fault of ours that goes to the
 * log; one of the program itself is what upstream calls a panic, and its innards stay here.
 */
export function statusOf(error: unknown): {
  status: StatusError;
  unexpected: boolean;
  panic?: Error;
} {
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
  if (error instanceof ValueTooLarge) {
    // etcd's words, whichever store it is: clients know them
    const status = new StatusError(500, '', 'etcdserver: request is too large');
    return { status, unexpected: false };
  }
  if (error instanceof KeyExists) {
    return { status: internalError(error.message), unexpected: true };
  }
  if (faults.some((fault) => error instanceof fault)) {
    return { status: panicked(), unexpected: true, panic: error as Error };
  }
  const message = error instanceof Error ? error.message : String(error);
  return { status: internalError(message), unexpected: true };
}

/** What a program that is right never throws. */
const faults = [TypeError, ReferenceError, RangeError];

/** k8s.io/apiserver server/filters/wrap.go */
function panicked(): StatusError {
  const text = 'This request caused apiserver to panic. Look in the logs for details.';
  const status = new StatusError(500, 'InternalError', text);
  const headers = {
    'content-type': 'text/plain; charset=utf-8',
    'x-content-type-options': 'nosniff',
  };
  status.plain = { text: `${text}\n`, headers };
  return status;
}

function storeUnavailable(error: StoreUnavailable): StatusError {
  if (/deadline|timed? ?out/i.test(error.message)) return timeout(`storage: ${error.message}`, 1);
  return new StatusError(500, 'InternalError', `storage: ${error.message}`, {
    retryAfterSeconds: 1,
  });
}

/** Text that does not say that it is. */
function plainHeaders(headers: Readonly<Record<string, string>>): Record<string, string> {
  const said = headers['content-type'] !== undefined;
  return { ...headers, ...(said ? {} : { [guessedType]: 'text/plain; charset=utf-8' }) };
}

/** The refusal in the form the client asked for; in JSON when it accepts nothing that is there. */
export function encodeStatus(context: RequestContext, status: StatusError): Answer {
  const answer: Answer =
    status.plain === undefined
      ? encodeBody(context, status)
      : { code: status.code, headers: plainHeaders(status.plain.headers), body: status.plain.text };
  const retryAfter = status.details?.retryAfterSeconds ?? 0;
  if (retryAfter > 0) answer.headers['retry-after'] = String(retryAfter);
  return answer;
}

function encodeBody(context: RequestContext, status: StatusError): Answer {
  const body = status.body();
  const form = statusForm(context);
  // as upstream, audit hears of no Status that nobody has asked for in its form
  if (context.auditLevel !== 'None' && form !== undefined) context.responseObject = body;
  return encodeAny(context, body, form ?? { ...plainJson, pretty: true }, status.code);
}

/** Undefined when the client accepts nothing that is there. */
function statusForm(context: RequestContext): Negotiated | undefined {
  try {
    return negotiate(context, { protobuf: true, transforms: false });
  } catch {
    return undefined;
  }
}
