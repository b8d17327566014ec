import type { Errors } from '../field-check.ts';
import type { Plain } from '../plain.ts';
import { selectorIsWrong, selectsWrongValues } from '../selector-validation.ts';
import { checkInnerPath } from './local-path.ts';
import { isDeletionCost } from './deletion-cost.ts';
import { eachContainer, isSidecar } from './pod-containers.ts';
import { hasPartialPages } from './resources-validation.ts';
import { hasWrongValues } from './node-selector-validation.ts';
import { isOfSharedNamespace } from './sysctl-validation.ts';
import { checkMatchedKeys } from './matched-keys-validation.ts';

/**
 * What a pod or a template may have because the one it replaces has it: rules that came later, and
 * fields whose gate is off (pkg/api/pod GetValidationOptionsFromPodSpecAndMeta). Everything is
 * false for what is new.
 */
export interface PodAllowances {
  anyDeletionCost: boolean;
  partialHugePages: boolean;
  /** Values of pod affinity's selectors that no label can have. */
  anyAffinityValue: boolean;
  /** The same of required node affinity. */
  anyNodeValue: boolean;
  anySpreadSelector: boolean;
  /** matchLabelKeys of spread constraints are held to the rules of before v1.34. */
  oldSpreadKeys: boolean;
  anyTokenPath: boolean;
  sharedSysctls: boolean;
  hostNetworkWithOwnUsers: boolean;
  devicesWithOwnUsers: boolean;
  anySelinuxChange: boolean;
  comparedTolerations: boolean;
  initResizeRestart: boolean;
}

export const noAllowances: PodAllowances = {
  anyDeletionCost: false,
  partialHugePages: false,
  anyAffinityValue: false,
  anyNodeValue: false,
  anySpreadSelector: false,
  oldSpreadKeys: false,
  anyTokenPath: false,
  sharedSysctls: false,
  hostNetworkWithOwnUsers: false,
  devicesWithOwnUsers: false,
  anySelinuxChange: false,
  comparedTolerations: false,
  initResizeRestart: false,
};

/** `old`: a Pod, or what a workload has for a template. */
export function allowancesOf(old: Plain | undefined): PodAllowances {
  if (old === undefined) return noAllowances;
  const spec: Plain = old.spec ?? {};
  const context: Plain = spec.securityContext ?? {};
  const containers = eachContainer(spec, '').map(({ container }) => container);
  const spreads: Plain[] = spec.topologySpreadConstraints ?? [];
  const sysctls: Plain[] = context.sysctls ?? [];
  const ownUsers = spec.hostUsers === false;
  return {
    anyDeletionCost: !isDeletionCost(old.metadata?.annotations),
    partialHugePages:
      hasPartialPages({ limits: spec.overhead }) ||
      containers.some(({ resources }) => hasPartialPages(resources)),
    anyAffinityValue: affinityTerms(spec).some(
      (term) => selectorIsWrong(term.labelSelector) || selectorIsWrong(term.namespaceSelector),
    ),
    anyNodeValue: hasWrongValues(
      spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution,
    ),
    anySpreadSelector: spreads.some((spread) => selectorIsWrong(spread.labelSelector)),
    oldSpreadKeys: spreads.some((spread) =>
      hasErrors((errors) => checkMatchedKeys(errors, spread, '')),
    ),
    anyTokenPath: tokenPaths(spec).some((path) =>
      hasErrors((errors) => checkInnerPath(errors, path, '')),
    ),
    sharedSysctls: sysctls.some(({ name = '' }) => isOfSharedNamespace(name, spec)),
    hostNetworkWithOwnUsers: ownUsers && spec.hostNetwork === true,
    devicesWithOwnUsers:
      ownUsers && containers.some(({ volumeDevices = [] }) => volumeDevices.length > 0),
    anySelinuxChange: context.seLinuxChangePolicy !== undefined,
    comparedTolerations: (spec.tolerations ?? []).some(
      ({ operator }: Plain) => operator === 'Lt' || operator === 'Gt',
    ),
    initResizeRestart: (spec.initContainers ?? []).some(
      (container: Plain) =>
        !isSidecar(container) &&
        (container.resizePolicy ?? []).some((p: Plain) => p.restartPolicy === 'RestartContainer'),
    ),
  };
}

/**
 * Of a workload whose own selector is judged with the template (DaemonSet and Job strategies): where
 * one of them has values that no label can have, both may.
 */
export function workloadAllowances(old: Plain | undefined): PodAllowances {
  const allow = allowancesOf(old?.template);
  return selectsWrongValues(old?.selector) ? { ...allow, anyAffinityValue: true } : allow;
}

function hasErrors(check: (errors: Errors) => void): boolean {
  const errors: Errors = [];
  check(errors);
  return errors.length > 0;
}

function affinityTerms({ affinity = {} }: Plain): Plain[] {
  return [affinity.podAffinity, affinity.podAntiAffinity].flatMap((part: Plain | undefined) => [
    ...(part?.requiredDuringSchedulingIgnoredDuringExecution ?? []),
    ...(part?.preferredDuringSchedulingIgnoredDuringExecution ?? []).map(
      ({ podAffinityTerm = {} }: Plain): Plain => podAffinityTerm,
    ),
  ]);
}

function tokenPaths({ volumes = [] }: Plain): string[] {
  const sources: Plain[] = volumes.flatMap(({ projected }: Plain) => projected?.sources ?? []);
  return sources.flatMap(({ serviceAccountToken: token }) =>
    token === undefined ? [] : [token.path ?? ''],
  );
}
