import { isDeepStrictEqual } from 'node:util';
import type { KubeObject } from '../../../object/object.ts';
import { invalid } from '../../../object/status-error.ts';
import type { Lister } from '../../watch/view.ts';
import type { AdmissionRequest } from '../plugin.ts';
import type { Exemptions } from './configuration.ts';
import { podTemplateOf } from './pod.ts';
import {
  isStricter,
  labelPrefix,
  type LevelVersion,
  type NamespacePolicy,
  noRestrictions,
  policyOf,
  shown,
  violationReasons,
} from './policy.ts';

/** Namespaces and the labels that choose levels for their pods (pod-security-admission, ValidateNamespace). */
export interface NamespaceCheckOptions {
  pods: Lister;
  defaults?: NamespacePolicy | undefined;
  exemptions?: Exemptions | undefined;
  now?: () => number;
}

/** Pods looked at, at most, when a namespace gets a stricter level, and for how long. */
const podsMax = 3000;
const checkMs = 1000;

export function checkNamespace(request: AdmissionRequest, options: NamespaceCheckOptions): void {
  const { object: namespace, oldObject, operation } = request;
  if (namespace === undefined) return;
  const name = namespace.metadata.name ?? '';
  const { policy, faults } = policyOf(namespace.metadata.labels, options.defaults);
  const before = policyOf(oldObject?.metadata.labels, options.defaults);
  const known = operation === 'UPDATE' && isDeepStrictEqual(faults, before.faults);
  if (faults.length > 0 && !known) throw invalid({ group: '', kind: 'Namespace' }, name, faults);
  if (operation === 'UPDATE' && !isTightened(policy.enforce, before.policy.enforce)) return;
  if (options.exemptions?.namespaces.includes(name) === true) {
    const warning = exemptWarning(namespace, policy, options.defaults);
    if (warning !== undefined) request.warn(warning);
  } else if (operation === 'UPDATE') {
    for (const warning of existingPods(name, policy.enforce, options)) request.warn(warning);
  }
}

function isTightened(next: LevelVersion, before: LevelVersion): boolean {
  if (next.level === 'privileged') return false;
  return next.version !== before.version || isStricter(next, before);
}

/** Labels that will not count. */
function exemptWarning(
  { metadata }: KubeObject,
  policy: NamespacePolicy,
  defaults: NamespacePolicy = noRestrictions,
): string | undefined {
  const modes = ['enforce', 'audit', 'warn'] as const;
  const same = modes.every((mode) => {
    const [own, usual] = [policy[mode], defaults[mode]];
    return (
      own.level === usual.level && (own.level === 'privileged' || own.version === usual.version)
    );
  });
  if (same || modes.every((mode) => policy[mode].level === 'privileged')) return undefined;
  const labels = metadata.labels ?? {};
  const chosen = modes.filter((mode) => {
    const label = labelPrefix + mode;
    const said = labels[label] !== undefined || labels[`${label}-version`] !== undefined;
    return said && policy[mode].level !== 'privileged';
  });
  const list = chosen.map((mode) => `${mode}=${shown(policy[mode])}`).join(', ');
  return `namespace ${JSON.stringify(metadata.name)} is exempt from Pod Security, and the policy (${list}) will be ignored`;
}

/** Running pods stay as they are; whoever tightens the rules is told which would not pass. */
function existingPods(
  namespace: string,
  level: LevelVersion,
  { pods, exemptions, now = () => performance.now() }: NamespaceCheckOptions,
): string[] {
  const all = prioritized(pods.list(namespace), exemptions);
  const byReason = new Map<string, string[]>();
  const end = now() + checkMs;
  let checked = 0;
  for (const pod of all.slice(0, podsMax)) {
    const template = podTemplateOf(pod);
    const reasons = template === undefined ? undefined : violationReasons(level, template);
    if (reasons !== undefined) {
      byReason.set(reasons, [...(byReason.get(reasons) ?? []), pod.metadata.name ?? '']);
    }
    checked += 1;
    if (now() >= end) break;
  }
  const warnings: string[] = [];
  if (checked < all.length) {
    warnings.push(
      `new PodSecurity enforce level only checked against the first ${checked} of ${all.length} existing pods`,
    );
  }
  if (byReason.size > 0) {
    warnings.push(
      `existing pods in namespace ${JSON.stringify(namespace)} violate the new PodSecurity enforce level ${JSON.stringify(shown(level))}`,
    );
  }
  const lines = [...byReason].map(([reasons, names]) => `${countedPods(names)}: ${reasons}`);
  return [...warnings, ...lines.toSorted()];
}

/** One pod of each controller first: the others are most likely the same. */
function prioritized(
  pods: readonly KubeObject[],
  exemptions: Exemptions | undefined,
): KubeObject[] {
  const seen = new Set<string>();
  const [first, rest]: [KubeObject[], KubeObject[]] = [[], []];
  for (const pod of pods) {
    if (exemptions?.runtimeClasses.includes(pod.spec?.runtimeClassName ?? '') === true) continue;
    const owner = pod.metadata.ownerReferences?.find(({ controller }) => controller === true);
    (owner !== undefined && seen.has(owner.uid) ? rest : first).push(pod);
    if (owner !== undefined) seen.add(owner.uid);
  }
  return [...first, ...rest];
}

function countedPods(names: readonly string[]): string {
  const [first = ''] = names.toSorted();
  const others = names.length - 1;
  if (others === 0) return first;
  return `${first} (and ${others} other ${others === 1 ? 'pod' : 'pods'})`;
}
