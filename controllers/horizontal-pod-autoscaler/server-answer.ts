import { StatusError } from '../../object/status-error.ts';
import type { Cluster } from '../../reconciler/cluster.ts';

/** What client-go makes of an answer without a Status (apimachinery NewGenericServerResponse), of GETs. */
const meanings: Record<number, string> = {
  400: 'the server rejected our request for an unknown reason',
  401: 'the server has asked for the client to provide credentials',
  403: 'the server does not allow access to the requested resource',
  404: 'the server could not find the requested resource',
  405: 'the server does not allow this method on the requested resource',
  429: 'the server has received too many requests and has asked us to try again later',
  503: 'the server is currently unable to handle the request',
  504: 'the server was unable to return a response in the time allotted, but may still be processing the request',
};

/**
 * GET of JSON; what goes wrong is told in client-go's words.
 * @param what in its messages: `pods.metrics.k8s.io`; '' where client-go knows of no resource
 */
// oxlint-disable-next-line no-explicit-any -- lists of many kinds
export async function read(cluster: Cluster, path: string, what: string): Promise<any> {
  try {
    return JSON.parse(await cluster.raw(path, 'application/json'));
  } catch (error) {
    if (!(error instanceof StatusError) || error.reason !== 'Unknown') throw error;
    const meaning = meanings[error.code];
    if (meaning === undefined) throw error;
    const message = what === '' ? meaning : `${meaning} (get ${what})`;
    throw new StatusError(error.code, error.reason, message);
  }
}
