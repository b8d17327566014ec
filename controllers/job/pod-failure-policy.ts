import type { KubeObject } from '../../object/object.ts';
import { conditionOf } from '../pod.ts';

/** spec.podFailurePolicy (KEP-3329): what the first matching rule says of a failed pod; pure. */
export type FailureAction = 'FailJob' | 'FailIndex' | 'Ignore' | 'Count';

interface Rule {
  action: FailureAction;
  onExitCodes?: { containerName?: string; operator: 'In' | 'NotIn'; values: number[] };
  onPodConditions?: { type: string; status?: string }[];
}

export function failureAction(
  job: KubeObject,
  pod: KubeObject,
): { action: FailureAction; message: string } {
  const rules: Rule[] = job.spec.podFailurePolicy?.rules ?? [];
  for (const [i, rule] of rules.entries()) {
    const why = matchExitCodes(rule, pod) ?? matchConditions(rule, pod);
    if (why === undefined) continue;
    const { namespace, name } = pod.metadata;
    return {
      action: rule.action,
      message: `${why.replace('{pod}', `${namespace}/${name}`)} matching ${rule.action} rule at index ${i}`,
    };
  }
  return { action: 'Count', message: '' };
}

function matchExitCodes({ onExitCodes }: Rule, pod: KubeObject): string | undefined {
  if (onExitCodes == null) return undefined;
  const statuses: { name: string; state?: { terminated?: { exitCode: number } } }[] = [
    ...(pod.status?.containerStatuses ?? []),
    ...(pod.status?.initContainerStatuses ?? []),
  ];
  for (const { name, state } of statuses) {
    const code = state?.terminated?.exitCode;
    if (code === undefined || code === 0) continue;
    const wanted = onExitCodes.containerName;
    if (wanted != null && wanted !== name) continue;
    if (onExitCodes.values.includes(code) === (onExitCodes.operator === 'In')) {
      return `Container ${name} for pod {pod} failed with exit code ${code}`;
    }
  }
  return undefined;
}

function matchConditions({ onPodConditions }: Rule, pod: KubeObject): string | undefined {
  for (const { type, status = 'True' } of onPodConditions ?? []) {
    if (conditionOf(pod, type)?.status === status) return `Pod {pod} has condition ${type}`;
  }
  return undefined;
}
