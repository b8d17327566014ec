import type { ClaimSurroundings } from '../../../object/claim-usage.ts';
import type { Listers } from '../../watch/view.ts';

/** As the caches know it. */
export function claimSurroundings(listers: Listers): ClaimSurroundings {
  const classes = listers.lister('resource.k8s.io', 'deviceclasses');
  const claims = listers.lister('resource.k8s.io', 'resourceclaims');
  const pods = listers.lister('', 'pods');
  return {
    extendedResource: (name) => classes.get('', name)?.spec?.extendedResourceName,
    pod: (namespace, name) => pods.get(namespace, name),
    claims: (namespace) => claims.list(namespace),
  };
}
