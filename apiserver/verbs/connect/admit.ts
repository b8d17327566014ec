import type { Resource } from '../../apis/resource.ts';
import type { RequestContext } from '../../context.ts';
import { admissionRequest } from '../admit.ts';
import type { Services } from '../services.ts';

/**
 * Admission of CONNECT: what plugins and webhooks see is the options of the connection, of a kind of
 * their own (endpoints/handlers/rest.go, ConnectResource).
 */
export async function admitConnect(
  context: RequestContext,
  resource: Resource,
  services: Services,
  options: Record<string, unknown>,
): Promise<void> {
  const { name, subresource } = context.info;
  const kind = resource.subresources?.[subresource]?.kind.kind ?? resource.kind;
  const object = { kind, apiVersion: resource.apiVersion, metadata: {}, ...options };
  const request = admissionRequest(context, resource, {
    operation: 'CONNECT',
    object,
    oldObject: undefined,
    dryRun: false,
    name,
  });
  await services.admission.mutate(request);
  await services.admission.validate(request);
}
