import { StatusError } from '../../object/status-error.ts';
import type { RequestContext } from '../context.ts';
import { proxy } from '../verbs/connect/proxy.ts';
import type { Aggregation } from './aggregation.ts';
import { identityHeaders } from './identity.ts';
import type { Reach } from './reach.ts';
import type { RemoteApi } from './remote-api.ts';

/**
 * Requests for another server's group version go to it as they came, upgrades too, with the user in
 * headers (kube-aggregator handler_proxy.go). Refusals of the aggregator itself are text.
 */
export function makePassOn(
  aggregation: Pick<Aggregation, 'find'>,
  reach: Reach,
): (context: RequestContext) => Promise<boolean> | boolean {
  return (context) => {
    const api = aggregation.find(context.info.path);
    if (api === undefined) return false;
    return passOn(context, api, reach).then(() => true);
  };
}

export async function passOn(context: RequestContext, api: RemoteApi, reach: Reach): Promise<void> {
  if (!api.available) return unavailable(context, 'service unavailable');
  const backend = await reach.backend(api).catch(() => undefined);
  if (backend === undefined) return unavailable(context, 'service unavailable');
  const { path } = context.info;
  const headers = { ...identityHeaders(context.user), 'audit-id': context.auditId };
  try {
    await proxy(context, {
      backend,
      path: path.replace(/\/$/, ''),
      headers,
      rejectRedirects: true,
    });
  } catch (error) {
    if (!(error instanceof StatusError)) throw error;
    unavailable(context, error.message);
  }
}

function unavailable(context: RequestContext, text: string): void {
  context.answer = {
    code: 503,
    headers: { 'content-type': 'text/plain; charset=utf-8', 'x-content-type-options': 'nosniff' },
    body: `${text}\n`,
  };
}
