import type { KubeObject } from '../../../object/object.ts';
import { fieldNotSupported } from '../../../object/field-error.ts';
import { StatusError } from '../../../object/status-error.ts';
import { eachContainer } from '../../apis/core/pod-containers.ts';
import type { AdmissionPlugin, AdmissionRequest } from '../plugin.ts';
import { isFor, refused } from '../refusal.ts';

/**
 * Images are pulled whenever a container starts, so that who runs one may have it.
 * Source: plugin/pkg/admission/alwayspullimages.
 */
export function makeAlwaysPullImages(): AdmissionPlugin {
  return {
    name: 'AlwaysPullImages',
    mutate(request) {
      const pod = request.object;
      if (pod?.spec === undefined || !bringsImages(request)) return;
      for (const { container } of eachContainer(pod.spec, 'spec')) {
        container.imagePullPolicy = 'Always';
      }
      for (const { image } of pod.spec.volumes ?? []) if (image) image.pullPolicy = 'Always';
    },
    validate(request) {
      const pod = request.object;
      if (pod?.spec === undefined || !bringsImages(request)) return;
      const faults = policiesOf(pod)
        .filter(({ policy }) => policy !== 'Always')
        .map(({ path, policy }) => {
          const { message } = fieldNotSupported(path, policy, ['Always']);
          return refused(request, `${path}: ${message}`).message;
        });
      if (faults.length === 0) return;
      // several errors in one have no status of their own
      const all = faults.length === 1 ? (faults[0] ?? '') : `[${faults.join(', ')}]`;
      throw new StatusError(500, '', all);
    },
  };
}

function policiesOf({ spec }: KubeObject): { path: string; policy: string }[] {
  const ofContainers = eachContainer(spec, 'spec').map(({ container, path }) => ({
    path: `${path}.imagePullPolicy`,
    policy: container.imagePullPolicy ?? '',
  }));
  const volumes: { image?: { pullPolicy?: string } }[] = spec.volumes ?? [];
  const ofVolumes = volumes.flatMap(({ image }, i) =>
    image ? [{ path: `spec.volumes[${i}].image.pullPolicy`, policy: image.pullPolicy ?? '' }] : [],
  );
  return [...ofContainers, ...ofVolumes];
}

/** What runs already stays as it is. */
function bringsImages(request: AdmissionRequest): boolean {
  if (!isFor(request, '', 'pods')) return false;
  if (request.operation !== 'UPDATE') return request.operation === 'CREATE';
  const known = new Set(imagesOf(request.oldObject));
  return imagesOf(request.object).some((image) => !known.has(image));
}

function imagesOf(pod: KubeObject | undefined): string[] {
  return eachContainer(pod?.spec ?? {}, '').map(({ container }) => container.image ?? '');
}
