import type { KindDefinition } from '../resource.ts';

export const resourceClaim: KindDefinition = {
  group: 'resource.k8s.io',
  version: 'v1',
  kind: 'ResourceClaim',
  resource: 'resourceclaims',
  namespaced: true,
  storagePath: 'resourceclaims',
  generation: false,
  status: true,
};
