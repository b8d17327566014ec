import type { KindDefinition } from '../resource.ts';

export const flowSchema: KindDefinition = {
  group: 'flowcontrol.apiserver.k8s.io',
  version: 'v1',
  kind: 'FlowSchema',
  resource: 'flowschemas',
  namespaced: false,
  storagePath: 'flowschemas',
  generation: true,
  status: true,
};
