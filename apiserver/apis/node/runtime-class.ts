import type { KindDefinition } from '../resource.ts';

export const runtimeClass: KindDefinition = {
  group: 'node.k8s.io',
  version: 'v1',
  kind: 'RuntimeClass',
  resource: 'runtimeclasses',
  namespaced: false,
  storagePath: 'runtimeclasses',
  generation: false,
  unconditionalUpdate: false,
};
