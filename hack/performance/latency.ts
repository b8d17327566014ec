import type { Paced } from './pace.ts';
import type { PacedFigures } from './paced-load.ts';
import { amounts, nameOf, type Work, works } from './requests.ts';
import { median } from './rows.ts';
import { kubeApiserver, meanMsOf } from './upstream.ts';

/** What clients wait for at the rate that kube-apiserver reached, beside what they waited for there. */
export interface LatencyRow extends Paced {
  name: string;
  /** In ms, where it was recorded. */
  kubeApiserver: { p50Ms?: number; p99Ms?: number; meanMs?: number };
}

export function latencyRows(runs: readonly PacedFigures[]): LatencyRow[] {
  return [...works, 'watch' as const].flatMap((work) => {
    const all = runs.flatMap((run) => run[work] ?? []);
    if (all.length === 0) return [];
    return { name: nameOf(work), ...medianPaced(all), kubeApiserver: recordedOf(work) };
  });
}

export function medianPaced(all: readonly Paced[]): Paced {
  const middle = (key: keyof Paced): number => median(all.map((paced) => paced[key]));
  return {
    offered: middle('offered'),
    perSecond: middle('perSecond'),
    p50Ms: middle('p50Ms'),
    p99Ms: middle('p99Ms'),
    meanMs: middle('meanMs'),
  };
}

function recordedOf(work: Work | 'watch'): LatencyRow['kubeApiserver'] {
  if (work === 'watch') return {};
  const { p50Ms, p99Ms } = kubeApiserver[work];
  const meanMs = meanMsOf(work, amounts(1)[work].width);
  return {
    ...(p50Ms === undefined ? {} : { p50Ms }),
    ...(p99Ms === undefined ? {} : { p99Ms }),
    ...(meanMs === undefined ? {} : { meanMs }),
  };
}

/** A rate is kept as long as what is missing at the end is that which was under way. */
const keptShare = 0.97;

export function latencyVerdict(row: LatencyRow): string {
  if (row.perSecond < row.offered * keptShare) return 'falls behind';
  const { p50Ms, p99Ms, meanMs } = row.kubeApiserver;
  if (p50Ms !== undefined && p99Ms !== undefined) {
    return row.p50Ms <= p50Ms && row.p99Ms <= p99Ms ? 'met' : 'worse than kube-apiserver';
  }
  if (meanMs === undefined) return 'not recorded there';
  return row.meanMs <= meanMs ? 'met, by the mean' : 'worse than kube-apiserver';
}
