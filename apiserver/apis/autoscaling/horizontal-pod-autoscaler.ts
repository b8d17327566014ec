import { keepStatus } from '../field-check.ts';
import type { KindDefinition } from '../resource.ts';
import { autoscalerColumns } from './autoscaler-columns.ts';
import { defaultAutoscaler } from './autoscaler-defaults.ts';
import { validateAutoscaler, validateAutoscalerStatus } from './autoscaler-validation.ts';
import { fromStoredAutoscaler, inStoredForm, toStoredAutoscaler } from './autoscaler-versions.ts';

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
  validateCreate: (object) => validateAutoscaler(object, undefined),
  validateUpdate: validateAutoscaler,
  status: { validateUpdate: validateAutoscalerStatus },
} satisfies Omit<KindDefinition, 'version'>;

/** Parts of its spec and its status are in its annotations: what a door does not change stays there too. */
export const horizontalPodAutoscalerV1: KindDefinition = {
  ...autoscaler,
  version: 'v1',
  storedAs: { group: 'autoscaling', version: 'v2', kind: 'HorizontalPodAutoscaler' },
  fromStored: fromStoredAutoscaler,
  toStored(object) {
    const stored = toStoredAutoscaler(object);
    defaultAutoscaler(stored);
    return stored;
  },
  prepareForCreate(object) {
    inStoredForm(object, (stored) => {
      stored.status = { desiredReplicas: 0, currentMetrics: null };
    });
  },
  prepareForUpdate(next, old) {
    inStoredForm(next, (stored) => {
      keepStatus(stored, toStoredAutoscaler(old));
    });
  },
  status: {
    ...autoscaler.status,
    prepareForUpdate(next, old) {
      inStoredForm(next, (stored) => {
        stored.spec = toStoredAutoscaler(old).spec;
      });
    },
  },
};

export const horizontalPodAutoscalerV2: KindDefinition = {
  ...autoscaler,
  version: 'v2',
  prepareForCreate(object) {
    object.status = { desiredReplicas: 0, currentMetrics: null };
  },
  prepareForUpdate: keepStatus,
};
