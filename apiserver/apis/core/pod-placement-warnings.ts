import { labelValueErrors } from '../../../object/name.ts';
import type { Plain } from '../plain.ts';

/** Labels of nodes that have newer names, and selectors that select nothing (pkg/api/node/util.go). */

const beta = (since: string, name: string) => `deprecated since ${since}; use "${name}" instead`;

const deprecatedLabels: Record<string, string> = {
  'beta.kubernetes.io/arch': beta('v1.14', 'kubernetes.io/arch'),
  'beta.kubernetes.io/os': beta('v1.14', 'kubernetes.io/os'),
  'failure-domain.beta.kubernetes.io/region': beta('v1.17', 'topology.kubernetes.io/region'),
  'failure-domain.beta.kubernetes.io/zone': beta('v1.17', 'topology.kubernetes.io/zone'),
  'beta.kubernetes.io/instance-type': beta('v1.17', 'node.kubernetes.io/instance-type'),
  'app.kubernetes.io/created-by': 'deprecated since v1.9',
  'scheduler.alpha.kubernetes.io/preferAvoidPods':
    'deprecated since v1.22; use Taints and Tolerations instead',
  'node-role.kubernetes.io/master': 'use "node-role.kubernetes.io/control-plane" instead',
};

const hard = 'requiredDuringSchedulingIgnoredDuringExecution';
const soft = 'preferredDuringSchedulingIgnoredDuringExecution';

export function placementWarnings(spec: Plain, path: string): string[] {
  const warnings: string[] = [];
  for (const key of Object.keys(spec.nodeSelector ?? {})) {
    const text = deprecatedLabels[key];
    if (text !== undefined) warnings.push(`${path}.nodeSelector[${key}]: ${text}`);
  }
  const node: Plain = spec.affinity?.nodeAffinity ?? {};
  const at = `${path}.affinity.nodeAffinity`;
  warnings.push(...nodeSelectorWarnings(node[hard], `${at}.${hard}`));
  for (const [i, { preference = {} }] of (node[soft] ?? []).entries()) {
    warnings.push(...termWarnings(preference, `${at}.${soft}[${i}].preference`, true));
  }
  for (const [i, constraint] of (spec.topologySpreadConstraints ?? []).entries()) {
    const own = `${path}.topologySpreadConstraints[${i}]`;
    const key: string = constraint.topologyKey ?? '';
    const text = deprecatedLabels[key];
    if (text !== undefined) warnings.push(`${own}.topologyKey: ${key} is ${text}`);
    if (constraint.labelSelector == null) warnings.push(matchesNothing(own));
  }
  return warnings;
}

/** Of labels that a node must have. */
export function nodeLabelWarnings(labels: Plain | undefined, path: string): string[] {
  return Object.keys(labels ?? {}).flatMap((key) => labelWarning(key, path));
}

/** Of a name of a label that stands at `path`; `shown` is said before what is wrong with it. */
export function labelWarning(key: string, path: string, shown = ''): string[] {
  const text = deprecatedLabels[key];
  return text === undefined ? [] : [`${path}: ${shown}${text}`];
}

/** Of a selector of labels that nodes have. */
export function nodeTopologyWarnings(selector: Plain | undefined | null, path: string): string[] {
  const keys = Object.keys(selector?.matchLabels ?? {});
  return [
    ...(selector?.matchExpressions ?? []).flatMap(({ key = '' }: Plain, i: number) =>
      labelWarning(key, `${path}.matchExpressions[${i}].key`, `${key} is `),
    ),
    ...keys.flatMap((key) => labelWarning(key, `${path}.matchLabels.${key}`)),
  ];
}

/** Of a required selector, in a pod or in a PersistentVolume. */
export function nodeSelectorWarnings(selector: Plain | undefined, path: string): string[] {
  const terms: Plain[] = selector?.nodeSelectorTerms ?? [];
  return terms.flatMap((term, i) => termWarnings(term, `${path}.nodeSelectorTerms[${i}]`, false));
}

/** `values`: whether they have not been validated. */
function termWarnings(term: Plain, path: string, values: boolean): string[] {
  const warnings: string[] = [];
  for (const [i, rule] of (term.matchExpressions ?? []).entries()) {
    const at = `${path}.matchExpressions[${i}]`;
    const text = deprecatedLabels[rule.key ?? ''];
    if (text !== undefined) warnings.push(`${at}.key: ${rule.key} is ${text}`);
    for (const [j, value] of (values ? (rule.values ?? []) : []).entries()) {
      for (const message of labelValueErrors(value)) {
        warnings.push(`${at}.values[${j}]: ${value} is invalid, ${message}`);
      }
    }
  }
  return warnings;
}

function matchesNothing(path: string): string {
  return `${path}.labelSelector: a null labelSelector results in matching no pod`;
}

export function affinityWarnings(spec: Plain, path: string): string[] {
  const warnings: string[] = [];
  for (const kind of ['podAffinity', 'podAntiAffinity']) {
    const affinity: Plain = spec.affinity?.[kind] ?? {};
    for (const [i, term] of (affinity[hard] ?? []).entries()) {
      if (term.labelSelector == null)
        warnings.push(matchesNothing(`${path}.${kind}.${hard}[${i}]`));
    }
    for (const [i, { podAffinityTerm: term }] of (affinity[soft] ?? []).entries()) {
      if (term?.labelSelector != null) continue;
      warnings.push(matchesNothing(`${path}.${kind}.${soft}[${i}].podAffinityTerm`));
    }
  }
  return warnings;
}
