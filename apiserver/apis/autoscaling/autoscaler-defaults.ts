import type { KubeObject } from '../../../object/object.ts';
import { setDefaults } from '../plain.ts';

/** Defaults of HorizontalPodAutoscalers (pkg/apis/autoscaling, v2 defaults). */

const scaleUpRules = {
  stabilizationWindowSeconds: 0,
  selectPolicy: 'Max',
  policies: [
    { type: 'Pods', value: 4, periodSeconds: 15 },
    { type: 'Percent', value: 100, periodSeconds: 15 },
  ],
};
const scaleDownRules = {
  selectPolicy: 'Max',
  policies: [{ type: 'Percent', value: 100, periodSeconds: 15 }],
};

export function defaultAutoscaler(autoscaler: KubeObject): void {
  autoscaler.spec ??= {};
  autoscaler.status ??= {};
  autoscaler.spec.minReplicas ??= 1;
  if (autoscaler.apiVersion === 'autoscaling/v1') {
    setDefaults(autoscaler.status, { currentReplicas: 0, desiredReplicas: 0 });
    return;
  }
  const { spec, status } = autoscaler;
  setDefaults(status, { desiredReplicas: 0, currentMetrics: null });
  if ((spec.metrics ?? []).length === 0) {
    const target = { type: 'Utilization', averageUtilization: 80 };
    spec.metrics = [{ type: 'Resource', resource: { name: 'cpu', target } }];
  }
  if (spec.behavior === undefined) return;
  spec.behavior.scaleUp = { ...structuredClone(scaleUpRules), ...spec.behavior.scaleUp };
  spec.behavior.scaleDown = { ...structuredClone(scaleDownRules), ...spec.behavior.scaleDown };
}
