import {
  fieldDuplicate,
  fieldForbidden,
  fieldInvalid,
  fieldNotSupported,
  fieldRequired,
  fieldTooLong,
} from '../../../object/field-error.ts';
import { dns1123SubdomainErrors, labelKeyErrors } from '../../../object/name.ts';
import type { KubeObject } from '../../../object/object.ts';
import type { StatusCause } from '../../../object/status-error.ts';
import { checkFormat, checkImmutable, checkRange, type Errors } from '../field-check.ts';
import { familyOf, newIpErrors } from '../ip-format.ts';
import type { Plain } from '../plain.ts';
import { checkAllocatableClaims } from './allocatable-claim-validation.ts';
import { allowancesOf } from './pod-allowances.ts';
import { checkPodAnnotationChange, checkPodAnnotations } from './pod-annotations-validation.ts';
import { checkExtendedClaims } from './extended-claim-validation.ts';
import { checkTransitions } from './pod-transitions-validation.ts';

/** What a kubelet may report (core validation ValidatePodStatusUpdate). */
export function validatePodStatus(next: KubeObject, old: KubeObject): StatusCause[] {
  const errors: Errors = [];
  const status: Plain = next.status ?? {};
  const before: Plain = old.status ?? {};
  const annotations = next.metadata.annotations ?? {};
  const path = 'metadata.annotations';
  checkPodAnnotationChange(errors, annotations, old.metadata.annotations ?? {}, path);
  checkPodAnnotations(errors, annotations, next.spec, path, allowancesOf(old));
  for (const [i, { type = '', observedGeneration: generation }] of (
    status.conditions ?? []
  ).entries()) {
    checkGeneration(errors, generation, `status.conditions[${i}].observedGeneration`);
    if (['PodScheduled', 'Ready', 'Initialized'].includes(type)) continue;
    checkFormat(errors, type, `status.conditions[${i}].Type`, labelKeyErrors);
  }
  checkNomination(errors, status.nominatedNodeName ?? '', old);
  checkGeneration(errors, status.observedGeneration, 'status.observedGeneration');
  checkImmutable(errors, status.qosClass, before.qosClass, 'status.qosClass');
  checkTransitions(errors, status, before, old.spec);
  checkClaimStatuses(errors, status.resourceClaimStatuses ?? [], next.spec);
  checkExtendedClaims(errors, status.extendedResourceClaimStatus, next.spec);
  checkAllocatableClaims(errors, status, next.spec);
  checkIps(errors, status.podIPs ?? [], 'status.podIPs', before.podIPs);
  checkHostIps(errors, status, before.hostIPs);
  for (const list of ['containerStatuses', 'initContainerStatuses', 'ephemeralContainerStatuses']) {
    checkUsers(errors, status[list] ?? [], `status.${list}`, next.spec.os?.name);
  }
  checkHealth(errors, status.containerStatuses ?? [], 'containerStatuses', next.spec.containers);
  const init = next.spec.initContainers ?? [];
  checkHealth(errors, status.initContainerStatuses ?? [], 'initContainerStatuses', init);
  for (const [i, container] of (status.ephemeralContainerStatuses ?? []).entries()) {
    if ((container.allocatedResourcesStatus ?? []).length === 0) continue;
    const at = `status.ephemeralContainerStatuses[${i}].allocatedResourcesStatus`;
    errors.push(fieldForbidden(at, 'must not be specified in container status'));
  }
  return errors;
}

function checkGeneration(errors: Errors, generation: number | undefined, path: string): void {
  if (generation === undefined || generation >= 0) return;
  errors.push(fieldInvalid(path, generation, 'must be a non-negative integer'));
}

/** The scheduler's intention, which ends when the pod is on a node. */
function checkNomination(errors: Errors, node: string, { spec, status }: KubeObject): void {
  if (node === '' || node === (status?.nominatedNodeName ?? '')) return;
  const path = 'status.nominatedNodeName';
  checkFormat(errors, node, path, dns1123SubdomainErrors);
  if (!spec.nodeName) return;
  const why = 'may not be set on pods that are already bound to a node';
  errors.push(fieldForbidden(path, why));
}

function checkClaimStatuses(errors: Errors, list: Plain[], spec: Plain): void {
  const known = new Set((spec.resourceClaims ?? []).map((claim: Plain) => claim.name));
  const seen = new Set<string>();
  for (const [i, { name = '', resourceClaimName }] of list.entries()) {
    const at = `status.resourceClaimStatuses[${i}].name`;
    if (!known.has(name)) {
      const text = 'must match the name of an entry in `spec.resourceClaims`';
      errors.push(fieldInvalid(at, name, text));
    }
    if (seen.has(name)) errors.push(fieldDuplicate(at, name));
    seen.add(name);
    if (resourceClaimName !== undefined) {
      const own = `status.resourceClaimStatuses[${i}].resourceClaimName`;
      checkFormat(errors, resourceClaimName, own, dns1123SubdomainErrors);
    }
  }
}

