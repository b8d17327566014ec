import type { KindDefinition } from '../resource.ts';

export const pod: KindDefinition = {
  group: '',
  version: 'v1',
  kind: 'Pod',
  resource: 'pods',
  namespaced: true,
  shortNames: ['po'],
  categories: ['all'],
  storagePath: 'pods',
  generation: true,
  status: true,
  subresources: {
    attach: {
      kind: { group: '', version: 'v1', kind: 'PodAttachOptions' },
      verbs: ['create', 'get'],
    },
    binding: {
      kind: { group: '', version: 'v1', kind: 'Binding' },
      verbs: ['create'],
      definition: 'io.k8s.api.core.v1.Binding',
    },
    ephemeralcontainers: {
      kind: { group: '', version: 'v1', kind: 'Pod' },
      verbs: ['get', 'patch', 'update'],
      definition: 'io.k8s.api.core.v1.Pod',
    },
    eviction: {
      kind: { group: 'policy', version: 'v1', kind: 'Eviction' },
      verbs: ['create'],
      definition: 'io.k8s.api.policy.v1.Eviction',
    },
    exec: {
      kind: { group: '', version: 'v1', kind: 'PodExecOptions' },
      verbs: ['create', 'get'],
    },
    log: {
      kind: { group: '', version: 'v1', kind: 'Pod' },
      verbs: ['get'],
    },
    portforward: {
      kind: { group: '', version: 'v1', kind: 'PodPortForwardOptions' },
      verbs: ['create', 'get'],
    },
    proxy: {
      kind: { group: '', version: 'v1', kind: 'PodProxyOptions' },
      verbs: ['create', 'delete', 'get', 'patch', 'update'],
    },
    resize: {
      kind: { group: '', version: 'v1', kind: 'Pod' },
      verbs: ['get', 'patch', 'update'],
      definition: 'io.k8s.api.core.v1.Pod',
    },
  },
};
