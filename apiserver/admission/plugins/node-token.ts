import type { KubeObject } from '../../../object/object.ts';
import type { Plain } from '../../apis/plain.ts';
import type { Authorize } from '../../authz/authorize.ts';
import type { Lister } from '../../watch/view.ts';
import type { AdmissionRequest } from '../plugin.ts';
import { refused } from '../refusal.ts';

/**
 * Tokens that a kubelet asks for: only for pods that run on it, and only for those who these pods speak
 * to. Source: plugin/pkg/admission/noderestriction admitServiceAccount (KEP-4193, the gate
 * ServiceAccountNodeAudienceRestriction).
 */
export interface NodeTokenOptions {
  claims: Lister;
  volumes: Lister;
  csiDrivers: Lister;
  authorize: Authorize;
}

export async function checkToken(
  node: string,
  request: AdmissionRequest,
  podOf: (name: string) => Promise<KubeObject>,
  options: NodeTokenOptions,
): Promise<void> {
  if (request.operation !== 'CREATE' || request.subresource !== 'token') return;
  const spec: Plain = request.object?.spec ?? {};
  const { boundObjectRef: ref } = spec;
  // null where none is sent
  const audiences: string[] = spec.audiences ?? [];
  if (!ref || ref.apiVersion !== 'v1' || ref.kind !== 'Pod' || !ref.name) {
    throw refused(request, 'node requested token not bound to a pod');
  }
  if (!ref.uid) throw refused(request, 'node requested token with a pod binding without a uid');
  const pod = await podOf(ref.name);
  if (pod.metadata.uid !== ref.uid) {
    throw refused(
      request,
      `the UID in the bound object reference (${ref.uid}) does not match the UID in record. The object might have been deleted and then recreated`,
    );
  }
  if (pod.spec?.nodeName !== node) {
    throw refused(request, 'node requested token bound to a pod scheduled on a different node');
  }
  if (audiences.length > 1) throw refused(request, 'node may only request 0 or 1 audiences');
  await checkAudience(request, pod, audiences[0] ?? '', options);
}

async function checkAudience(
  request: AdmissionRequest,
  pod: KubeObject,
  audience: string,
  options: NodeTokenOptions,
): Promise<void> {
  const volumes: Plain[] = pod.spec?.volumes ?? [];
  if (volumes.some((volume) => speaksTo(volume, pod, audience, options))) return;
  const { user, namespace, name } = request;
  const decision = await options.authorize({
    user,
    verb: 'request-serviceaccounts-token-audience',
    resourceRequest: true,
    group: '',
    version: 'v1',
    resource: audience,
    subresource: '',
    namespace,
    name,
    path: '',
  });
  if (decision.verdict === 'allow') return;
  const found = `audience ${JSON.stringify(audience)} not found in pod spec volume`;
  throw refused(
    request,
    `${found}, ${user.name} is not authorized to request tokens for this audience`,
  );
}

/** By a token among its files, or by the driver that mounts it. */
function speaksTo(
  volume: Plain,
  pod: KubeObject,
  audience: string,
  options: NodeTokenOptions,
): boolean {
  const sources: Plain[] = volume.projected?.sources ?? [];
  const own = sources.some(
    ({ serviceAccountToken: token }) => token !== undefined && (token.audience ?? '') === audience,
  );
  if (own) return true;
  const driver = driverOf(volume, pod, options);
  if (!driver) return false;
  const requests: Plain[] = options.csiDrivers.get('', driver)?.spec?.tokenRequests ?? [];
  return requests.some((one) => (one.audience ?? '') === audience);
}

function driverOf(
  volume: Plain,
  { metadata }: KubeObject,
  { claims, volumes }: NodeTokenOptions,
): string | undefined {
  const made = volume.ephemeral?.volumeClaimTemplate !== undefined;
  const claim: string | undefined = made
    ? `${metadata.name}-${volume.name}`
    : volume.persistentVolumeClaim?.claimName;
  if (claim === undefined) return volume.csi?.driver;
  const bound = claims.get(metadata.namespace ?? '', claim)?.spec?.volumeName;
  return bound ? volumes.get('', bound)?.spec?.csi?.driver : undefined;
}
