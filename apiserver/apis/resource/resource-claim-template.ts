import type { KindDefinition } from '../resource.ts';

export const resourceClaimTemplate: KindDefinition = {
  group: 'resource.k8s.io',
  version: 'v1',
  kind: 'ResourceClaimTemplate',
  resource: 'resourceclaimtemplates',
  namespaced: true,
  storagePath: 'resourceclaimtemplates',
  generation: true,
};
