import type { KubeObject } from '../../object/object.ts';
import {
  countReady,
  groupPods,
  type PodGroups,
  type PodMetrics,
  type Timing,
} from './pod-groups.ts';

/** How many replicas a metric asks for (pkg/controller/podautoscaler, replica_calculator.go). Pure. */

/** How far use may be from its target, as a share of it, before anything is done. */
export interface Tolerances {
  down: number;
  up: number;
}

/** What every pod uses, against what it should. */
export interface PodQuestion {
  current: number;
  tolerances: Tolerances;
  pods: readonly KubeObject[];
  metrics: PodMetrics;
  /** '' where it is none of the pods' resources. */
  resource: string;
  timing: Timing;
}

export interface Answer {
  replicas: number;
  /** On average, in thousandths. */
  usage: bigint;
}

const maxInt32 = 2 ** 31 - 1;
const maxInt64 = 2n ** 63n - 1n;
const noPods = 'no pods returned by selector while calculating replica count';

/** @param target percent of what the pods ask for */
export function forUtilization(
  question: PodQuestion,
  target: number,
  requestsOf: () => Map<string, bigint>,
): Answer & { utilization: number } {
  const { groups, counted } = divide(question);
  const requests = requestsOf();
  const used = utilizationOf(counted, requests);
  // at least all that it asks for
  const assumed = BigInt(Math.max(100, target));
  const replicas = settle(question, groups, counted, {
    ratio: used.utilization / target,
    ratioOf: (metrics) => utilizationOf(metrics, requests).utilization / target,
    missing: (pod) => ((requests.get(pod) ?? 0n) * assumed) / 100n,
  });
  return { replicas, ...used };
}

/** @param target of each pod, in thousandths */
export function forAverage(question: PodQuestion, target: bigint): Answer {
  const { groups, counted } = divide(question);
  const usage = averageOf(counted);
  const replicas = settle(question, groups, counted, {
    ratio: ratio(usage, target),
    ratioOf: (metrics) => ratio(averageOf(metrics), target),
    missing: () => target,
  });
  return { replicas, usage };
}

/** Of a metric that is no pod's, with a target for the whole. */
export function forValue(
  { current, tolerances, pods }: Pick<PodQuestion, 'current' | 'tolerances' | 'pods'>,
  usage: bigint,
  target: bigint,
): number {
  const share = ratio(usage, target);
  // from none there is nothing to be multiplied
  if (current === 0) return ceil32(share);
  if (isWithin(tolerances, share)) return current;
  if (pods.length === 0) throw new Error(`unable to calculate ready pods: ${noPods}`);
  return ceil32(share * countReady(pods));
}

/** The same with a target for each pod. */
export function forShare(
  current: number,
  tolerances: Tolerances,
  usage: bigint,
  target: bigint,
): Answer {
  const share = Number(usage) / (Number(target) * current);
  const replicas = isWithin(tolerances, share) ? current : ceil32(ratio(usage, target));
  if (usage >= maxInt64) return { replicas, usage: maxInt64 };
  const average = Math.ceil(Number(usage) / current);
  // what Go makes of a division by zero
  return { replicas, usage: Number.isFinite(average) ? BigInt(average) : -maxInt64 - 1n };
}

/** What several values of one metric are together; an int64 holds no more. */
export function sum(values: readonly bigint[]): bigint {
  const total = values.reduce((all, one) => all + one, 0n);
  return total > maxInt64 ? maxInt64 : total;
}

function divide(question: PodQuestion): { groups: PodGroups; counted: PodMetrics } {
  const { pods, metrics, resource, timing } = question;
  if (pods.length === 0) throw new Error(noPods);
  const groups = groupPods(pods, metrics, resource, timing);
  const counted: PodMetrics = new Map(
    [...metrics].filter(([pod]) => !groups.ignored.has(pod) && !groups.unready.has(pod)),
  );
  if (counted.size === 0) {
    throw new Error('did not receive metrics for targeted pods (pods might be unready)');
  }
  return { groups, counted };
}

interface Measure {
  ratio: number;
  ratioOf(metrics: PodMetrics): number;
  /** What one without a measurement is taken to use when there might be too many. */
  missing(pod: string): bigint;
}

/** Pods of which nothing is known hold back whichever way it goes, and never turn it round. */
function settle(
  { current, tolerances }: PodQuestion,
  groups: PodGroups,
  counted: PodMetrics,
  measure: Measure,
): number {
  const { ratio: first } = measure;
  const upWithUnready = groups.unready.size > 0 && first > 1;
  if (!upWithUnready && groups.missing.size === 0) {
    return isWithin(tolerances, first) ? current : ceil32(first * groups.ready);
  }
  const all: PodMetrics = new Map(counted);
  const assume = (pod: string, value: bigint) => all.set(pod, { atMs: 0, windowMs: 0, value });
  if (first !== 1) {
    for (const pod of groups.missing) assume(pod, first < 1 ? measure.missing(pod) : 0n);
  }
  if (upWithUnready) for (const pod of groups.unready) assume(pod, 0n);
  const second = measure.ratioOf(all);
  const turned = (first < 1 && second > 1) || (first > 1 && second < 1);
  if (isWithin(tolerances, second) || turned) return current;
  const replicas = ceil32(second * all.size);
  const against = (second < 1 && replicas > current) || (second > 1 && replicas < current);
  return against ? current : replicas;
}

function utilizationOf(
  metrics: PodMetrics,
  requests: Map<string, bigint>,
): { utilization: number; usage: bigint } {
  let used = 0n;
  let asked = 0n;
  let pods = 0n;
  for (const [pod, { value }] of metrics) {
    const request = requests.get(pod);
    // measured, but none of ours
    if (request === undefined) continue;
    used += value;
    asked += request;
    pods += 1n;
  }
  if (asked === 0n) throw new Error('no metrics returned matched known pods');
  return { utilization: Number((used * 100n) / asked), usage: used / pods };
}

function averageOf(metrics: PodMetrics): bigint {
  let total = 0n;
  for (const { value } of metrics.values()) total += value;
  return total / BigInt(metrics.size);
}

function isWithin({ down, up }: Tolerances, share: number): boolean {
  return 1 - down <= share && share <= 1 + up;
}

function ratio(usage: bigint, target: bigint): number {
  return Number(usage) / Number(target);
}

function ceil32(value: number): number {
  return Number.isNaN(value) ? 0 : Math.min(Math.ceil(value), maxInt32);
}
