import { deepEqual } from '../../object/equal.ts';
import type { KubeObject } from '../../object/object.ts';
import type { RequestContext } from '../context.ts';

/**
 * Owners named twice in all fields are kept once, with a warning (endpoints/handlers/rest.go). A
 * create and an update look before and after mutating admission, a patch only after.
 */
export function dedupOwnerReferences(
  context: RequestContext,
  object: KubeObject,
  afterMutation: boolean,
): void {
  const owners = object.metadata.ownerReferences;
  if (owners === undefined || owners.length < 2) return;
  const kept = owners.filter(
    (owner, i) => !owners.slice(0, i).some((other) => deepEqual(owner, other)),
  );
  if (kept.length === owners.length) return;
  const duplicates = owners
    .filter((owner, i) => owners.slice(0, i).some((other) => deepEqual(owner, other)))
    .map(({ uid }) => uid);
  object.metadata.ownerReferences = kept;
  const when = afterMutation ? ' after mutating admission happens' : '';
  context.warnings.push(
    `.metadata.ownerReferences contains duplicate entries${when}; API server dedups owner references in 1.20+, and may reject such requests as early as 1.24; please fix your requests; duplicate UID(s) observed: ${duplicates.join(', ')}`,
  );
}
