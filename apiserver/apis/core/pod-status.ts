import { ipWarnings } from '../ip-warnings.ts';
import type { Plain } from '../plain.ts';
import type { StatusSubresource } from '../resource.ts';
import { validatePodStatus } from './pod-status-validation.ts';

/** Writes of pods/status: kubelets report here (pod strategy, core validation ValidatePodStatusUpdate). */
export const podStatus: StatusSubresource = {
  // old kubelets spoil the owners
  keepsMetadata: ['deletionTimestamp', 'ownerReferences'],
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
    dropDisabledStatusFields(next.status, before);
  },
  validateUpdate: validatePodStatus,
  warnings: ({ status }) =>
    ['podIPs', 'hostIPs'].flatMap((field) =>
      (status?.[field] ?? []).flatMap(({ ip = '' }: Plain, i: number) =>
        ipWarnings(ip, `status.${field}[${i}].ip`),
      ),
    ),
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

/** InPlacePodLevelResourcesVerticalScaling is on in v1.36; what is alpha there is dropped. */
function dropDisabledStatusFields(status: Plain, old: Plain): void {
  // DRANodeAllocatableResources
  if (old.nodeAllocatableResourceClaimStatuses === undefined) {
    delete status.nodeAllocatableResourceClaimStatuses;
  }
}
