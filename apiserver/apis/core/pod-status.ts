import { fieldForbidden, fieldInvalid } from '../../../object/field-error.ts';
import type { KubeObject } from '../../../object/object.ts';
import { dns1123SubdomainErrors, labelKeyErrors } from '../../../object/name.ts';
import type { StatusCause } from '../../../object/status-error.ts';
import { checkFormat, checkImmutable, type Errors } from '../field-check.ts';
import { familyOf, ipErrors } from '../ip-format.ts';
import type { Plain } from '../plain.ts';
import type { StatusSubresource } from '../resource.ts';

/** Writes of pods/status: kubelets report here (pod strategy, core validation ValidatePodStatusUpdate). */
export const podStatus: StatusSubresource = {
  prepareForUpdate(next, old) {
    next.spec = old.spec;
    delete next.metadata.deletionTimestamp;
    if (old.metadata.deletionTimestamp) {
      next.metadata.deletionTimestamp = old.metadata.deletionTimestamp;
    }
    // Old kubelets spoil owner references in a way that breaks garbage collection.
    if (old.metadata.ownerReferences === undefined) delete next.metadata.ownerReferences;
    else next.metadata.ownerReferences = old.metadata.ownerReferences;
    next.status ??= {};
    const before: Plain = old.status ?? {};
    if (!next.status.qosClass && before.qosClass) next.status.qosClass = before.qosClass;
    keepObservedGenerations(next.status, before);
  },
  validateUpdate: validatePodStatus,
};

/** A writer that does not know observedGeneration must not clear it. */
function keepObservedGenerations(status: Plain, old: Plain): void {
  if (!status.observedGeneration && old.observedGeneration) {
    status.observedGeneration = old.observedGeneration;
  }
  const byType = new Map<string, number[]>();
  for (const { type, observedGeneration } of old.conditions ?? []) {
    byType.set(type, [...(byType.get(type) ?? []), observedGeneration ?? 0]);
  }
  for (const condition of status.conditions ?? []) {
    const generation = byType.get(condition.type)?.shift();
    if (!condition.observedGeneration && generation) condition.observedGeneration = generation;
  }
}

function validatePodStatus(next: KubeObject, old: KubeObject): StatusCause[] {
  const errors: Errors = [];
  const status: Plain = next.status ?? {};
  const before: Plain = old.status ?? {};
  for (const [i, condition] of (status.conditions ?? []).entries()) {
    if (['PodScheduled', 'Ready', 'Initialized'].includes(condition.type)) continue;
    checkFormat(errors, condition.type ?? '', `metadata.conditions[${i}].Type`, labelKeyErrors);
  }
  const nominated = status.nominatedNodeName;
  if (nominated && nominated !== before.nominatedNodeName) {
    checkFormat(errors, nominated, 'status.nominatedNodeName', dns1123SubdomainErrors);
  }
  checkImmutable(errors, status.qosClass, before.qosClass, 'status.qosClass');
  const sidecars = new Set<string>(
    (old.spec.initContainers ?? [])
      .filter((c: Plain) => c.restartPolicy === 'Always')
      .map((c: Plain) => c.name),
  );
  const policy = old.spec.restartPolicy;
  checkTransitions(errors, status, before, 'containerStatuses', policy, new Set());
  checkTransitions(errors, status, before, 'initContainerStatuses', policy, sidecars);
  checkTransitions(errors, status, before, 'ephemeralContainerStatuses', 'Never', new Set());
  checkAddresses(errors, status.podIPs ?? [], 'status.podIPs');
  checkAddresses(errors, status.hostIPs ?? [], 'status.hostIPs');
  return errors;
}

/** A container that ended for good stays ended. */
function checkTransitions(
  errors: Errors,
  status: Plain,
  old: Plain,
  list: string,
  restartPolicy: string,
  restartable: ReadonlySet<string>,
): void {
  if (restartPolicy === 'Always') return;
  for (const [i, before] of (old[list] ?? []).entries()) {
    const ended = before.state?.terminated;
    if (ended === undefined || ended === null || restartable.has(before.name)) continue;
    if (ended.exitCode !== 0 && restartPolicy === 'OnFailure') continue;
    for (const now of status[list] ?? []) {
      if (now.name !== before.name || now.state?.terminated) continue;
      const why = 'may not be transitioned to non-terminated state';
      errors.push(fieldForbidden(`status.${list}[${i}].state`, why));
    }
  }
}

function checkAddresses(errors: Errors, list: Plain[], path: string): void {
  for (const [i, { ip = '' }] of list.entries()) {
    for (const message of ipErrors(ip)) errors.push(fieldInvalid(`${path}[${i}]`, ip, message));
  }
  const families = new Set(list.map(({ ip }) => familyOf(ip ?? '')));
  if (list.length > 1 && (list.length > 2 || families.size !== 2)) {
    errors.push(fieldInvalid(path, list, 'may specify no more than one IP for each IP family'));
  }
}
