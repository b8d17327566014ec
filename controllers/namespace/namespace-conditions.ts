import { timestamp } from '../../object/object.ts';
import { type Condition, setCondition } from '../pod.ts';

/** What is left of a namespace's content after one pass of deletion. */
export interface Remaining {
  /** `pods.` or `deployments.apps` to number of objects. */
  resources: Map<string, number>;
  /** Finalizer to number of objects. */
  finalizers: Map<string, number>;
  failedGroups: string[];
  errors: string[];
}

const byName = ([a]: [string, number], [b]: [string, number]): number =>
  a < b ? -1 : Number(a > b);

/** The five conditions of a terminating namespace, in upstream's words. Pure. */
export function namespaceConditions(
  before: readonly Condition[] | undefined,
  remaining: Remaining,
  now: Date,
): readonly Condition[] {
  const { resources, finalizers, failedGroups, errors } = remaining;
  const counts = [...resources]
    .sort(byName)
    .map(([name, n]) => `${name} has ${n} resource instances`);
  const left = [...finalizers]
    .sort(byName)
    .map(([name, n]) => `${name} in ${n} resource instances`);
  const wanted: Omit<Condition, 'lastTransitionTime'>[] = [
    either(
      'NamespaceDeletionDiscoveryFailure',
      failedGroups.length > 0 &&
        `Discovery failed for some groups, ${failedGroups.length} failing: unable to retrieve the complete list of server APIs: ${failedGroups.join(', ')}`,
      ['DiscoveryFailed', 'ResourcesDiscovered', 'All resources successfully discovered'],
    ),
    either('NamespaceDeletionGroupVersionParsingFailure', false, [
      'GroupVersionParsingFailed',
      'ParsedGroupVersions',
      'All legacy kube types successfully parsed',
    ]),
    either(
      'NamespaceDeletionContentFailure',
      errors.length > 0 &&
        `Failed to delete all resource types, ${errors.length} remaining: ${errors.join(', ')}`,
      [
        'ContentDeletionFailed',
        'ContentDeleted',
        'All content successfully deleted, may be waiting on finalization',
      ],
    ),
    either(
      'NamespaceContentRemaining',
      counts.length > 0 && `Some resources are remaining: ${counts.join(', ')}`,
      ['SomeResourcesRemain', 'ContentRemoved', 'All content successfully removed'],
    ),
    either(
      'NamespaceFinalizersRemaining',
      left.length > 0 &&
        `Some content in the namespace has finalizers remaining: ${left.join(', ')}`,
      [
        'SomeFinalizersRemain',
        'ContentHasNoFinalizers',
        'All content-preserving finalizers finished',
      ],
    ),
  ];
  return wanted.reduce<readonly Condition[]>(
    (conditions, next) => setCondition(conditions, next, timestamp(now)),
    before ?? [],
  );
}

function either(
  type: string,
  problem: string | false,
  [bad, good, fine]: [string, string, string],
): Condition {
  return problem === false
    ? { type, status: 'False', reason: good, message: fine }
    : { type, status: 'True', reason: bad, message: problem };
}
