import type { KindDefinition } from '../resource.ts';

export const csiNode: KindDefinition = {
  group: 'storage.k8s.io',
  version: 'v1',
  kind: 'CSINode',
  resource: 'csinodes',
  namespaced: false,
  storagePath: 'csinodes',
  generation: false,
  unconditionalUpdate: false,
};
