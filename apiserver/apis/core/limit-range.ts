import type { KindDefinition } from '../resource.ts';

export const limitRange: KindDefinition = {
  group: '',
  version: 'v1',
  kind: 'LimitRange',
  resource: 'limitranges',
  namespaced: true,
  shortNames: ['limits'],
  storagePath: 'limitranges',
  generation: false,
  createOnUpdate: true,
};
