import { forbidden, type StatusError } from '../../object/status-error.ts';
import type { AdmissionRequest } from './plugin.ts';

/**
 * A plugin's refusal: 403, naming the object as far as it has a name yet
 * (k8s.io/apiserver admission.NewForbidden).
 */
export function refused(request: AdmissionRequest, why: string): StatusError {
  const { group, resource } = request.resource;
  const metadata = request.object?.metadata;
  const name = request.name || metadata?.name || metadata?.generateName || 'Unknown';
  return forbidden({ group, resource }, name, why);
}

/** Is this about the resource itself, or the one subresource named? */
export function isFor(
  request: AdmissionRequest,
  group: string,
  resource: string,
  subresource = '',
): boolean {
  return (
    request.resource.resource === resource &&
    request.resource.group === group &&
    request.subresource === subresource
  );
}
