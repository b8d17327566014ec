import type { KubeObject } from '../../../object/object.ts';
import type { Plain } from '../plain.ts';
import { mirrorAnnotation } from './pod-annotations-validation.ts';

/** What the subresources that change one part of a pod have in common (pod strategy). */

export function isStatic({ metadata }: KubeObject): boolean {
  return metadata.annotations?.[mirrorAnnotation] !== undefined;
}

/** Everything but `spec` as it was. */
export function keepAllBut(next: KubeObject, old: KubeObject, spec: Plain): void {
  next.spec = spec;
  if (old.status === undefined) delete next.status;
  else next.status = old.status;
  const { metadata } = next;
  for (const field of [
    'finalizers',
    'ownerReferences',
    'deletionTimestamp',
    'labels',
    'annotations',
  ] as const) {
    if (old.metadata[field] === undefined) delete metadata[field];
    else Object.assign(metadata, { [field]: old.metadata[field] });
  }
}
