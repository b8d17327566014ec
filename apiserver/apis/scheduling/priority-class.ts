import type { KindDefinition } from '../resource.ts';

export const priorityClass: KindDefinition = {
  group: 'scheduling.k8s.io',
  version: 'v1',
  kind: 'PriorityClass',
  resource: 'priorityclasses',
  namespaced: false,
  shortNames: ['pc'],
  storagePath: 'priorityclasses',
  generation: false,
};
