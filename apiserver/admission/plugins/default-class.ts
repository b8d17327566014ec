import type { KubeObject } from '../../../object/object.ts';
import type { Lister } from '../../watch/view.ts';
import type { AdmissionPlugin } from '../plugin.ts';
import { isFor } from '../refusal.ts';

/** Of the classes marked as default the newest; of equally new ones the first by name. */
function defaultOf(classes: Lister, annotations: readonly string[]): KubeObject | undefined {
  return classes
    .list('')
    .filter(({ metadata }) =>
      annotations.some((annotation) => metadata.annotations?.[annotation] === 'true'),
    )
    .toSorted(
      (a, b) =>
        Date.parse(b.metadata.creationTimestamp ?? '0') -
          Date.parse(a.metadata.creationTimestamp ?? '0') ||
        ((a.metadata.name ?? '') < (b.metadata.name ?? '') ? -1 : 1),
    )[0];
}

const betaStorageClass = 'volume.beta.kubernetes.io/storage-class';

/** Claims that name no class get the default one. Source: plugin/pkg/admission/storage/storageclass/setdefault. */
export function makeDefaultStorageClass(options: { storageClasses: Lister }): AdmissionPlugin {
  return {
    name: 'DefaultStorageClass',
    mutate(request) {
      const claim = request.object;
      if (claim === undefined || request.operation !== 'CREATE') return;
      if (!isFor(request, '', 'persistentvolumeclaims')) return;
      // An empty name is a choice: no class.
      if (claim.spec?.storageClassName !== undefined && claim.spec.storageClassName !== null)
        return;
      if (claim.metadata.annotations?.[betaStorageClass] !== undefined) return;
      const found = defaultOf(options.storageClasses, [
        'storageclass.kubernetes.io/is-default-class',
        'storageclass.beta.kubernetes.io/is-default-class',
      ]);
      if (found === undefined) return;
      claim.spec ??= {};
      claim.spec.storageClassName = found.metadata.name;
    },
  };
}

/** As above for Ingress. Source: plugin/pkg/admission/network/defaultingressclass. */
export function makeDefaultIngressClass(options: { ingressClasses: Lister }): AdmissionPlugin {
  return {
    name: 'DefaultIngressClass',
    mutate(request) {
      const ingress = request.object;
      if (ingress === undefined || request.operation !== 'CREATE') return;
      if (!isFor(request, 'networking.k8s.io', 'ingresses')) return;
      // As with claims, an empty name is a choice.
      if (ingress.spec?.ingressClassName != null) return;
      if (ingress.metadata.annotations?.['kubernetes.io/ingress.class'] !== undefined) return;
      const found = defaultOf(options.ingressClasses, [
        'ingressclass.kubernetes.io/is-default-class',
      ]);
      if (found === undefined) return;
      ingress.spec ??= {};
      ingress.spec.ingressClassName = found.metadata.name;
    },
  };
}
