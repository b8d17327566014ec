import type { KindDefinition } from '../resource.ts';

export const volumeAttributesClass: KindDefinition = {
  group: 'storage.k8s.io',
  version: 'v1',
  kind: 'VolumeAttributesClass',
  resource: 'volumeattributesclasses',
  namespaced: false,
  shortNames: ['vac'],
  storagePath: 'volumeattributesclasses',
  generation: false,
};
