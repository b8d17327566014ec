import { keepStatus } from '../field-check.ts';
import type { KindDefinition } from '../resource.ts';
import { autoscalerColumns } from './autoscaler-columns.ts';
import { defaultAutoscaler } from './autoscaler-defaults.ts';
import { validateAutoscaler, validateAutoscalerStatus } from './autoscaler-validation.ts';
import { fromStoredAutoscaler, toStoredAutoscaler } from './autoscaler-versions.ts';

/** Two versions of one stored object. */
const autoscaler = {
  group: 'autoscaling',
  kind: 'HorizontalPodAutoscaler',
  resource: 'horizontalpodautoscalers',
  namespaced: true,
  shortNames: ['hpa'],
  categories: ['all'],
  storagePath: 'horizontalpodautoscalers',
  generation: false,
  columns: autoscalerColumns,
  default: defaultAutoscaler,
  prepareForUpdate: keepStatus,
  validateCreate: (object) => validateAutoscaler(object, undefined),
  validateUpdate: validateAutoscaler,
  status: { validateUpdate: validateAutoscalerStatus },
} satisfies Omit<KindDefinition, 'version'>;

export const horizontalPodAutoscalerV1: KindDefinition = {
  ...autoscaler,
  version: 'v1',
  storedAs: { group: 'autoscaling', version: 'v2', kind: 'HorizontalPodAutoscaler' },
  fromStored: fromStoredAutoscaler,
  toStored: toStoredAutoscaler,
  prepareForCreate(object) {
    object.status = { currentReplicas: 0, desiredReplicas: 0 };
  },
};

export const horizontalPodAutoscalerV2: KindDefinition = {
  ...autoscaler,
  version: 'v2',
  prepareForCreate(object) {
    object.status = { desiredReplicas: 0, currentMetrics: null };
  },
};
