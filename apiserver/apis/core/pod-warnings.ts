import { dns1123LabelErrors } from '../../../object/name.ts';
import type { KubeObject } from '../../../object/object.ts';
import { ipWarnings } from '../ip-warnings.ts';
import type { Plain } from '../plain.ts';
import { fractionWarnings } from './fraction-warnings.ts';
import {
  seccompPodAnnotation,
  seccompPrefix,
  appArmorPrefix,
} from './pod-annotations-validation.ts';
import { appArmorWarnings } from './pod-apparmor.ts';
import { type ContainerAt, eachContainer } from './pod-containers.ts';
import { affinityWarnings, placementWarnings } from './pod-placement-warnings.ts';
import { portWarnings } from './pod-port-warnings.ts';
import { volumeWarnings } from './pod-volume-warnings.ts';

/** What is accepted and hardly meant (pkg/api/pod/warnings.go). */

export function newPodWarnings(pod: KubeObject): string[] {
  const { metadata, spec } = pod;
  const problems = dns1123LabelErrors(metadata.name ?? '');
  const name =
    "metadata.name: this is used in the Pod's hostname, which can result in surprising behavior; a DNS label is recommended: ";
  return [
    ...appArmorWarnings(pod),
    ...(problems.length === 0 ? [] : [`${name}[${problems.join(' ')}]`]),
    ...specWarnings(spec, metadata.annotations ?? {}, ''),
  ];
}

/** `path`: where the template is, `spec.template`. */
export function podTemplateWarnings(template: Plain | undefined, path: string): string[] {
  if (template === undefined) return [];
  return specWarnings(template.spec ?? {}, template.metadata?.annotations ?? {}, `${path}.`);
}

type Annotations = Readonly<Record<string, string>>;

const sysctls = 'non-functional in v1.11+; use the "sysctls" field instead';
const deprecatedAnnotations = {
  'scheduler.alpha.kubernetes.io/critical-pod':
    'non-functional in v1.16+; use the "priorityClassName" field instead',
  'security.alpha.kubernetes.io/sysctls': sysctls,
  'security.alpha.kubernetes.io/unsafe-sysctls': sysctls,
};

/** `prefix` is empty or ends with a dot. */
function specWarnings(spec: Plain, annotations: Annotations, prefix: string): string[] {
  const warnings = placementWarnings(spec, `${prefix}spec`);
  for (const [key, text] of Object.entries(deprecatedAnnotations)) {
    if (key in annotations) warnings.push(`${prefix}metadata.annotations[${key}]: ${text}`);
  }
  warnings.push(...volumeWarnings(spec, `${prefix}spec.volumes`));
  warnings.push(...duplicateWarnings(spec, `${prefix}spec`));
  for (const name of ['memory', 'ephemeral-storage']) {
    warnings.push(...fractionWarnings(spec.overhead?.[name], `${prefix}spec.overhead[${name}]`));
  }
  const seccomp = 'non-functional in v1.27+; use the "seccompProfile" field instead';
  if (spec.securityContext?.seccompProfile == null && seccompPodAnnotation in annotations) {
    warnings.push(`${prefix}metadata.annotations[${seccompPodAnnotation}]: ${seccomp}`);
  }
  for (const at of eachContainer(spec, `${prefix}spec`)) {
    warnings.push(...containerWarnings(at, spec, annotations, prefix));
  }
  warnings.push(...portWarnings(spec, `${prefix}spec`));
  if (spec.terminationGracePeriodSeconds < 0) {
    const text = 'must be >= 0; negative values are invalid and will be treated as 1';
    warnings.push(`${prefix}spec.terminationGracePeriodSeconds: ${text}`);
  }
  warnings.push(...affinityWarnings(spec, `${prefix}spec.affinity`));
  warnings.push(...addressWarnings(spec, `${prefix}spec`));
  return warnings;
}

function addressWarnings(spec: Plain, path: string): string[] {
  const servers: string[] = spec.dnsConfig?.nameservers ?? [];
  const aliases: Plain[] = spec.hostAliases ?? [];
  return [
    ...servers.flatMap((ip, i) => ipWarnings(ip, `${path}.dnsConfig.nameservers[${i}]`)),
    ...aliases.flatMap(({ ip = '' }, i) => ipWarnings(ip, `${path}.hostAliases[${i}].ip`)),
  ];
}

function duplicateWarnings(spec: Plain, path: string): string[] {
  const warnings: string[] = [];
  const check = (list: string, field: string): void => {
    const seen = new Set<string>();
    for (const [i, item] of (spec[list] ?? []).entries()) {
      const value: string = item[field] ?? '';
      if (seen.has(value)) {
        const shown = JSON.stringify(value);
        warnings.push(`${path}.${list}[${i}].${field}: duplicate ${field} ${shown}`);
      }
      seen.add(value);
    }
  };
  check('hostAliases', 'ip');
  check('imagePullSecrets', 'name');
  for (const [i, { name = '' }] of (spec.imagePullSecrets ?? []).entries()) {
    if (name === '') warnings.push(`${path}.imagePullSecrets[${i}].name: invalid empty name ""`);
  }
  return warnings;
}

function containerWarnings(
  { container, path }: ContainerAt,
  spec: Plain,
  annotations: Annotations,
  prefix: string,
): string[] {
  const warnings: string[] = [];
  const context: Plain = container.securityContext ?? {};
  const warn = (key: string, text: string): unknown =>
    key in annotations && warnings.push(`${prefix}metadata.annotations[${key}]: ${text}`);
  if (context.seccompProfile == null) {
    const text = 'non-functional in v1.27+; use the "seccompProfile" field instead';
    warn(seccompPrefix + container.name, text);
  }
  // For pods the strategy warns, which turns the annotation into the field.
  const isTemplate = prefix !== '';
  const profile = context.appArmorProfile ?? spec.securityContext?.appArmorProfile;
  if (isTemplate && profile == null) {
    const text = 'deprecated since v1.30; use the "appArmorProfile" field instead';
    warn(appArmorPrefix + container.name, text);
  }
  for (const name of ['memory', 'ephemeral-storage']) {
    for (const side of ['limits', 'requests']) {
      const amount = container.resources?.[side]?.[name];
      warnings.push(...fractionWarnings(amount, `${path}.resources.${side}[${name}]`));
    }
  }
  return [...warnings, ...environmentWarnings(container.env ?? [], `${path}.env`)];
}

/** A variable may build upon one of the same name before it, and not just hide it. */
function environmentWarnings(variables: Plain[], path: string): string[] {
  const warnings: string[] = [];
  const seen = new Set<string>();
  for (const [i, { name = '', value = '', valueFrom }] of variables.entries()) {
    const builds = valueFrom == null && value !== `$(${name})` && value.includes(`$(${name})`);
    if (seen.has(name) && !builds) {
      const text = `hides previous definition of ${JSON.stringify(name)}, which may be dropped when using apply`;
      warnings.push(`${path}[${i}]: ${text}`);
    }
    seen.add(name);
  }
  return warnings;
}
