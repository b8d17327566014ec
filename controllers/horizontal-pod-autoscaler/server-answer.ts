import { goQuote } from '../../object/go-format.ts';
import type { Cluster } from '../../reconciler/cluster.ts';
import { PlainRefusal } from '../../reconciler/response-body.ts';

/**
 * GET of JSON; what goes wrong is told in client-go's words.
 * @param what in its messages: `pods.metrics.k8s.io`; '' where client-go knows of no resource
 */
// oxlint-disable-next-line no-explicit-any -- lists of many kinds
export async function read(cluster: Cluster, path: string, what: string): Promise<any> {
  try {
    return JSON.parse(await cluster.raw(path, 'application/json'));
  } catch (error) {
    if (!(error instanceof PlainRefusal)) throw error;
    const meaning = meaningOf(error.code, error.text.trim());
    throw new Error(what === '' ? meaning : `${meaning} (get ${what})`);
  }
}

const meanings: Record<number, string> = {
  400: 'the server rejected our request for an unknown reason',
  401: 'the server has asked for the client to provide credentials',
  404: 'the server could not find the requested resource',
  405: 'the server does not allow this method on the requested resource',
  429: 'the server has received too many requests and has asked us to try again later',
  503: 'the server is currently unable to handle the request',
  504: 'the server was unable to return a response in the time allotted, but may still be processing the request',
};

/** What client-go makes of an answer without a Status (apimachinery NewGenericServerResponse). */
function meaningOf(code: number, text: string): string {
  const known = code === 403 ? text : meanings[code];
  if (known !== undefined) return known;
  return code >= 500
    ? `an error on the server (${goQuote(text)}) has prevented the request from succeeding`
    : `the server responded with the status code ${code} but did not return more information`;
}
