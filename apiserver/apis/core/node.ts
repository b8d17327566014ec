import type { KindDefinition } from '../resource.ts';

export const node: KindDefinition = {
  group: '',
  version: 'v1',
  kind: 'Node',
  resource: 'nodes',
  namespaced: false,
  shortNames: ['no'],
  storagePath: 'minions',
  generation: false,
  status: true,
  subresources: {
    proxy: {
      kind: { group: '', version: 'v1', kind: 'NodeProxyOptions' },
      verbs: ['create', 'delete', 'get', 'patch', 'update'],
    },
  },
};
