import type { KubeObject } from '../../../object/object.ts';
import { heldTemplateWarnings } from '../core/held-pod-template.ts';
import type { Plain } from '../plain.ts';

/** pkg/api/job/warnings.go; `spec` is the Job's, at `path`. */
export function jobWarnings(
  object: KubeObject,
  old: KubeObject | undefined,
  spec: Plain,
  path: string,
): string[] {
  if (old !== undefined && old.metadata.generation === object.metadata.generation) return [];
  const huge = spec.completions > 100_000 && spec.parallelism > 10_000;
  const text =
    'In Indexed Jobs with a number of completions higher than 10^5 and a parallelism higher than 10^4, Kubernetes might not be able to track completedIndexes when a big number of indexes fail';
  return [
    ...(spec.completionMode === 'Indexed' && huge ? [`${path}: ${text}`] : []),
    ...heldTemplateWarnings(object, old, `${path}.template`),
  ];
}
