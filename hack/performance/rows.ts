import type { Floor } from './floor.ts';
import type { LoadFigures } from './load.ts';
import { nameOf, type Work } from './requests.ts';

/**
 * The table: what a work costs in floors, what kube-apiserver v1.36.2 costs in floors (measured with
 * the same load: 2 cores, etcd 3.5.30, RBAC, default flags), and what Quorate means to cost.
 */
export interface Row {
  name: string;
  unit: 'floors' | 'MB' | 's';
  /** In `raw` units: ms, us, MB or s. */
  measured: number;
  raw: string;
  /** In the row's unit. */
  value: number;
  /** The same work once more, in a process that has done it before: in `raw` units, and in the row's. */
  again?: { measured: number; value: number };
  kubeApiserver: number;
  target: number;
}

interface Aim {
  floor: 'getMs' | 'listMs' | 'createMs';
  kubeApiserver: number;
  target: number;
}

const aims: Record<Work, Aim> = {
  get: { floor: 'getMs', kubeApiserver: 7.1, target: 1.7 },
  list: { floor: 'listMs', kubeApiserver: 12, target: 1.3 },
  'list-consistent': { floor: 'listMs', kubeApiserver: 13, target: 1.4 },
  'list-label': { floor: 'listMs', kubeApiserver: 6.4 / 15, target: 6.4 / 15 / 8 },
  'list-page': { floor: 'listMs', kubeApiserver: 32 / 15, target: 32 / 15 / 8 },
  create: { floor: 'createMs', kubeApiserver: 7.1, target: 2.5 },
  patch: { floor: 'createMs', kubeApiserver: 10.5, target: 3 },
  apply: { floor: 'createMs', kubeApiserver: 11.5, target: 3.5 },
  delete: { floor: 'createMs', kubeApiserver: 6.3, target: 2.5 },
};

export function rowsOf({ cost, fanOut, rssMb, readyMs }: LoadFigures, floor: Floor): Row[] {
  const rows: Row[] = [];
  for (const [work, aim] of Object.entries(aims) as [Work, Aim][]) {
    const measured = cost[work]?.cpuMs;
    if (measured === undefined) continue;
    const name = nameOf(work);
    const { kubeApiserver, target } = aim;
    const value = measured / floor[aim.floor];
    rows.push({ name, unit: 'floors', raw: 'ms', measured, value, kubeApiserver, target });
  }
  if (fanOut !== undefined) {
    rows.push({
      name: nameOf('watch'),
      unit: 'floors',
      raw: 'us',
      measured: fanOut.cpuUs,
      value: fanOut.cpuUs / floor.frameUs,
      kubeApiserver: 1.9,
      target: 1,
    });
  }
  const plain = (
    name: string,
    unit: 'MB' | 's',
    value: number,
    [kubeApiserver, target]: [number, number],
  ): void => {
    rows.push({ name, unit, raw: unit, measured: value, value, kubeApiserver, target });
  };
  plain('RSS fresh', 'MB', rssMb.fresh, [260, 90]);
  plain('RSS with all objects and watchers', 'MB', rssMb.loaded, [500, 160]);
  plain('RSS at the end', 'MB', rssMb.end, [585, 160]);
  plain('start to ready', 's', readyMs / 1000, [2.6, 0.6]);
  return rows;
}

/** Adds to each row in floors what the same work cost the second time. */
export function withAgain(rows: readonly Row[], second: readonly Row[]): Row[] {
  return rows.map((row, i) => {
    const { measured, value } = second[i] ?? row;
    return row.unit === 'floors' ? { ...row, again: { measured, value } } : row;
  });
}

/** Row by row the median of several runs. */
export function medianRows(runs: readonly Row[][]): Row[] {
  return (runs[0] ?? []).map((row, i) => {
    const all = runs.map((rows) => rows[i] as Row);
    const again = all.flatMap((one) => one.again ?? []);
    return { ...row, ...middle(all), ...(again.length > 0 ? { again: middle(again) } : {}) };
  });
}

function middle(all: readonly { measured: number; value: number }[]) {
  return {
    measured: median(all.map(({ measured }) => measured)),
    value: median(all.map(({ value }) => value)),
  };
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[sorted.length >> 1] ?? 0;
}
