import type { KubeObject } from '../../object/object.ts';
import type { Children } from './children.ts';
import type { ChildKind } from './names.ts';

/**
 * Taking a control plane down, in the reverse of the order in which it came up: API servers end while
 * etcd still answers them, disks go after whoever uses them. Workloads are deleted in the foreground,
 * so that nothing makes a pod again meanwhile. Nothing that fails can hold the finalizer for longer
 * than {@link patienceMs}: a namespace must always be able to end.
 */

export const patienceMs = 5 * 60_000;

/** Disks have no owner, and pods may have lost theirs: owner references would leave them. */
const order: ChildKind[][] = [['deployment'], ['statefulSet'], ['pod'], ['claim', 'service']];

/** Deleted in the foreground: while they show, what they made is still there. */
const makers: ReadonlySet<ChildKind> = new Set(['deployment', 'statefulSet']);

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
  const since = deletionTimestamp == null ? 0 : now.getTime() - Date.parse(deletionTimestamp);
  const overdue = since > patienceMs;
  const failures: string[] = [];
  for (const stage of order) {
    failures.push(...(await removeAll(stage, children, namespace, name)));
    if (remaining([stage], children, namespace, name).length > 0 && !overdue) break;
  }
  const left = remaining(order, children, namespace, name);
  if (left.length === 0) return { finished: true, left: [] };
  return { finished: overdue, left: [...left, ...failures] };
}

/** Asks for the deletion of what is not yet on its way out; gives what was refused. */
async function removeAll(
  stage: readonly ChildKind[],
  children: Children,
  namespace: string,
  name: string,
): Promise<string[]> {
  const found = children.of(namespace, name);
  const removals = stage.flatMap((kind) =>
    [...found[kind].values()]
      .filter(({ metadata }) => metadata.deletionTimestamp == null)
      .map(({ metadata }) =>
        children.remove(kind, metadata, makers.has(kind) ? 'Foreground' : 'Background'),
      ),
  );
  const results = await Promise.allSettled(removals);
  return results.flatMap((result) => (result.status === 'rejected' ? [String(result.reason)] : []));
}

function remaining(
  stages: readonly ChildKind[][],
  children: Children,
  namespace: string,
  name: string,
): string[] {
  const found = children.of(namespace, name);
  return stages
    .flat()
    .flatMap((kind) =>
      [...found[kind].values()].map((child) => `${child.kind} ${child.metadata.name}`),
    );
}
