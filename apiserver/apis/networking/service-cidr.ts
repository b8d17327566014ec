import type { KindDefinition } from '../resource.ts';

export const serviceCidr: KindDefinition = {
  group: 'networking.k8s.io',
  version: 'v1',
  kind: 'ServiceCIDR',
  resource: 'servicecidrs',
  namespaced: false,
  storagePath: 'servicecidrs',
  generation: false,
  status: true,
};
