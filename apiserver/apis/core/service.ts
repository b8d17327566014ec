import type { KindDefinition } from '../resource.ts';

export const service: KindDefinition = {
  group: '',
  version: 'v1',
  kind: 'Service',
  resource: 'services',
  namespaced: true,
  shortNames: ['svc'],
  categories: ['all'],
  storagePath: 'services/specs',
  nameRule: 'dns-1035-label',
  generation: false,
  createOnUpdate: true,
  status: true,
  subresources: {
    proxy: {
      kind: { group: '', version: 'v1', kind: 'ServiceProxyOptions' },
      verbs: ['create', 'delete', 'get', 'patch', 'update'],
    },
  },
};
