import { readdirSync, readFileSync } from 'node:fs';
import type { KubeObject } from '../../object/object.ts';
import type { Change } from '../../reconciler/informer.ts';

/** Where the time goes until a ControlPlane is Ready, as it is seen through the API. */

/** What the operator names a pod's part by. */
const componentLabel = 'app.kubernetes.io/component';

interface Milestone {
  name: string;
  // oxlint-disable-next-line no-explicit-any -- core/v1 PodStatus
  reached(spec: any, status: any): boolean;
}

const milestones: Milestone[] = [
  { name: 'pods made', reached: () => true },
  { name: 'scheduled', reached: (spec) => spec?.nodeName !== undefined },
  { name: 'process runs', reached: (_, status) => container(status)?.state?.running !== undefined },
  { name: 'answers', reached: (_, status) => container(status)?.started === true },
  { name: 'ready', reached: (_, status) => container(status)?.ready === true },
];

// oxlint-disable-next-line no-explicit-any -- core/v1 PodStatus
function container(status: any) {
  return status?.containerStatuses?.[0];
}

/** Milliseconds at which each pod was first seen to have reached each milestone. */
export class Timeline {
  readonly #began: number;
  readonly #components = new Map<string, Map<string, number[]>>();

  constructor(began: number) {
    this.#began = began;
  }

  /** A change of a pod. */
  saw({ type, object }: Change, now = performance.now()): void {
    const component = object.metadata.labels?.[componentLabel];
    if (type === 'deleted' || component === undefined) return;
    const pods = this.#components.get(component) ?? new Map<string, number[]>();
    this.#components.set(component, pods);
    const { name = '' } = object.metadata;
    const seen = pods.get(name) ?? [];
    pods.set(name, seen);
    milestones.forEach(({ reached }, index) => {
      if (reached(object['spec'], (object as KubeObject).status)) seen[index] ??= now - this.#began;
    });
  }

  /** One row for each component: seconds, of the first pod and of the last. */
  rows(): string[][] {
    const header = ['', ...milestones.map(({ name }) => name)];
    const rows = [...this.#components].map(([component, pods]) => [
      component,
      ...milestones.map((_, index) => span([...pods.values()].map((seen) => seen[index]))),
    ]);
    return [header, ...rows.sort(([, a = ''], [, b = '']) => a.localeCompare(b))];
  }
}

function span(times: (number | undefined)[]): string {
  const known = times.filter((ms) => ms !== undefined);
  if (known.length === 0) return '-';
  const seconds = (ms: number): string => (ms / 1000).toFixed(2);
  const [first, last] = [seconds(Math.min(...known)), seconds(Math.max(...known))];
  const missing = times.length - known.length;
  const more = missing > 0 ? ` (${missing} not yet)` : '';
  return first === last ? `${first}${more}` : `${first}-${last}${more}`;
}

/** Columns one below the other. */
export function aligned(rows: readonly string[][]): string[] {
  const widths = (rows[0] ?? []).map((_, i) => Math.max(...rows.map((row) => row[i]?.length ?? 0)));
  return rows.map((row) =>
    row
      .map((cell, i) => cell.padEnd(widths[i] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}

/** Of the kernel's clock: 1/100 s on every platform that Node runs on. */
const ticksPerSecond = 100;

/** CPU seconds of a process and all below it, with those that have ended. */
export function cpuSecondsBelow(top: number): number {
  const parents = new Map<number, number[]>();
  const ticks = new Map<number, number>();
  for (const name of readdirSync('/proc')) {
    const pid = Number(name);
    if (!Number.isInteger(pid)) continue;
    const fields = statOf(pid);
    if (fields === undefined) continue;
    const [, parent] = fields;
    ticks.set(
      pid,
      fields.slice(11, 15).reduce((sum, value) => sum + Number(value), 0),
    );
    parents.set(Number(parent), [...(parents.get(Number(parent)) ?? []), pid]);
  }
  const sum = (pid: number): number =>
    (parents.get(pid) ?? []).reduce((all, child) => all + sum(child), ticks.get(pid) ?? 0);
  return sum(top) / ticksPerSecond;
}

/** proc(5), from the state on: the name before it may hold anything. */
function statOf(pid: number): string[] | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return text.slice(text.lastIndexOf(')') + 2).split(' ');
  } catch {
    return undefined;
  }
}
