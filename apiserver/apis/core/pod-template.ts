import type { KindDefinition } from '../resource.ts';

export const podTemplate: KindDefinition = {
  group: '',
  version: 'v1',
  kind: 'PodTemplate',
  resource: 'podtemplates',
  namespaced: true,
  storagePath: 'podtemplates',
  generation: true,
};
