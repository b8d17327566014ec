import { isDeepStrictEqual } from 'node:util';
import type { KubeObject } from '../../../object/object.ts';
import type { Lister } from '../../watch/view.ts';
import type { AdmissionPlugin, AdmissionRequest } from '../plugin.ts';
import { refused } from '../refusal.ts';
import { checkMirrorPod } from './mirror-pod.ts';
import { forbiddenLabels, type LabelWrite } from './node-labels.ts';
import { checkCsiNode, checkLease, checkSlice } from './node-owned.ts';

/**
 * A kubelet writes its own node, its own lease and its own pods, and nothing of others.
 * Source: plugin/pkg/admission/noderestriction.
 */
export interface NodeRestrictionOptions {
  nodes: Lister;
  pods: Lister;
  /** From the store itself: a pod may have been bound a moment ago. */
  readPod(namespace: string, name: string): Promise<KubeObject | undefined>;
  /** The node's name when the user is a kubelet; empty when it does not say which. */
  nodeNameOf(user: AdmissionRequest['user']): string | undefined;
}

type Check = (node: string, request: AdmissionRequest, options: NodeRestrictionOptions) => unknown;

const checks: Record<string, Check> = {
  '/pods': checkPod,
  '/nodes': checkNode,
  '/persistentvolumeclaims': checkClaim,
  '/serviceaccounts': checkToken,
  'coordination.k8s.io/leases': checkLease,
  'storage.k8s.io/csinodes': checkCsiNode,
  'resource.k8s.io/resourceslices': checkSlice,
};

export function makeNodeRestriction(options: NodeRestrictionOptions): AdmissionPlugin {
  return {
    name: 'NodeRestriction',
    async validate(request) {
      const node = options.nodeNameOf(request.user);
      if (node === undefined) return;
      if (node === '') {
        throw refused(
          request,
          `could not determine node from user ${JSON.stringify(request.user.name)}`,
        );
      }
      const { group, resource } = request.resource;
      await checks[`${group}/${resource}`]?.(node, request, options);
    },
  };
}

async function checkPod(
  node: string,
  request: AdmissionRequest,
  options: NodeRestrictionOptions,
): Promise<void> {
  switch (request.subresource) {
    case '':
      if (request.operation === 'CREATE') return checkMirrorPod(node, request, options.nodes);
      if (request.operation === 'DELETE') {
        const pod = await existingPod(request, options);
        if (pod !== undefined && pod.spec?.nodeName !== node) {
          throw refused(
            request,
            `node ${JSON.stringify(node)} can only delete pods with spec.nodeName set to itself`,
          );
        }
        return undefined;
      }
      throw refused(
        request,
        `unexpected operation ${JSON.stringify(request.operation)}, node ${JSON.stringify(node)} can only create and delete mirror pods`,
      );
    case 'status':
      return checkPodStatus(node, request);
    case 'eviction':
      return checkEviction(node, request, options);
    default:
      throw refused(
        request,
        `unexpected pod subresource ${JSON.stringify(request.subresource)}, only 'status' and 'eviction' are allowed`,
      );
  }
}

function checkPodStatus(node: string, request: AdmissionRequest): void {
  const { object, oldObject } = request;
  const title = JSON.stringify(node);
  if (request.operation !== 'UPDATE') {
    throw refused(request, `unexpected operation ${JSON.stringify(request.operation)}`);
  }
  if (oldObject?.spec?.nodeName !== node) {
    throw refused(
      request,
      `node ${title} can only update pod status for pods with spec.nodeName set to itself`,
    );
  }
  if (!isDeepStrictEqual(object?.metadata.labels ?? {}, oldObject?.metadata.labels ?? {})) {
    throw refused(request, `node ${title} cannot update labels through pod status`);
  }
  const claims = (pod: KubeObject | undefined) => pod?.status?.resourceClaimStatuses ?? [];
  if (!isDeepStrictEqual(claims(object), claims(oldObject))) {
    throw refused(request, `node ${title} cannot update resource claim statuses`);
  }
}

async function checkEviction(
  node: string,
  request: AdmissionRequest,
  options: NodeRestrictionOptions,
): Promise<void> {
  if (request.operation !== 'CREATE') {
    throw refused(request, `unexpected operation ${JSON.stringify(request.operation)}`);
  }
  const pod = await existingPod(request, options);
  if (pod !== undefined && pod.spec?.nodeName !== node) {
    throw refused(
      request,
      `node ${JSON.stringify(node)} can only evict pods with spec.nodeName set to itself`,
    );
  }
}

async function existingPod(request: AdmissionRequest, { pods, readPod }: NodeRestrictionOptions) {
  const name = request.name || (request.object?.metadata.name ?? '');
  return pods.get(request.namespace, name) ?? (await readPod(request.namespace, name));
}

