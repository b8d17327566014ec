import { fieldForbidden } from '../../../object/field-error.ts';
import type { KubeObject } from '../../../object/object.ts';
import type { StatusCause } from '../../../object/status-error.ts';
import type { Plain } from '../plain.ts';

/** Devices in use elsewhere are for namespaces whose label says so (pkg/registry/resource utils.go). */

const label = 'resource.kubernetes.io/admin-access';

/** Specs never change, so only new ones ask; an allocation asks when it comes. */
export async function checkAdminAccess(
  resource: string,
  {
    next,
    old,
    subresource,
  }: { next: KubeObject; old: KubeObject | undefined; subresource: string },
  readNamespace: (name: string) => Promise<KubeObject | undefined>,
): Promise<StatusCause[]> {
  const path =
    subresource === 'status' ? grantedAt(next, old) : askedAt(resource, next, old === undefined);
  if (path === undefined) return [];
  const namespace = await readNamespace(next.metadata.namespace ?? '');
  if (namespace?.metadata.labels?.[label] === 'true') return [];
  const text = `admin access to devices requires the \`${label}: true\` label on the containing namespace`;
  return [fieldForbidden(path, text)];
}

function askedAt(resource: string, { spec }: KubeObject, isNew: boolean): string | undefined {
  if (!isNew) return undefined;
  const claim: Plain | undefined = resource === 'resourceclaims' ? spec : spec?.spec;
  const requests: Plain[] = claim?.devices?.requests ?? [];
  const i = requests.findIndex(({ exactly }) => exactly?.adminAccess === true);
  return i < 0 ? undefined : `spec.devices.requests[${i}].adminAccess`;
}

function grantedAt(next: KubeObject, old: KubeObject | undefined): string | undefined {
  const first = (claim: KubeObject | undefined): number =>
    (claim?.status?.allocation?.devices?.results ?? []).findIndex(
      ({ adminAccess }: Plain) => adminAccess === true,
    );
  const i = first(next);
  if (i < 0 || first(old) >= 0) return undefined;
  return `status.allocation.devices.results[${i}].adminAccess`;
}
