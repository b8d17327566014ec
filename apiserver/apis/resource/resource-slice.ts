import type { KindDefinition } from '../resource.ts';

export const resourceSlice: KindDefinition = {
  group: 'resource.k8s.io',
  version: 'v1',
  kind: 'ResourceSlice',
  resource: 'resourceslices',
  namespaced: false,
  storagePath: 'resourceslices',
  generation: true,
};
