import { defaultOf, defaultStorageClass } from '../../../object/default-class.ts';
import type { Lister } from '../../watch/view.ts';
import type { AdmissionPlugin } from '../plugin.ts';
import { isFor } from '../refusal.ts';

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
      const found = defaultOf(options.storageClasses.list(''), defaultStorageClass);
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
      const found = defaultOf(options.ingressClasses.list(''), [
        'ingressclass.kubernetes.io/is-default-class',
      ]);
      if (found === undefined) return;
      ingress.spec ??= {};
      ingress.spec.ingressClassName = found.metadata.name;
    },
  };
}
