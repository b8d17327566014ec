import type { KindDefinition } from '../resource.ts';

export const lease: KindDefinition = {
  group: 'coordination.k8s.io',
  version: 'v1',
  kind: 'Lease',
  resource: 'leases',
  namespaced: true,
  storagePath: 'leases',
  generation: false,
  createOnUpdate: true,
  unconditionalUpdate: false,
};
