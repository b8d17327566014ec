import { type Level, levels, type NamespacePolicy, versionPattern } from './policy.ts';

/** PodSecurityConfiguration (pod-security.admission.config.k8s.io/v1): defaults and exemptions. */
export interface PodSecurityConfiguration {
  defaults: NamespacePolicy;
  exemptions: Exemptions;
}

/** Whose pods are not looked at. */
export interface Exemptions {
  usernames: readonly string[];
  namespaces: readonly string[];
  runtimeClasses: readonly string[];
}

const versions = ['v1', 'v1beta1', 'v1alpha1'].map(
  (version) => `pod-security.admission.config.k8s.io/${version}`,
);

/** Throws with the field and why. */
export function readPodSecurityConfiguration(content: unknown): PodSecurityConfiguration {
  const config = content as {
    apiVersion?: string;
    kind?: string;
    defaults?: Record<string, string>;
    exemptions?: Partial<Exemptions>;
  } | null;
  if (!versions.includes(config?.apiVersion ?? '') || config?.kind !== 'PodSecurityConfiguration') {
    throw new Error(
      `no kind ${JSON.stringify(config?.kind ?? '')} is registered for version ${JSON.stringify(config?.apiVersion ?? '')}: expected ${versions[0]} PodSecurityConfiguration`,
    );
  }
  const given = config.defaults ?? {};
  const read = (mode: string) => {
    const level = given[mode] ?? 'privileged';
    const version = given[`${mode}-version`] ?? 'latest';
    if (!levels.includes(level)) {
      throw new Error(
        `defaults.${mode}: Invalid value: ${JSON.stringify(level)}: must be one of ${levels.join(', ')}`,
      );
    }
    if (!versionPattern.test(version)) {
      throw new Error(
        `defaults.${mode}-version: Invalid value: ${JSON.stringify(version)}: must be "latest" or "v1.x"`,
      );
    }
    return { level: level as Level, version };
  };
  const { usernames = [], namespaces = [], runtimeClasses = [] } = config.exemptions ?? {};
  return {
    defaults: { enforce: read('enforce'), audit: read('audit'), warn: read('warn') },
    exemptions: { usernames, namespaces, runtimeClasses },
  };
}
