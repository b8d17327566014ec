import { semanticEqual } from '../../../object/equal.ts';
import type { KubeObject } from '../../../object/object.ts';
import { internalDiff } from '../../apis/internal-form.ts';
import type { AdmissionRequest } from '../plugin.ts';
import { refused } from '../refusal.ts';

/** What a kubelet may write of a claim: how far an expansion has come. */
export function checkClaim(node: string, request: AdmissionRequest): void {
  const { object, oldObject, operation, subresource } = request;
  if (subresource !== 'status') throw refused(request, 'may only update PVC status');
  if (operation !== 'UPDATE') {
    throw refused(request, `unexpected operation ${JSON.stringify(operation)}`);
  }
  const [before, after] = [compared(oldObject), compared(object)];
  if (semanticEqual(before, after)) return;
  const difference = internalDiff('PersistentVolumeClaim', before, after);
  throw refused(
    request,
    `node ${JSON.stringify(node)} is not allowed to update fields other than status.quantity and status.conditions: ${difference}`,
  );
}

/** Without what may change, and without the version that a write need not say. */
function compared(claim: KubeObject | undefined) {
  const {
    capacity: _capacity,
    conditions: _conditions,
    allocatedResourceStatuses: _statuses,
    allocatedResources: _resources,
    ...status
  } = claim?.status ?? {};
  const { managedFields: _fields, resourceVersion: _version, ...metadata } = claim?.metadata ?? {};
  return { metadata, spec: claim?.spec, status };
}
