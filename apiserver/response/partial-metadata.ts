import type { KubeObject } from '../../object/object.ts';

/** meta.k8s.io PartialObjectMetadata: an object without spec and status. */
export function partialMetadata(object: KubeObject, version: string): KubeObject {
  return {
    kind: 'PartialObjectMetadata',
    apiVersion: `meta.k8s.io/${version}`,
    metadata: object.metadata,
  };
}
