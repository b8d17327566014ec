import type { KindDefinition } from '../resource.ts';

export const csiDriver: KindDefinition = {
  group: 'storage.k8s.io',
  version: 'v1',
  kind: 'CSIDriver',
  resource: 'csidrivers',
  namespaced: false,
  storagePath: 'csidrivers',
  generation: true,
  unconditionalUpdate: false,
};
