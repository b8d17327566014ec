import type { KubeObject } from '../../../object/object.ts';
import { setDefaults } from '../plain.ts';
import { inStoredForm } from './autoscaler-versions.ts';
import { withoutRoundTrip } from './round-trip-annotations.ts';

/**
 * Defaults of HorizontalPodAutoscalers (pkg/apis/autoscaling, defaults of v1 and v2), and what upstream's
 * conversion to its internal type and back makes of an object.
 */

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
    inStoredForm(autoscaler);
    return;
  }
  autoscaler.metadata = withoutRoundTrip(autoscaler.metadata);
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
