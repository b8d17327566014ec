import type { KindDefinition } from '../resource.ts';

export const namespace: KindDefinition = {
  group: '',
  version: 'v1',
  kind: 'Namespace',
  resource: 'namespaces',
  namespaced: false,
  shortNames: ['ns'],
  verbs: ['create', 'delete', 'get', 'list', 'patch', 'update', 'watch'],
  storagePath: 'namespaces',
  nameRule: 'dns-label',
  generation: false,
  status: true,
  subresources: {
    finalize: {
      kind: { group: '', version: 'v1', kind: 'Namespace' },
      verbs: ['update'],
      definition: 'io.k8s.api.core.v1.Namespace',
    },
  },
};
