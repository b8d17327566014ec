import type { KindDefinition } from '../resource.ts';

export const clusterRole: KindDefinition = {
  group: 'rbac.authorization.k8s.io',
  version: 'v1',
  kind: 'ClusterRole',
  resource: 'clusterroles',
  namespaced: false,
  storagePath: 'clusterroles',
  nameRule: 'path-segment',
  generation: false,
  createOnUpdate: true,
};
