import type { KindDefinition } from '../resource.ts';

export const persistentVolumeClaim: KindDefinition = {
  group: '',
  version: 'v1',
  kind: 'PersistentVolumeClaim',
  resource: 'persistentvolumeclaims',
  namespaced: true,
  shortNames: ['pvc'],
  storagePath: 'persistentvolumeclaims',
  generation: false,
  status: true,
};
