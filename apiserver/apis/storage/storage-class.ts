import type { KindDefinition } from '../resource.ts';

export const storageClass: KindDefinition = {
  group: 'storage.k8s.io',
  version: 'v1',
  kind: 'StorageClass',
  resource: 'storageclasses',
  namespaced: false,
  shortNames: ['sc'],
  storagePath: 'storageclasses',
  generation: false,
};
