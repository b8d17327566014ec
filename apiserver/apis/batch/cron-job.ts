import type { KindDefinition } from '../resource.ts';

export const cronJob: KindDefinition = {
  group: 'batch',
  version: 'v1',
  kind: 'CronJob',
  resource: 'cronjobs',
  namespaced: true,
  shortNames: ['cj'],
  categories: ['all'],
  storagePath: 'cronjobs',
  generation: true,
  status: true,
};
