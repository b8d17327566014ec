import type { KindDefinition } from '../resource.ts';

export const podDisruptionBudget: KindDefinition = {
  group: 'policy',
  version: 'v1',
  kind: 'PodDisruptionBudget',
  resource: 'poddisruptionbudgets',
  namespaced: true,
  shortNames: ['pdb'],
  storagePath: 'poddisruptionbudgets',
  generation: true,
  unconditionalUpdate: false,
  status: true,
};
