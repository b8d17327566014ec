import type { KindDefinition } from '../resource.ts';

export const apiService: KindDefinition = {
  group: 'apiregistration.k8s.io',
  version: 'v1',
  kind: 'APIService',
  resource: 'apiservices',
  namespaced: false,
  categories: ['api-extensions'],
  storagePath: 'apiregistration.k8s.io/apiservices',
  nameRule: 'path-segment',
  generation: false,
  unconditionalUpdate: false,
  status: true,
};
