import { goQuote } from './go-format.ts';

/**
 * Every refusal a client can get, as one table of factories: reason, code and message as upstream
 * words them (k8s.io/apimachinery api/errors). Stages and verbs throw these; only
 * `apiserver/response/status.ts` turns one into HTTP.
 */

export interface StatusCause {
  /** FieldValueInvalid, FieldValueRequired, … Older names: see field-error.ts. */
  reason?: string;
  message: string;
  /** JavaScript-like path: `spec.containers[0].image`. */
  field?: string;
}

export interface StatusDetails {
  name?: string;
  group?: string;
  /** In Status details upstream puts the *resource* here for most errors, the kind for Invalid. */
  kind?: string;
  uid?: string;
  causes?: StatusCause[];
  retryAfterSeconds?: number;
}

export interface StatusBody {
  kind: 'Status';
  apiVersion: 'v1';
  metadata: Record<string, unknown>;
  status: 'Failure' | 'Success';
  message?: string;
  reason?: string;
  details?: StatusDetails;
  code: number;
}

export interface ResourceName {
  group: string;
  resource: string;
}

/** An expected refusal. `code` is the HTTP status, `reason` the machine-readable cause. */
export class StatusError extends Error {
  /** What upstream writes in place of a Status, where the answer does not come from an API's handler. */
  plain: { text: string; headers: Readonly<Record<string, string>> } | undefined;
  /** Of a list whose token is too old: one that goes on with the state of now. */
  continueToken: string | undefined;
  readonly code: number;
  readonly reason: string;
  readonly details: StatusDetails | undefined;

  constructor(code: number, reason: string, message: string, details?: StatusDetails) {
    super(message);
    this.name = 'StatusError';
    this.code = code;
    this.reason = reason;
    this.details = details;
  }

  body(): StatusBody {
    return {
      kind: 'Status',
      apiVersion: 'v1',
      metadata: this.continueToken === undefined ? {} : { continue: this.continueToken },
      status: 'Failure',
      message: this.message,
      ...(this.reason === '' ? {} : { reason: this.reason }),
      ...(this.details === undefined ? {} : { details: this.details }),
      code: this.code,
    };
  }
}

/** `deployments.apps "x"`; core resources have no suffix. */
function qualified({ group, resource }: ResourceName): string {
  return group === '' ? resource : `${resource}.${group}`;
}

function detailsOf({ group, resource }: ResourceName, name: string): StatusDetails {
  return {
    ...(name === '' ? {} : { name }),
    ...(group === '' ? {} : { group }),
    ...(resource === '' ? {} : { kind: resource }),
  };
}

export function notFound(resource: ResourceName, name: string): StatusError {
  return new StatusError(
    404,
    'NotFound',
    `${qualified(resource)} ${goQuote(name)} not found`,
    detailsOf(resource, name),
  );
}

/** No such path or resource at all; the text net/http clients of upstream see. */
export function pathNotFound(): StatusError {
  return new StatusError(404, 'NotFound', 'the server could not find the requested resource', {});
}

export function alreadyExists(resource: ResourceName, name: string): StatusError {
  return new StatusError(
    409,
    'AlreadyExists',
    `${qualified(resource)} ${goQuote(name)} already exists`,
    detailsOf(resource, name),
  );
}

/** A name made from generateName was taken as often as it was tried. */
export function generatedNameConflict(resource: ResourceName, name: string): StatusError {
  return new StatusError(
    409,
    'AlreadyExists',
    `${qualified(resource)} ${goQuote(name)} already exists, the server was not able to generate a unique name for the object`,
    { ...detailsOf(resource, name), retryAfterSeconds: 1 },
  );
}

export function conflict(resource: ResourceName, name: string, why: string): StatusError {
  return new StatusError(
    409,
    'Conflict',
    `Operation cannot be fulfilled on ${qualified(resource)} ${goQuote(name)}: ${why}`,
    detailsOf(resource, name),
  );
}

/** The conflict text of a stale resourceVersion. */
export const objectModified =
  'the object has been modified; please apply your changes to the latest version and try again';

export function applyConflict(message: string, causes: StatusCause[]): StatusError {
  return new StatusError(409, 'Conflict', message, { causes });
}

export function unauthorized(): StatusError {
  return new StatusError(401, 'Unauthorized', 'Unauthorized');
}

export function forbidden(resource: ResourceName, name: string, why: string): StatusError {
  const what =
    resource.resource === ''
      ? `forbidden: ${why}`
      : name === ''
        ? `${qualified(resource)} is forbidden: ${why}`
        : `${qualified(resource)} ${goQuote(name)} is forbidden: ${why}`;
  return new StatusError(403, 'Forbidden', what, detailsOf(resource, name));
}

