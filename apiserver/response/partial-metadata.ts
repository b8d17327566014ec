import type { KubeObject, ObjectMeta } from '../../object/object.ts';
import { builtInSchema } from '../../schema/built-in.ts';
import { inFieldOrder } from '../../schema/field-order.ts';
import type { Resource } from '../apis/resource.ts';

/** meta.k8s.io PartialObjectMetadata: an object without spec and status. */
export function partialMetadata(
  { custom }: Resource,
  { metadata }: KubeObject,
  version: string,
): KubeObject {
  return {
    kind: 'PartialObjectMetadata',
    apiVersion: `meta.k8s.io/${version}`,
    metadata: custom === undefined ? metadata : typed(metadata),
  };
}

/** Custom objects have it by name, this type as those of all kinds. */
function typed(metadata: ObjectMeta): ObjectMeta {
  return inFieldOrder(metadata, builtInSchema('io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta'));
}
