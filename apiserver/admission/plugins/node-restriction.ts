import { isDeepStrictEqual } from 'node:util';
import type { KubeObject } from '../../../object/object.ts';
import { notFound } from '../../../object/status-error.ts';
import type { Lister } from '../../watch/view.ts';
import type { AdmissionPlugin, AdmissionRequest } from '../plugin.ts';
import { refused } from '../refusal.ts';
import { checkClaim } from './node-claim.ts';
import { checkMirrorPod } from './mirror-pod.ts';
import { checkSigningRequest } from './node-signing-request.ts';
import { forbiddenLabels } from './node-labels.ts';
import { checkCsiNode, checkLease, checkSlice } from './node-owned.ts';
import { checkToken, type NodeTokenOptions } from './node-token.ts';

/**
 * A kubelet writes its own node, its own lease and its own pods, and nothing of others.
 * Source: plugin/pkg/admission/noderestriction.
 */
export interface NodeRestrictionOptions extends NodeTokenOptions {
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
  '/serviceaccounts': (node, request, options) =>
    checkToken(node, request, (name) => existingPod(request, name, options), options),
  'coordination.k8s.io/leases': checkLease,
  'storage.k8s.io/csinodes': checkCsiNode,
  'resource.k8s.io/resourceslices': checkSlice,
  'certificates.k8s.io/certificatesigningrequests': checkSigningRequest,
};

export function makeNodeRestriction(options: NodeRestrictionOptions): AdmissionPlugin {
  const judge = async (request: AdmissionRequest): Promise<void> => {
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
  };
  return {
    name: 'NodeRestriction',
    // a request for a token is judged as it was sent: its audiences are filled in afterwards
    mutate: (request) => (isToken(request) ? judge(request) : undefined),
    validate: (request) => (isToken(request) ? undefined : judge(request)),
  };
}

function isToken({ resource, subresource }: AdmissionRequest): boolean {
  return resource.resource === 'serviceaccounts' && subresource === 'token';
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
        const pod = await existingPod(request, podName(request), options);
        if (pod.spec?.nodeName !== node) {
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
    // upstream's spelling
    throw refused(request, `node ${title} cannot update resource claim statues`);
  }
  const extended = (pod: KubeObject | undefined) => pod?.status?.extendedResourceClaimStatus;
  if (!isDeepStrictEqual(extended(object), extended(oldObject))) {
    throw refused(request, `node ${title} cannot update extended resource claim status`);
  }
}

async function checkEviction(
  node: string,
  request: AdmissionRequest,
  options: NodeRestrictionOptions,
): Promise<void> {
  if (request.operation !== 'CREATE') {
    throw refused(request, `unexpected operation ${request.operation}`);
  }
  const pod = await existingPod(request, podName(request), options);
  if (pod.spec?.nodeName !== node) {
    throw refused(request, `node ${node} can only evict pods with spec.nodeName set to itself`);
  }
}

function podName({ name, object }: AdmissionRequest): string {
  return name || (object?.metadata.name ?? '');
}

/** Rejects with a 404 when there is none: upstream's cache names the kind. */
async function existingPod(
  { namespace }: AdmissionRequest,
  name: string,
  { pods, readPod }: NodeRestrictionOptions,
): Promise<KubeObject> {
  const pod = pods.get(namespace, name) ?? (await readPod(namespace, name));
  if (pod === undefined) throw notFound({ group: '', resource: 'pod' }, name);
  return pod;
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
  if (labels.length > 0) {
    const list = labels.toSorted().join(', ');
    throw refused(request, `node ${title} is not allowed to set the following labels: ${list}`);
  }
  if (configSourceOf(object) !== null) {
    throw refused(
      request,
      `node ${title} is not allowed to create pods with a non-nil configSource`,
    );
  }
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
  const owners = (holder: KubeObject | undefined) => holder?.metadata.ownerReferences ?? [];
  if (!isDeepStrictEqual(owners(object), owners(oldObject))) {
    throw refused(request, `node ${title} is not allowed to modify ownerReferences`);
  }
  const labels = forbiddenLabels(object?.metadata.labels, oldObject?.metadata.labels);
  if (labels.length > 0) {
    throw refused(request, `is not allowed to modify labels: ${labels.toSorted().join(', ')}`);
  }
}

function configSourceOf(node: KubeObject | undefined): unknown {
  return node?.spec?.configSource ?? null;
}
