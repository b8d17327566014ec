import type { AdmissionRequest } from '../plugin.ts';
import { refused } from '../refusal.ts';

/** Objects that carry their node's name: a kubelet writes those that carry its own. */

export function checkLease(node: string, request: AdmissionRequest): void {
  if (request.namespace !== 'kube-node-lease') {
    throw refused(request, 'can only access leases in the "kube-node-lease" system namespace');
  }
  const name = request.operation === 'CREATE' ? request.object?.metadata.name : request.name;
  if (name !== node) {
    throw refused(request, 'can only access node lease with the same name as the requesting node');
  }
}

export function checkCsiNode(node: string, request: AdmissionRequest): void {
  const name = request.operation === 'CREATE' ? request.object?.metadata.name : request.name;
  if (name !== node) {
    throw refused(request, 'can only access CSINode with the same name as the requesting node');
  }
}

export function checkSlice(node: string, request: AdmissionRequest): void {
  if (request.operation === 'CREATE' && request.object?.spec?.nodeName !== node) {
    throw refused(
      request,
      'can only create ResourceSlice with the same NodeName as the requesting node',
    );
  }
  if (request.operation === 'DELETE' && request.oldObject?.spec?.nodeName !== node) {
    throw refused(
      request,
      'can only delete ResourceSlice with the same NodeName as the requesting node',
    );
  }
}
