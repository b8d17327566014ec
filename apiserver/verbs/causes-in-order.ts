import type { KubeObject } from '../../object/object.ts';
import type { StatusCause } from '../../object/status-error.ts';
import { inFieldOrder } from '../../schema/field-order.ts';
import type { Resource } from '../apis/resource.ts';

/**
 * What `judge` finds wrong with an object. Causes show values as Go's encoder writes them, in the
 * order of their types: only what is refused is brought into it, and judged once more.
 */
export function causesInOrder(
  resource: Resource,
  object: KubeObject,
  judge: (object: KubeObject) => StatusCause[],
): StatusCause[] {
  const causes = judge(object);
  if (causes.length === 0 || resource.custom !== undefined) return causes;
  const inOrder = inFieldOrder(object, resource.schema);
  return inOrder === object ? causes : judge(inOrder);
}
