import type { KindDefinition } from '../resource.ts';

export const binding: KindDefinition = {
  group: '',
  version: 'v1',
  kind: 'Binding',
  resource: 'bindings',
  namespaced: true,
  verbs: ['create'],
  storagePath: '',
};
