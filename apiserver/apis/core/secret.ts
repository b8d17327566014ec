import type { KindDefinition } from '../resource.ts';

export const secret: KindDefinition = {
  group: '',
  version: 'v1',
  kind: 'Secret',
  resource: 'secrets',
  namespaced: true,
  storagePath: 'secrets',
  generation: false,
};
