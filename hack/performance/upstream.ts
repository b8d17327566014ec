import type { Work } from './requests.ts';

/**
 * What kube-apiserver v1.36.2 did under this load, each kind of work as fast as it answered (2 cores
 * shared with client and etcd 3.5.30, RBAC, one replica, default flags, two runs and more).
 */
interface Recorded {
  /** Answers a second; undefined where it was not recorded. */
  perSecond?: number;
  /** Of its process, for each, in ms. */
  cpuMs: number;
  p50Ms?: number;
  p99Ms?: number;
}

export const kubeApiserver: Record<Work, Recorded> = {
  create: { perSecond: 655, cpuMs: 2.1, p50Ms: 43, p99Ms: 130 },
  get: { perSecond: 2_240, cpuMs: 0.555, p50Ms: 13, p99Ms: 36 },
  list: { perSecond: 8, cpuMs: 180 },
  'list-consistent': { cpuMs: 200 },
  'list-label': { cpuMs: 6.4 },
  'list-page': { cpuMs: 32 },
  patch: { perSecond: 490, cpuMs: 3.15 },
  apply: { perSecond: 465, cpuMs: 3.35 },
  delete: { perSecond: 650, cpuMs: 1.9 },
};

/** Events delivered in a second, to 200 watchers together. */
export const kubeApiserverEvents = 16_000;

/** What is offered: the rate that it reached; where that was not recorded, what takes it one core. */
export function rateOf(work: Work): number {
  const { perSecond, cpuMs } = kubeApiserver[work];
  return perSecond ?? Math.round(1_000 / cpuMs);
}

/**
 * Its mean latency at the rate that it reached: with `width` always under way and the next sent at the
 * end of one, that is width / rate (Little's law). Undefined where the rate was not recorded.
 */
export function meanMsOf(work: Work, width: number): number | undefined {
  const { perSecond } = kubeApiserver[work];
  return perSecond === undefined ? undefined : (width * 1_000) / perSecond;
}
