import type { KindDefinition } from '../resource.ts';

export const volumeAttachment: KindDefinition = {
  group: 'storage.k8s.io',
  version: 'v1',
  kind: 'VolumeAttachment',
  resource: 'volumeattachments',
  namespaced: false,
  storagePath: 'volumeattachments',
  generation: false,
  unconditionalUpdate: false,
  status: true,
};
