import type { KindDefinition } from '../resource.ts';

export const job: KindDefinition = {
  group: 'batch',
  version: 'v1',
  kind: 'Job',
  resource: 'jobs',
  namespaced: true,
  categories: ['all'],
  storagePath: 'jobs',
  generation: true,
  status: true,
};
