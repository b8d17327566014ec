import type { KindDefinition } from '../resource.ts';

export const ipAddress: KindDefinition = {
  group: 'networking.k8s.io',
  version: 'v1',
  kind: 'IPAddress',
  resource: 'ipaddresses',
  namespaced: false,
  shortNames: ['ip'],
  storagePath: 'ipaddresses',
  nameRule: 'path-segment',
  generation: false,
};
