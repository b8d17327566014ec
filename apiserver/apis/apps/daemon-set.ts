import type { KindDefinition } from '../resource.ts';

export const daemonSet: KindDefinition = {
  group: 'apps',
  version: 'v1',
  kind: 'DaemonSet',
  resource: 'daemonsets',
  namespaced: true,
  shortNames: ['ds'],
  categories: ['all'],
  storagePath: 'daemonsets',
  generation: true,
  status: true,
};
