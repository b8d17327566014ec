import type { KubeObject, OwnerReference } from '../../object/object.ts';
import type { DeleteQuery } from '../../reconciler/cluster.ts';
import { foreground, orphan } from './owner-graph.ts';

/** What is true of an owner: it lives, it is gone, or it is being deleted and waits for us. */
export type OwnerState = 'solid' | 'dangling' | 'waiting';

export type Verdict =
  | { kind: 'keep' }
  /** Owners that are gone or waiting are struck from the object; others still hold it. */
  | { kind: 'strike'; owners: OwnerReference[] }
  | { kind: 'delete'; policy: NonNullable<DeleteQuery['propagationPolicy']>; unblock: boolean };

/** Pure: from the states of all owners (pkg/controller/garbagecollector attemptToDeleteItem). */
export function verdict(
  object: KubeObject,
  states: readonly { owner: OwnerReference; state: OwnerState }[],
  /** Has dependents of its own. */
  hasDependents: boolean,
): Verdict {
  if (states.length === 0) return { kind: 'keep' };
  const gone = states.filter((s) => s.state === 'dangling');
  const waiting = states.filter((s) => s.state === 'waiting');
  if (states.some((s) => s.state === 'solid')) {
    const owners = [...gone, ...waiting].map((s) => s.owner);
    return owners.length === 0 ? { kind: 'keep' } : { kind: 'strike', owners };
  }
  if (waiting.length > 0 && hasDependents) {
    return { kind: 'delete', policy: 'Foreground', unblock: true };
  }
  const finalizers = object.metadata.finalizers ?? [];
  const policy = finalizers.includes(orphan)
    ? 'Orphan'
    : finalizers.includes(foreground)
      ? 'Foreground'
      : 'Background';
  return { kind: 'delete', policy, unblock: false };
}
