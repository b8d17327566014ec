import type { KindDefinition } from '../resource.ts';

export const resourceQuota: KindDefinition = {
  group: '',
  version: 'v1',
  kind: 'ResourceQuota',
  resource: 'resourcequotas',
  namespaced: true,
  shortNames: ['quota'],
  storagePath: 'resourcequotas',
  generation: false,
  status: true,
};
