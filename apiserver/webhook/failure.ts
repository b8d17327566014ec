import { jsonSyntaxError } from '../../schema/json-syntax.ts';
import { backendErrorText } from '../outgoing/backend-error.ts';
import { AnswerUnreadable, PostRefused } from './post.ts';

/**
 * What client-go says of a call of a webhook that failed: of the way there with the address, of an answer
 * without. `shown` is the address as upstream shows it.
 */
export function failureText(error: Error, target: URL, shown: string): string {
  if (error instanceof PostRefused) return refusalText(error);
  if (error instanceof AnswerUnreadable) {
    return `couldn't get version/kind; json parse error: ${unreadableText(error)}`;
  }
  // of a name with several addresses Node tells each failure
  const [first = error] = error instanceof AggregateError ? (error.errors as Error[]) : [];
  const { address = target.hostname } = first as { address?: string };
  const port = Number(target.port || (target.protocol === 'http:' ? 80 : 443));
  const why = backendErrorText({ host: address, port }, first);
  return `Post ${JSON.stringify(shown)}: ${why}`;
}

/** Text that is no JSON is YAML to upstream: most is one long string then. */
function unreadableText({ text, message }: AnswerUnreadable): string {
  if (/^\s*[{[]/.test(text)) return jsonSyntaxError(text) ?? message;
  return notAnObject('string');
}

/** What is read first of every answer is whose it is. */
export function notAnObject(kind: string): string {
  return String.raw`json: cannot unmarshal ${kind} into Go value of type struct { APIVersion string "json:\"apiVersion,omitempty\""; Kind string "json:\"kind,omitempty\"" }`;
}

/** A Status that the server sent with a refusal says it in its own words. */
function statusMessage(body: string): string | undefined {
  try {
    const { status, message = '' } = JSON.parse(body) as { status?: string; message?: string };
    return status === 'Failure' ? message : undefined;
  } catch {
    return undefined;
  }
}

/** What client-go makes of a status code (apimachinery errors.NewGenericServerResponse). */
function refusalText({ code, message, text }: PostRefused): string {
  const said = statusMessage(text);
  if (said !== undefined) return said;
  const known: Record<number, string> = {
    400: 'the server rejected our request for an unknown reason',
    401: 'the server has asked for the client to provide credentials',
    403: message,
    404: 'the server could not find the requested resource',
    405: 'the server does not allow this method on the requested resource',
    406: message,
    409: 'the server reported a conflict',
    415: message,
    422: 'the server rejected our request due to an error in our request',
    429: 'the server has received too many requests and has asked us to try again later',
    503: 'the server is currently unable to handle the request',
    504: 'the server was unable to return a response in the time allotted, but may still be processing the request',
  };
  if (known[code] !== undefined) return known[code];
  if (code >= 500) {
    return `an error on the server (${JSON.stringify(message)}) has prevented the request from succeeding`;
  }
  return `the server responded with the status code ${code} but did not return more information`;
}
