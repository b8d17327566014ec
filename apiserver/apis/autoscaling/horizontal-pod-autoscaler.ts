import type { KindDefinition } from '../resource.ts';

export const horizontalPodAutoscalerV1: KindDefinition = {
  group: 'autoscaling',
  version: 'v1',
  kind: 'HorizontalPodAutoscaler',
  resource: 'horizontalpodautoscalers',
  namespaced: true,
  shortNames: ['hpa'],
  categories: ['all'],
  storagePath: 'horizontalpodautoscalers',
  storedAs: { group: 'autoscaling', version: 'v2', kind: 'HorizontalPodAutoscaler' },
  generation: false,
  status: true,
};

export const horizontalPodAutoscalerV2: KindDefinition = {
  group: 'autoscaling',
  version: 'v2',
  kind: 'HorizontalPodAutoscaler',
  resource: 'horizontalpodautoscalers',
  namespaced: true,
  shortNames: ['hpa'],
  categories: ['all'],
  storagePath: 'horizontalpodautoscalers',
  generation: false,
  status: true,
};
