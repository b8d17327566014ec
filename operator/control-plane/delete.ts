import type { KubeObject } from '../../object/object.ts';
import type { Children } from './children.ts';
import { type ChildKind, namesOf } from './names.ts';

/**
 * Taking a control plane down. Owner references would remove almost everything; disks have no owner
 * and go here, after whoever would make new ones. Nothing that fails can hold the finalizer for
 * longer than {@link patienceMs}: a namespace must always be able to end.
 */

export const patienceMs = 5 * 60_000;

const order: ChildKind[][] = [['statefulSet', 'deployment'], ['claim'], ['service', 'pod']];

export interface Teardown {
  /** Nothing that costs money is left, or patience is over. */
  finished: boolean;
  /** In words; empty when finished in order. */
  left: string[];
}

export async function tearDown(
  object: KubeObject,
  children: Children,
  now: Date,
): Promise<Teardown> {
  const { namespace = '', name = '', deletionTimestamp } = object.metadata;
  namesOf(namespace, name);
  const found = children.of(namespace, name);
  const failures: string[] = [];
  for (const kinds of order) {
    const doomed = kinds.flatMap((kind) =>
      [...found[kind].values()].map((child) => ({ kind, child })),
    );
    const results = await Promise.allSettled(
      doomed
        .filter(({ child }) => child.metadata.deletionTimestamp == null)
        .map(({ kind, child }) =>
          children.remove(kind, namespace, child.metadata.name ?? '', child.metadata.uid ?? ''),
        ),
    );
    for (const result of results)
      if (result.status === 'rejected') failures.push(String(result.reason));
  }
  const after = children.of(namespace, name);
  const left = order
    .flat()
    .flatMap((kind) =>
      [...after[kind].values()].map((child) => `${child.kind} ${child.metadata.name}`),
    );
  const since = deletionTimestamp == null ? 0 : now.getTime() - Date.parse(deletionTimestamp);
  if (left.length === 0) return { finished: true, left: [] };
  return { finished: since > patienceMs, left: [...left, ...failures] };
}