export function badRequest(message: string): StatusError {
  return new StatusError(400, 'BadRequest', message);
}

export function methodNotAllowed(resource: ResourceName, verb: string): StatusError {
  return new StatusError(
    405,
    'MethodNotAllowed',
    `${verb} is not supported on resources of kind ${goQuote(qualified(resource))}`,
    detailsOf(resource, ''),
  );
}

/** Causes as one text: each once, in brackets where they are several (field.ErrorList.ToAggregate). */
export function fieldErrorsText(causes: readonly StatusCause[]): string {
  const lines = causes.map((c) => (c.field === undefined ? c.message : `${c.field}: ${c.message}`));
  const unique = [...new Set(lines)];
  return unique.length === 1 ? (unique[0] as string) : `[${unique.join(', ')}]`;
}

/** 422. `kind` is the kind with its group; causes carry one entry per field. */
export function invalid(
  kind: { group: string; kind: string },
  name: string,
  causes: StatusCause[],
): StatusError {
  const title = kind.group === '' ? kind.kind : `${kind.kind}.${kind.group}`;
  const text = fieldErrorsText(causes);
  return new StatusError(422, 'Invalid', `${title} ${goQuote(name)} is invalid: ${text}`, {
    ...(name === '' ? {} : { name }),
    ...(kind.group === '' ? {} : { group: kind.group }),
    ...(kind.kind === '' ? {} : { kind: kind.kind }),
    causes,
  });
}

export function unsupportedMediaType(supported: readonly string[]): StatusError {
  return new StatusError(
    415,
    'UnsupportedMediaType',
    `the body of the request was in an unknown format - accepted media types include: ${supported.join(', ')}`,
  );
}

export function notAcceptable(supported: readonly string[]): StatusError {
  return new StatusError(
    406,
    'NotAcceptable',
    `only the following media types are accepted: ${supported.join(', ')}`,
  );
}

/** Only a list can be shown as a list, and only one object as one. */
export function notAcceptableAs(asked: string, found: string): StatusError {
  return new StatusError(
    406,
    'NotAcceptable',
    `you requested ${asked}, but the requested object is ${found}`,
  );
}

export function requestEntityTooLarge(message: string): StatusError {
  return new StatusError(413, 'RequestEntityTooLarge', `Request entity too large: ${message}`);
}

export function tooManyRequests(message: string, retryAfterSeconds: number): StatusError {
  return new StatusError(429, 'TooManyRequests', message, { retryAfterSeconds });
}

const plainText = 'text/plain; charset=utf-8';

/** No seat is free (k8s.io/apiserver server/filters): text, as Go's http.Error writes it. */
export function overloaded(retryAfterSeconds: number): StatusError {
  const text = 'Too many requests, please try again later.';
  const error = tooManyRequests(text, retryAfterSeconds);
  const headers = { 'content-type': plainText, 'x-content-type-options': 'nosniff' };
  error.plain = { text: `${text}\n`, headers };
  return error;
}

/** The time of the request is over (server/filters/timeout.go): a Status without its kind, sent as text. */
export function requestTimeout(): StatusError {
  const error = timeout('request did not complete within the allotted timeout');
  const { metadata, status, message, reason, details, code } = error.body();
  const body = { metadata, status, message, reason, details, code };
  error.plain = { text: `${JSON.stringify(body)}\n`, headers: {} };
  return error;
}

/** A watch or continue token older than what is kept: the client must list again. */
export function expired(message: string): StatusError {
  return new StatusError(410, 'Expired', message);
}

/** Not reached within the wait. */
export function resourceVersionTooLarge(asked: number | bigint, current: number): StatusError {
  return new StatusError(
    504,
    'Timeout',
    `Timeout: Too large resource version: ${asked}, current: ${current}`,
    {
      causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }],
      retryAfterSeconds: 1,
    },
  );
}

/** Nothing where nothing is to be said: zero is left out, as Go's omitempty does. */
function retryAfter(retryAfterSeconds: number): StatusDetails {
  return retryAfterSeconds === 0 ? {} : { retryAfterSeconds };
}

export function timeout(message: string, retryAfterSeconds = 0): StatusError {
  return new StatusError(504, 'Timeout', `Timeout: ${message}`, retryAfter(retryAfterSeconds));
}

export function internalError(message: string): StatusError {
  return new StatusError(500, 'InternalError', `Internal error occurred: ${message}`, {
    causes: [{ message }],
  });
}

export function serviceUnavailable(message: string, retryAfterSeconds?: number): StatusError {
  const details = retryAfterSeconds === undefined ? undefined : retryAfter(retryAfterSeconds);
  return new StatusError(503, 'ServiceUnavailable', message, details);
}