function checkNode(node: string, request: AdmissionRequest): void {
  const title = JSON.stringify(node);
  const name = request.name || (request.object?.metadata.name ?? '');
  if (name !== node) {
    throw refused(request, `node ${title} is not allowed to modify node ${JSON.stringify(name)}`);
  }
  if (request.operation === 'CREATE') checkNewNode(title, request);
  else if (request.operation === 'UPDATE') checkChangedNode(title, request);
}

function checkNewNode(title: string, request: AdmissionRequest): void {
  const { object } = request;
  const labels = forbiddenLabels(object?.metadata.labels, undefined);
  if (labels.length > 0)
    throw refused(request, labelText(title, 'set the following labels', labels));
  if (configSourceOf(object) !== null) {
    throw refused(
      request,
      `node ${title} is not allowed to create pods with a non-nil configSource`,
    );
  }
  checkOwners(title, request, []);
}

function checkChangedNode(title: string, request: AdmissionRequest): void {
  const { object, oldObject } = request;
  const source = configSourceOf(object);
  if (source !== null && !isDeepStrictEqual(source, configSourceOf(oldObject))) {
    throw refused(
      request,
      `node ${title} is not allowed to update configSource to a new non-nil configSource`,
    );
  }
  if (!isDeepStrictEqual(object?.spec?.taints ?? [], oldObject?.spec?.taints ?? [])) {
    throw refused(request, `node ${title} is not allowed to modify taints`);
  }
  const labels = forbiddenLabels(object?.metadata.labels, oldObject?.metadata.labels);
  if (labels.length > 0) throw refused(request, labelText(title, 'modify labels', labels));
  checkOwners(title, request, oldObject?.metadata.ownerReferences ?? []);
}

function configSourceOf(node: KubeObject | undefined): unknown {
  return node?.spec?.configSource ?? null;
}

function labelText(title: string, what: LabelWrite, labels: readonly string[]): string {
  return `node ${title} is not allowed to ${what}: ${labels.toSorted().join(', ')}`;
}

function checkOwners(title: string, request: AdmissionRequest, before: readonly unknown[]): void {
  const owners = request.object?.metadata.ownerReferences ?? [];
  if (owners.length > 0 && !isDeepStrictEqual(owners, before)) {
    throw refused(request, `node ${title} is not allowed to modify ownerReferences`);
  }
}

/** Only to tell how far an expansion has come. */
function checkClaim(node: string, request: AdmissionRequest): void {
  const { object, oldObject, operation, subresource } = request;
  if (subresource !== 'status') {
    throw refused(
      request,
      `unexpected pvc subresource ${JSON.stringify(subresource)}, only 'status' is allowed`,
    );
  }
  if (operation !== 'UPDATE') {
    throw refused(request, `unexpected operation ${JSON.stringify(operation)}`);
  }
  const bare = (claim: KubeObject | undefined) => {
    const {
      capacity: _c,
      conditions: _d,
      allocatedResourceStatuses: _s,
      allocatedResources: _r,
      ...status
    } = claim?.status ?? {};
    const { managedFields: _m, resourceVersion: _v, ...metadata } = claim?.metadata ?? {};
    return { metadata, spec: claim?.spec, status };
  };
  if (!isDeepStrictEqual(bare(object), bare(oldObject))) {
    throw refused(
      request,
      `node ${JSON.stringify(node)} is not allowed to update fields other than status.quantity and status.conditions`,
    );
  }
}

/** Tokens only for pods that run here. */
async function checkToken(
  node: string,
  request: AdmissionRequest,
  options: NodeRestrictionOptions,
): Promise<void> {
  if (request.operation !== 'CREATE' || request.subresource !== 'token') return;
  const ref = request.object?.spec?.boundObjectRef;
  if (!ref || ref.apiVersion !== 'v1' || ref.kind !== 'Pod' || !ref.name) {
    throw refused(request, 'node requested token not bound to a pod');
  }
  if (!ref.uid) throw refused(request, 'node requested token with a pod binding without a uid');
  const { namespace } = request;
  const pod = options.pods.get(namespace, ref.name) ?? (await options.readPod(namespace, ref.name));
  if (pod === undefined) throw refused(request, `pods ${JSON.stringify(ref.name)} not found`);
  if (pod.metadata.uid !== ref.uid) {
    throw refused(
      request,
      `the UID in the bound object reference (${ref.uid}) does not match the UID in record. The object might have been deleted and then recreated`,
    );
  }
  if (pod.spec?.nodeName !== node) {
    throw refused(request, 'node requested token bound to a pod scheduled on a different node');
  }
}
