import type { StatusCause } from '../../../object/status-error.ts';
import { fieldInvalid } from '../../../object/field-error.ts';
import { checksOf } from './checks.ts';
import type { PodTemplate } from './pod.ts';

/** Levels, and a namespace's labels that choose them. Source: k8s.io/pod-security-admission api, policy. */

export type Level = 'privileged' | 'baseline' | 'restricted';

export interface LevelVersion {
  level: Level;
  /** `latest` or `v1.36`. */
  version: string;
}

export interface NamespacePolicy {
  enforce: LevelVersion;
  audit: LevelVersion;
  warn: LevelVersion;
}

export const levels: readonly string[] = ['privileged', 'baseline', 'restricted'];
export const versionPattern = /^(latest|v1\.(0|[1-9]\d*))$/;
export const labelPrefix = 'pod-security.kubernetes.io/';

export const noRestrictions: NamespacePolicy = {
  enforce: { level: 'privileged', version: 'latest' },
  audit: { level: 'privileged', version: 'latest' },
  warn: { level: 'privileged', version: 'latest' },
};

export function shown({ level, version }: LevelVersion): string {
  return `${level}:${version}`;
}

/** A level that cannot be read counts as restricted where it is enforced, and for nothing where it tells. */
export function policyOf(
  labels: Readonly<Record<string, string>> = {},
  defaults: NamespacePolicy = noRestrictions,
): { policy: NamespacePolicy; faults: StatusCause[] } {
  const faults: StatusCause[] = [];
  const fault = (label: string, detail: string) => {
    faults.push(fieldInvalid(`metadata.labels[${label}]`, labels[label] ?? '', detail));
  };
  const read = (mode: keyof NamespacePolicy): LevelVersion => {
    const result = { ...defaults[mode] };
    const label = labelPrefix + mode;
    const { [label]: level, [`${label}-version`]: version } = labels;
    if (level !== undefined && levels.includes(level)) result.level = level as Level;
    else if (level !== undefined) {
      result.level = mode === 'enforce' ? 'restricted' : 'privileged';
      fault(label, `must be one of ${levels.join(', ')}`);
    }
    if (version !== undefined && versionPattern.test(version)) result.version = version;
    else if (version !== undefined) {
      result.version = 'latest';
      fault(`${label}-version`, 'must be "latest" or "v1.x"');
    }
    return result;
  };
  const policy = { enforce: read('enforce'), audit: read('audit'), warn: read('warn') };
  const { enforce, warn } = policy;
  // Who is held to a level is also told of it.
  const chosen = labels[`${labelPrefix}enforce`] !== undefined;
  if (chosen && labels[`${labelPrefix}warn`] === undefined && isStricter(enforce, warn)) {
    warn.level = enforce.level;
    if (labels[`${labelPrefix}warn-version`] === undefined) warn.version = enforce.version;
  }
  return { policy, faults };
}

export function isStricter(a: LevelVersion, b: LevelVersion): boolean {
  return levels.indexOf(a.level) > levels.indexOf(b.level);
}

/** `privileged (container "a" must not …), host namespaces (hostPID=true)`; undefined when all is well. */
export function violations({ level, version }: LevelVersion, pod: PodTemplate): string | undefined {
  const found = checksOf(level, version).flatMap((check) => check(pod) ?? []);
  if (found.length === 0) return undefined;
  return found.map(({ reason, detail }) => `${reason} (${detail})`).join(', ');
}

/** Reasons alone, for lists of many pods. */
export function violationReasons(
  { level, version }: LevelVersion,
  pod: PodTemplate,
): string | undefined {
  const found = checksOf(level, version).flatMap((check) => check(pod) ?? []);
  return found.length === 0 ? undefined : found.map(({ reason }) => reason).join(', ');
}
