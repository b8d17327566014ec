import type { KindDefinition } from '../resource.ts';

export const ingress: KindDefinition = {
  group: 'networking.k8s.io',
  version: 'v1',
  kind: 'Ingress',
  resource: 'ingresses',
  namespaced: true,
  shortNames: ['ing'],
  storagePath: 'ingress',
  generation: true,
  status: true,
};
