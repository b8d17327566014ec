import type { KubeObject } from '../../../object/object.ts';
import { notFound } from '../../../object/status-error.ts';
import type { Plain } from '../../apis/plain.ts';
import { eachContainer } from '../../apis/core/pod-containers.ts';
import type { Lister } from '../../watch/view.ts';
import type { AdmissionRequest } from '../plugin.ts';
import { refused } from '../refusal.ts';

/**
 * Kubelets tell of the pods they run by themselves: such a pod is the node's own and gets nothing from
 * the API. Source: plugin/pkg/admission/noderestriction admitPodCreate, podutil.HasAPIObjectReference.
 */

const mirror = 'kubernetes.io/config.mirror';

export function checkMirrorPod(node: string, request: AdmissionRequest, nodes: Lister): void {
  if (request.object === undefined) return;
  const { metadata, spec = {} } = request.object;
  const title = JSON.stringify(node);
  if (metadata.annotations?.[mirror] === undefined) {
    throw refused(
      request,
      `pod does not have ${JSON.stringify(mirror)} annotation, node ${title} can only create mirror pods`,
    );
  }
  if (spec.nodeName !== node) {
    throw refused(request, `node ${title} can only create pods with spec.nodeName set to itself`);
  }
  checkOwner(node, request, nodes);
  const reference = referenceOf(spec);
  if (reference === undefined) return;
  throw refused(request, `node ${title} can not create pods that reference ${reference}`);
}

function checkOwner(node: string, request: AdmissionRequest, nodes: Lister): void {
  const title = JSON.stringify(node);
  const [owner, ...others] = request.object?.metadata.ownerReferences ?? [];
  const only = (what: string): Error =>
    refused(request, `node ${title} can only create pods with ${what} set to itself`);
  if (others.length > 0) throw only('a single owner reference');
  const own = owner?.apiVersion === 'v1' && owner.kind === 'Node' && owner.name === node;
  if (!own) throw only('an owner reference');
  if (owner.controller !== true) throw only('a controller owner reference');
  if (owner.blockOwnerDeletion === true) {
    throw refused(request, `node ${title} must not set blockOwnerDeletion on an owner reference`);
  }
  const uid = uidOf(nodes.get('', node), node);
  if (owner.uid !== uid) {
    throw refused(request, `node ${node} UID mismatch: expected ${owner.uid} got ${uid}`);
  }
}

/** A node that is not known yet is told as missing, not as forbidden: the kubelet comes again. */
function uidOf(found: KubeObject | undefined, name: string): string | undefined {
  if (found === undefined) throw notFound({ group: '', resource: 'node' }, name);
  return found.metadata.uid;
}

/** The first thing of the API that a pod needs, in upstream's words. */
function referenceOf(spec: Plain): string | undefined {
  if (spec.serviceAccountName) return 'serviceaccounts';
  const volumes: Plain[] = spec.volumes ?? [];
  const containers = eachContainer(spec, '').map(({ container }) => container);
  if (
    (spec.imagePullSecrets ?? []).some(hasName) ||
    containers.some((one) => takes(one, 'secretKeyRef', 'secretRef')) ||
    volumes.some(hasSecret)
  ) {
    return 'secrets';
  }
  if (
    containers.some((one) => takes(one, 'configMapKeyRef', 'configMapRef')) ||
    volumes.some((volume) => [volume, ...sourcesOf(volume)].some((at) => hasName(at.configMap)))
  ) {
    return 'configmaps';
  }
  if ((spec.resourceClaims ?? []).length > 0) return 'resourceclaims';
  for (const volume of volumes) {
    const found = named(volume, ofVolumes) ?? sourcesOf(volume).map(ofSource).find(Boolean);
    if (found !== undefined) return found;
  }
  return undefined;
}

function hasName(reference: Plain | undefined): boolean {
  return Boolean(reference?.name);
}

function takes(container: Plain, key: string, whole: string): boolean {
  return (
    (container.env ?? []).some((one: Plain) => hasName(one.valueFrom?.[key])) ||
    (container.envFrom ?? []).some((one: Plain) => hasName(one[whole]))
  );
}

function sourcesOf(volume: Plain): Plain[] {
  return volume.projected?.sources ?? [];
}

/** Volumes with a reference to a secret (podutil.VisitPodSecretNames). */
const withSecretRef = ['cephfs', 'cinder', 'flexVolume', 'rbd', 'scaleIO', 'iscsi', 'storageos'];

function hasSecret(volume: Plain): boolean {
  return (
    Boolean(volume.azureFile?.secretName) ||
    Boolean(volume.secret?.secretName) ||
    withSecretRef.some((kind) => hasName(volume[kind]?.secretRef)) ||
    hasName(volume.csi?.nodePublishSecretRef) ||
    sourcesOf(volume).some(({ secret }) => hasName(secret))
  );
}

const ofVolumes: Record<string, string> = {
  configMap: 'configmaps (via configmap volumes)',
  secret: 'secrets (via secret volumes)',
  csi: 'csidrivers (via CSI volumes)',
  glusterfs: 'endpoints (via glusterFS volumes)',
  persistentVolumeClaim: 'persistentvolumeclaims',
  ephemeral: 'persistentvolumeclaims (via ephemeral volumes)',
  azureFile: 'secrets (via azureFile volumes)',
};

const ofSources: Record<string, string> = {
  configMap: 'configmaps (via projected volumes)',
  secret: 'secrets (via projected volumes)',
  serviceAccountToken: 'serviceaccounts (via projected volumes)',
  clusterTrustBundle: 'clustertrustbundles',
  podCertificate: 'podcertificates',
};

function ofSource(source: Plain): string | undefined {
  return named(source, ofSources);
}

function named(holder: Plain, names: Record<string, string>): string | undefined {
  return Object.entries(names).find(([field]) => holder[field] !== undefined)?.[1];
}