function checkHostIps(errors: Errors, status: Plain, before: Plain[] | undefined): void {
  const list: Plain[] = status.hostIPs ?? [];
  const path = 'status.hostIPs';
  if (list.length === 0) return;
  const first: string = list[0]?.ip ?? '';
  if ((status.hostIP ?? '') !== first) {
    errors.push(fieldInvalid(`${path}[0].ip`, first, 'must be equal to `hostIP`'));
  }
  checkIps(errors, list, path, before);
}

/** At most one of a family. */
function checkIps(errors: Errors, list: Plain[], path: string, before: Plain[] = []): void {
  const format = newIpErrors(before.map(({ ip = '' }): string => ip));
  for (const [i, { ip = '' }] of list.entries()) checkFormat(errors, ip, `${path}[${i}]`, format);
  const families = new Set(list.map(({ ip = '' }) => familyOf(ip)));
  if (list.length <= 1 || (list.length === 2 && families.size === 2)) return;
  // The fields of upstream's internal type, which is what its message shows.
  const shown = list.map(({ ip = '' }): Plain => ({ IP: ip }));
  errors.push(fieldInvalid(path, shown, 'may specify no more than one IP for each IP family'));
}

const ids = [0, 2147483647] as const;

/** Whom a container runs as, in the end. */
function checkUsers(errors: Errors, list: Plain[], path: string, os = 'linux'): void {
  for (const [i, { user }] of list.entries()) {
    const linux = user?.linux;
    if (linux === undefined) continue;
    const at = `${path}[${i}].user.linux`;
    if (os === 'windows') errors.push(fieldForbidden(at, 'cannot be set for a windows pod'));
    if (os !== 'linux') continue;
    checkRange(errors, linux.uid ?? 0, `${at}.uid`, ids);
    checkRange(errors, linux.gid ?? 0, `${at}.gid`, ids);
    for (const [j, gid] of (linux.supplementalGroups ?? []).entries()) {
      checkRange(errors, gid, `${at}.supplementalGroups[${j}]`, ids);
    }
  }
}

/** How the devices do that a container has (KEP-4680). */
function checkHealth(errors: Errors, statuses: Plain[], list: string, containers: Plain[]): void {
  for (const [i, { name, allocatedResourcesStatus = [] }] of statuses.entries()) {
    const container = containers.find((c) => c.name === name);
    for (const [j, allocated] of (allocatedResourcesStatus as Plain[]).entries()) {
      const at = `status.${list}[${i}].allocatedResourcesStatus[${j}]`;
      if (container !== undefined) checkAllocated(errors, allocated.name ?? '', container, at);
      const seen = new Set<string>();
      for (const [k, resource] of (allocated.resources ?? []).entries()) {
        const { health, resourceID = '', message } = resource;
        const own = `${at}.resources[${k}]`;
        const known = ['Healthy', 'Unhealthy', 'Unknown'];
        if (!known.includes(health)) {
          errors.push(fieldNotSupported(`${own}.health`, health ?? '', known));
        }
        checkHealthMessage(errors, message, `${own}.message`);
        if (seen.has(resourceID)) errors.push(fieldDuplicate(`${own}.resourceID`, resourceID));
        seen.add(resourceID);
      }
    }
  }
}

/** Of upstream's API (ResourceHealthMessageMaxLength), in bytes. */
const maxHealthMessage = 1024;

function checkHealthMessage(errors: Errors, message: string | undefined, path: string): void {
  if (message === undefined) return;
  if (message === '') errors.push(fieldRequired(path, 'must be non-empty if specified'));
  else if (Buffer.byteLength(message) > maxHealthMessage) {
    errors.push(fieldTooLong(path, maxHealthMessage));
  }
}

function checkAllocated(errors: Errors, name: string, container: Plain, path: string): void {
  const resources: Plain = container.resources ?? {};
  const claims = (resources.claims ?? []).map(({ name: claim, request }: Plain) =>
    request ? `claim:${claim}/${request}` : `claim:${claim}`,
  );
  if (name.startsWith('claim:')) {
    if (claims.includes(name)) return;
    const text =
      "must match one of the container's resource claims in a format 'claim:<claimName>/<request>' or 'claim:<claimName>' if request is empty";
    errors.push(fieldInvalid(`${path}.name`, name, text));
  } else if (resources.requests?.[name] === undefined) {
    const text = "must match one of the container's resource requests";
    errors.push(fieldInvalid(`${path}.name`, name, text));
  }
}
