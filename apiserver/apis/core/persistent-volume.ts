import type { KindDefinition } from '../resource.ts';

export const persistentVolume: KindDefinition = {
  group: '',
  version: 'v1',
  kind: 'PersistentVolume',
  resource: 'persistentvolumes',
  namespaced: false,
  shortNames: ['pv'],
  storagePath: 'persistentvolumes',
  generation: false,
  status: true,
};
