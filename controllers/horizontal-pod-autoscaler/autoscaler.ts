import type { LabelSelectorObject } from '../../object/selector.ts';

/** The parts of an autoscaling/v2 HorizontalPodAutoscaler that its controller reads and writes. */

export interface TargetReference {
  apiVersion?: string;
  kind: string;
  name: string;
}

export interface MetricTarget {
  type: string;
  value?: string;
  averageValue?: string;
  averageUtilization?: number;
}

export interface MetricIdentifier {
  name: string;
  selector?: LabelSelectorObject;
}

export interface ResourceSource {
  name: string;
  container?: string;
  target: MetricTarget;
}

export interface MetricSpec {
  type: string;
  resource?: ResourceSource;
  containerResource?: ResourceSource;
  pods?: { metric: MetricIdentifier; target: MetricTarget };
  object?: { describedObject: TargetReference; metric: MetricIdentifier; target: MetricTarget };
  external?: { metric: MetricIdentifier; target: MetricTarget };
}

export interface ScalingPolicy {
  type: string;
  value: number;
  periodSeconds: number;
}

export interface ScalingRules {
  stabilizationWindowSeconds?: number;
  selectPolicy?: string;
  policies?: ScalingPolicy[];
  tolerance?: string;
}

export interface Behavior {
  scaleUp?: ScalingRules;
  scaleDown?: ScalingRules;
}

export interface AutoscalerSpec {
  scaleTargetRef: TargetReference;
  minReplicas?: number;
  maxReplicas: number;
  metrics?: MetricSpec[];
  behavior?: Behavior;
}

/** What flags decide. */
export interface AutoscalerSettings {
  syncPeriodMs: number;
  downscaleStabilizationMs: number;
  tolerance: number;
  cpuInitializationMs: number;
  initialReadinessMs: number;
}
