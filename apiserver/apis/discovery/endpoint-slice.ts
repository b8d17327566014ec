import type { KindDefinition } from '../resource.ts';

export const endpointSlice: KindDefinition = {
  group: 'discovery.k8s.io',
  version: 'v1',
  kind: 'EndpointSlice',
  resource: 'endpointslices',
  namespaced: true,
  storagePath: 'endpointslices',
  generation: false,
};
