import type { KindDefinition } from '../resource.ts';

export const csiStorageCapacity: KindDefinition = {
  group: 'storage.k8s.io',
  version: 'v1',
  kind: 'CSIStorageCapacity',
  resource: 'csistoragecapacities',
  namespaced: true,
  storagePath: 'csistoragecapacities',
  generation: false,
  unconditionalUpdate: false,
};
