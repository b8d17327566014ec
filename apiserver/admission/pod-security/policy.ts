import { baselineChecks, type Check } from './baseline.ts';
import type { PodTemplate } from './pod.ts';
import { restrictedChecks } from './restricted.ts';

/** Levels, and a namespace's labels that choose them. Source: k8s.io/pod-security-admission api, policy. */

export type Level = 'privileged' | 'baseline' | 'restricted';

export interface LevelVersion {
  level: Level;
  /** `latest` or `v1.36`. Every version is judged by the checks of v1.36. */
  version: string;
}

export interface NamespacePolicy {
  enforce: LevelVersion;
  audit: LevelVersion;
  warn: LevelVersion;
}

export interface LabelFault {
  label: string;
  value: string;
  detail: string;
}

export const levels: readonly string[] = ['privileged', 'baseline', 'restricted'];
export const versionPattern = /^(latest|v1\.(0|[1-9]\d*))$/;
export const labelPrefix = 'pod-security.kubernetes.io/';

const checks: Record<Level, readonly Check[]> = {
  privileged: [],
  baseline: baselineChecks,
  restricted: restrictedChecks,
};

export const noRestrictions: NamespacePolicy = {
  enforce: { level: 'privileged', version: 'latest' },
  audit: { level: 'privileged', version: 'latest' },
  warn: { level: 'privileged', version: 'latest' },
};

export function shown({ level, version }: LevelVersion): string {
  return `${level}:${version}`;
}

/** A level that cannot be read counts as restricted where it only tells, and is a fault in any case. */
export function policyOf(
  labels: Readonly<Record<string, string>> | undefined,
  defaults: NamespacePolicy = noRestrictions,
): { policy: NamespacePolicy; faults: LabelFault[] } {
  const faults: LabelFault[] = [];
  const read = (mode: keyof NamespacePolicy, fallback: LevelVersion): LevelVersion => {
    const level = labels?.[labelPrefix + mode];
    const version = labels?.[`${labelPrefix}${mode}-version`];
    const result = { ...fallback };
    if (level !== undefined) {
      if (levels.includes(level)) result.level = level as Level;
      else {
        result.level = 'restricted';
        faults.push({
          label: labelPrefix + mode,
          value: level,
          detail: `must be one of ${levels.join(', ')}`,
        });
      }
    }
    if (version !== undefined) {
      if (versionPattern.test(version)) result.version = version;
      else {
        result.version = 'latest';
        faults.push({
          label: `${labelPrefix}${mode}-version`,
          value: version,
          detail: 'must be "latest" or "v1.x"',
        });
      }
    }
    return result;
  };
  const enforce = read('enforce', defaults.enforce);
  const audit = read('audit', defaults.audit);
  // Who is held to a level is also told of it.
  const explicitWarn = labels?.[`${labelPrefix}warn`] !== undefined;
  const warn =
    explicitWarn || !stricter(enforce.level, defaults.warn.level)
      ? read('warn', defaults.warn)
      : enforce;
  return { policy: { enforce, audit, warn }, faults };
}

function stricter(a: Level, b: Level): boolean {
  return levels.indexOf(a) > levels.indexOf(b);
}

/** `privileged (container "a" must not …), host namespaces (hostPID=true)`; undefined when all is well. */
export function violations({ level }: LevelVersion, pod: PodTemplate): string | undefined {
  const found = checks[level].flatMap((check) => check(pod) ?? []);
  if (found.length === 0) return undefined;
  return found.map(({ reason, detail }) => `${reason} (${detail})`).join(', ');
}

/** Reasons alone, for lists of many pods. */
export function violationReasons({ level }: LevelVersion, pod: PodTemplate): string | undefined {
  const found = checks[level].flatMap((check) => check(pod) ?? []);
  return found.length === 0 ? undefined : found.map(({ reason }) => reason).join(', ');
}
