import type { KubeObject } from '../../../object/object.ts';
import type { AdmissionPlugin, AdmissionRequest } from '../plugin.ts';
import { refused } from '../refusal.ts';

/**
 * A remote service says which images run (imagepolicy.k8s.io/v1alpha1 ImageReview).
 * Source: plugin/pkg/admission/imagepolicy.
 */
export interface ImagePolicyOptions {
  /** Sends JSON, gives JSON. Rejects when there is no answer. */
  post(body: unknown): Promise<unknown>;
  allowTtlMs: number;
  denyTtlMs: number;
  /** Whether no answer is a good one. */
  defaultAllow: boolean;
  now?: () => number;
}

interface Status {
  allowed?: boolean;
  reason?: string;
  auditAnnotations?: Record<string, string>;
}

const cacheMax = 1024;
const auditPrefix = 'imagepolicywebhook.image-policy.k8s.io/';

export function makeImagePolicyWebhook(options: ImagePolicyOptions): AdmissionPlugin {
  const { now = Date.now } = options;
  const cache = new Map<string, { status: Status; expires: number }>();

  async function review(spec: object): Promise<Status> {
    const key = JSON.stringify(spec);
    const known = cache.get(key);
    if (known !== undefined && known.expires > now()) return known.status;
    const body = {
      kind: 'ImageReview',
      apiVersion: 'imagepolicy.k8s.io/v1alpha1',
      metadata: {},
      spec,
      status: { allowed: false },
    };
    const { status = {} } = (await options.post(body)) as { status?: Status };
    cache.delete(key);
    cache.set(key, {
      status,
      expires: now() + (status.allowed === true ? options.allowTtlMs : options.denyTtlMs),
    });
    const oldest = cache.keys().next();
    if (cache.size > cacheMax && oldest.done !== true) cache.delete(oldest.value);
    return status;
  }

  /** Undefined: there is none, and none is needed. */
  async function answer(request: AdmissionRequest, spec: object): Promise<Status | undefined> {
    try {
      return await review(spec);
    } catch (error) {
      if (!options.defaultAllow) throw refused(request, (error as Error).message);
      request.annotate(`${auditPrefix}failed-open`, 'true');
      return undefined;
    }
  }

  return {
    name: 'ImagePolicyWebhook',
    async validate(request) {
      const pod = request.object;
      if (pod === undefined || !isAsked(request)) return;
      const status = await answer(request, specOf(request, pod));
      if (status === undefined) return;
      for (const [key, value] of Object.entries(status.auditAnnotations ?? {})) {
        request.annotate(`${auditPrefix}${key}`, value);
      }
      if (status.allowed === true) return;
      throw refused(
        request,
        status.reason
          ? `image policy webhook backend denied one or more images: ${status.reason}`
          : 'one or more images rejected by webhook backend',
      );
    },
  };
}

function isAsked({ operation, resource, subresource }: AdmissionRequest): boolean {
  if (operation !== 'CREATE' && operation !== 'UPDATE') return false;
  if (resource.group !== '' || resource.resource !== 'pods') return false;
  return subresource === '' || subresource === 'ephemeralcontainers';
}

function specOf({ namespace, subresource }: AdmissionRequest, pod: KubeObject): object {
  const { containers = [], initContainers = [], ephemeralContainers = [] } = pod.spec ?? {};
  const meant: { image?: string }[] =
    subresource === '' ? [...containers, ...initContainers] : ephemeralContainers;
  const annotations = Object.entries(pod.metadata.annotations ?? {}).filter(([key]) =>
    key.includes('.image-policy.k8s.io/'),
  );
  return {
    containers: meant.map(({ image }) => ({ image })),
    ...(annotations.length > 0 && { annotations: Object.fromEntries(annotations) }),
    namespace,
  };
}
