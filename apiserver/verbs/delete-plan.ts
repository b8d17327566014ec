import { type KubeObject, timestamp } from '../../object/object.ts';
import type { Resource } from '../apis/resource.ts';
import type { DeleteOptions } from './delete-options.ts';

/**
 * What a delete does to an object: goes it at once, or is it marked and waits for its grace period
 * or its finalizers? Source: rest.BeforeDelete and registry/generic/registry/store.go.
 */
interface Plan {
  immediate: boolean;
  /** The stored object has to be marked (again). */
  changes: boolean;
}

export function planDelete(resource: Resource, object: KubeObject, options: DeleteOptions): Plan {
  const { metadata } = object;
  const grace = graceOf(resource, object, options);
  if (grace === 'pending') return pending;
  const finalizers = wantedFinalizers(resource, object, options);
  if (grace === undefined) {
    if (finalizers.length === 0) return { immediate: true, changes: false };
    // a definition is marked without a grace period by the first delete, and has one from the second on
    const marked =
      metadata.deletionTimestamp != null && metadata.deletionGracePeriodSeconds != null;
    return {
      immediate: false,
      changes: !marked || !sameList(finalizers, metadata.finalizers ?? []),
    };
  }
  // Without grace too, whoever watches is told of the end before it comes.
  return { immediate: false, changes: true };
}

/** Its grace period runs. */
export const pending: Plan = { immediate: false, changes: false };

/** Something of the kind's own keeps the object: it is marked and stays. */
export const holding: Plan = { immediate: false, changes: true };

function sameList(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((value, index) => value === b[index]);
}

/**
 * The seconds that the object still gets; undefined when its kind gives none, or when it has had
 * them; 'pending' when it is on its way out and nobody asks for sooner (rest.BeforeDelete).
 */
function graceOf(
  resource: Resource,
  object: KubeObject,
  options: DeleteOptions,
): number | 'pending' | undefined {
  if (resource.gracePeriodSeconds === undefined) return undefined;
  const asked = options.gracePeriodSeconds;
  const { deletionTimestamp, deletionGracePeriodSeconds: left } = object.metadata;
  if (deletionTimestamp == null) return resource.gracePeriodSeconds(object, asked);
  if (!left) return undefined;
  if (asked === undefined) return 'pending';
  const sooner = asked < 0 ? 1 : asked;
  return sooner < left ? sooner : 'pending';
}

/** The object as it waits to go. */
export function marked(
  resource: Resource,
  old: KubeObject,
  options: DeleteOptions,
  now: Date,
): KubeObject {
  const next = { ...old, metadata: { ...old.metadata } } as KubeObject;
  const { metadata } = next;
  const grace = graceOf(resource, old, options);
  if (grace === 'pending') return old;
  const finalizers = wantedFinalizers(resource, old, options);
  if (finalizers.length > 0) metadata.finalizers = finalizers;
  else delete metadata.finalizers;
  const seconds = grace ?? 0;
  if (metadata.deletionTimestamp == null) {
    metadata.deletionTimestamp = timestamp(new Date(now.getTime() + seconds * 1000));
    metadata.deletionGracePeriodSeconds = seconds;
    if (metadata.generation !== undefined && metadata.generation > 0) {
      metadata.generation = Number(metadata.generation) + 1;
    }
  } else if (grace !== undefined) {
    const asked = new Date(metadata.deletionTimestamp).getTime();
    const began = asked - Number(metadata.deletionGracePeriodSeconds ?? 0) * 1000;
    metadata.deletionTimestamp = timestamp(new Date(began + grace * 1000));
    metadata.deletionGracePeriodSeconds = grace;
  } else {
    metadata.deletionGracePeriodSeconds ??= 0;
  }
  return next;
}

/** In the order they have where they stay the same. */
function wantedFinalizers(
  resource: Resource,
  object: KubeObject,
  options: DeleteOptions,
): string[] {
  const now = object.metadata.finalizers ?? [];
  const wanted = finalizersFor(resource, object, options);
  const same = [...now, ...wanted].every((one) => now.includes(one) && wanted.includes(one));
  return same ? now : wanted;
}

/** orphan and foregroundDeletion follow the propagation policy; other finalizers stay. */
function finalizersFor(resource: Resource, object: KubeObject, options: DeleteOptions): string[] {
  const now = object.metadata.finalizers ?? [];
  const rest = now.filter((f) => f !== 'orphan' && f !== 'foregroundDeletion');
  if (resource.ignoresDependents === true) return rest;
  const policy = propagationOf(options);
  if (policy === undefined) {
    const said = now.includes('orphan') || now.includes('foregroundDeletion');
    return said || resource.orphansDependents === undefined ? now : [...now, 'orphan'];
  }
  if (policy === 'Orphan') return [...rest, 'orphan'];
  if (policy === 'Foreground') return [...rest, 'foregroundDeletion'];
  return rest;
}

export function propagationOf(options: DeleteOptions): DeleteOptions['propagationPolicy'] {
  const { propagationPolicy, orphanDependents } = options;
  if (propagationPolicy !== undefined || orphanDependents === undefined) return propagationPolicy;
  return orphanDependents ? 'Orphan' : 'Background';
}
