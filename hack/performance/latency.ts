import type { Floor } from './floor.ts';
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
  /** The same client at the same rate, a server that does nothing else: where there is one. */
  bare?: Paced;
}

export function latencyRows(runs: readonly { paced: PacedFigures; floor: Floor }[]): LatencyRow[] {
  return [...works, 'watch' as const].flatMap((work) => {
    const all = runs.flatMap(({ paced }) => paced[work] ?? []);
    if (all.length === 0) return [];
    const row = { name: nameOf(work), ...medianPaced(all), kubeApiserver: recordedOf(work) };
    if (work !== 'get' && work !== 'list') return row;
    return { ...row, bare: medianPaced(runs.map(({ floor }) => floor.paced[work])) };
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
  const { bare, kubeApiserver } = row;
  const worse = 'worse than kube-apiserver';
  if (kubeApiserver.p50Ms !== undefined) {
    if (isNoWorse(row, kubeApiserver)) return 'met';
    return bare === undefined || isNoWorse(bare, kubeApiserver)
      ? worse
      : `${worse}, as a bare server`;
  }
  if (kubeApiserver.meanMs === undefined) return 'not recorded there';
  return row.meanMs <= kubeApiserver.meanMs ? 'met, by the mean' : worse;
}

function isNoWorse({ p50Ms, p99Ms }: Paced, than: LatencyRow['kubeApiserver']): boolean {
  return p50Ms <= (than.p50Ms ?? Infinity) && p99Ms <= (than.p99Ms ?? Infinity);
}
