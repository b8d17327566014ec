import type { KindDefinition } from '../resource.ts';

export const networkPolicy: KindDefinition = {
  group: 'networking.k8s.io',
  version: 'v1',
  kind: 'NetworkPolicy',
  resource: 'networkpolicies',
  namespaced: true,
  shortNames: ['netpol'],
  storagePath: 'networkpolicies',
  generation: true,
};
