import { type KubeObject, timestamp } from '../../object/object.ts';
import type { Condition } from '../pod.ts';
import type { Taint } from '../taint.ts';

/** Node health from heartbeats and conditions; pure (pkg/controller/nodelifecycle). */
export interface Heartbeat {
  /** What was last seen: lease renewal and the Ready heartbeat. */
  seen: string;
  /** When it last changed, by a clock of ours that nobody sets. */
  at: number;
}

export interface HealthSettings {
  graceMs: number;
  startupGraceMs: number;
}

/** Clocks are not compared: what counts is when we saw the heartbeat change. */
export function observeHeartbeat(
  before: Heartbeat | undefined,
  node: KubeObject,
  lease: KubeObject | undefined,
  now: number,
): Heartbeat {
  const ready = readyOf(node);
  const seen = `${lease?.spec?.renewTime ?? ''} ${ready?.lastHeartbeatTime ?? ''}`;
  if (before === undefined) return { seen, at: now };
  return before.seen === seen ? before : { seen, at: now };
}

interface NodeCondition extends Condition {
  lastHeartbeatTime?: string | null;
}

function conditionsOf(node: KubeObject): NodeCondition[] {
  return node.status?.conditions ?? [];
}

export function readyOf(node: KubeObject): NodeCondition | undefined {
  return conditionsOf(node).find((c) => c.type === 'Ready');
}

const watched = ['Ready', 'MemoryPressure', 'DiskPressure', 'PIDPressure'];

/** The conditions of a silent node, all Unknown; undefined when it is not silent or they are so already. */
export function silenced(
  node: KubeObject,
  unheardMs: number,
  settings: HealthSettings,
  now: Date,
): NodeCondition[] | undefined {
  const ready = readyOf(node);
  const created = Date.parse(node.metadata.creationTimestamp ?? '') || now.getTime();
  const silentMs = ready === undefined ? Math.min(now.getTime() - created, unheardMs) : unheardMs;
  if (silentMs <= (ready === undefined ? settings.startupGraceMs : settings.graceMs))
    return undefined;
  const time = timestamp(now);
  let changed = false;
  const conditions = [...conditionsOf(node)];
  for (const type of watched) {
    const index = conditions.findIndex((c) => c.type === type);
    const before = conditions[index];
    if (before?.status === 'Unknown') continue;
    changed = true;
    if (before === undefined) {
      conditions.push({
        type,
        status: 'Unknown',
        reason: 'NodeStatusNeverUpdated',
        message: 'Kubelet never posted node status.',
        lastHeartbeatTime: node.metadata.creationTimestamp ?? time,
        lastTransitionTime: time,
      });
    } else {
      conditions[index] = {
        ...before,
        status: 'Unknown',
        reason: 'NodeStatusUnknown',
        message: 'Kubelet stopped posting node status.',
        lastTransitionTime: time,
      };
    }
  }
  return changed ? conditions : undefined;
}

const notReady = 'node.kubernetes.io/not-ready';
const unreachable = 'node.kubernetes.io/unreachable';

/** Taints we own: the rest belongs to people and other controllers. */
const owned = new Set([
  `${notReady}:NoSchedule`,
  `${unreachable}:NoSchedule`,
  `${notReady}:NoExecute`,
  `${unreachable}:NoExecute`,
  'node.kubernetes.io/memory-pressure:NoSchedule',
  'node.kubernetes.io/disk-pressure:NoSchedule',
  'node.kubernetes.io/pid-pressure:NoSchedule',
  'node.kubernetes.io/network-unavailable:NoSchedule',
  'node.kubernetes.io/unschedulable:NoSchedule',
]);

const pressures: Record<string, string> = {
  MemoryPressure: 'node.kubernetes.io/memory-pressure',
  DiskPressure: 'node.kubernetes.io/disk-pressure',
  PIDPressure: 'node.kubernetes.io/pid-pressure',
  NetworkUnavailable: 'node.kubernetes.io/network-unavailable',
};

const nameOf = (taint: Taint): string => `${taint.key}:${taint.effect}`;

/**
 * The taints a node should carry. `evict` allows a new NoExecute taint; one that is there stays while
 * the node is unhealthy. Returns undefined when nothing changes.
 */
export function taintsFor(node: KubeObject, evict: boolean, now: Date): Taint[] | undefined {
  const current: Taint[] = node.spec?.taints ?? [];
  const wanted: Taint[] = [];
  const unhealthy = unhealthyKey(node);
  if (unhealthy !== undefined) {
    wanted.push({ key: unhealthy, effect: 'NoSchedule' });
    const evicting = current.some((t) => t.effect === 'NoExecute' && owned.has(nameOf(t)));
    if (evict || evicting) wanted.push({ key: unhealthy, effect: 'NoExecute' });
  }
  for (const { type, status } of conditionsOf(node)) {
    const key = pressures[type];
    if (key !== undefined && status === 'True') wanted.push({ key, effect: 'NoSchedule' });
  }
  if (node.spec?.unschedulable === true) {
    wanted.push({ key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule' });
  }
  const names = new Set(wanted.map(nameOf));
  const kept = current.filter((t) => !owned.has(nameOf(t)) || names.has(nameOf(t)));
  const present = new Set(kept.map(nameOf));
  const added = wanted.filter((t) => !present.has(nameOf(t)));
  if (added.length === 0 && kept.length === current.length) return undefined;
  return [...kept, ...added.map((t) => ({ ...t, timeAdded: timestamp(now) }))];
}

export function unhealthyKey(node: KubeObject): string | undefined {
  switch (readyOf(node)?.status) {
    case 'False':
      return notReady;
    case 'Unknown':
      return unreachable;
    case undefined:
      return notReady;
    default:
      return undefined;
  }
}
