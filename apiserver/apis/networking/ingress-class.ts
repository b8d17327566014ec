import type { KindDefinition } from '../resource.ts';

export const ingressClass: KindDefinition = {
  group: 'networking.k8s.io',
  version: 'v1',
  kind: 'IngressClass',
  resource: 'ingressclasses',
  namespaced: false,
  storagePath: 'ingressclasses',
  generation: true,
};
