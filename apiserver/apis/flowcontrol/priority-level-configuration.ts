import type { KindDefinition } from '../resource.ts';

export const priorityLevelConfiguration: KindDefinition = {
  group: 'flowcontrol.apiserver.k8s.io',
  version: 'v1',
  kind: 'PriorityLevelConfiguration',
  resource: 'prioritylevelconfigurations',
  namespaced: false,
  storagePath: 'prioritylevelconfigurations',
  generation: true,
  status: true,
};
