import type { ControlPlane } from '../../../crds/control-plane.ts';
import { apiVersionOf, type KubeObject, type ObjectMeta } from '../../../object/object.ts';
import { type Component, type ChildKind, kinds, labelsOf, type Names, ownerOf } from '../names.ts';

/** Metadata of a child: label, owner, name. */
export function childMetadata(
  controlPlane: ControlPlane,
  names: Names,
  name: string,
  component?: Component,
): ObjectMeta {
  return {
    name,
    namespace: names.namespace,
    labels: labelsOf(names, component),
    ownerReferences: [ownerOf(controlPlane)],
  };
}

export function child(kind: ChildKind, metadata: ObjectMeta, body: object): KubeObject {
  const ref = kinds[kind];
  return { apiVersion: apiVersionOf(ref), kind: ref.kind, metadata, ...body };
}
