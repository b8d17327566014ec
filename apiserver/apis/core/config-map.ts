import type { KindDefinition } from '../resource.ts';

export const configMap: KindDefinition = {
  group: '',
  version: 'v1',
  kind: 'ConfigMap',
  resource: 'configmaps',
  namespaced: true,
  shortNames: ['cm'],
  storagePath: 'configmaps',
  generation: false,
};
