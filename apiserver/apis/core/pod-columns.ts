import type { KubeObject } from '../../../object/object.ts';
import { ageColumn, nameColumn, orNone, textColumn } from '../column.ts';
import { age } from '../human-duration.ts';
import type { Plain } from '../plain.ts';
import type { Column } from '../resource.ts';

/** What `kubectl get pods` shows (printers.go printPod). */
export const podColumns: readonly Column[] = [
  nameColumn,
  textColumn('Ready', (pod) => summaryOf(pod).ready),
  textColumn('Status', (pod) => summaryOf(pod).status),
  textColumn('Restarts', (pod) => restartsText(summaryOf(pod).restarts)),
  ageColumn,
  textColumn('IP', (pod) => orNone(pod.status?.podIPs?.[0]?.ip ?? pod.status?.podIP), 1),
  textColumn('Node', (pod) => orNone(pod.spec?.nodeName), 1),
  textColumn('Nominated Node', (pod) => orNone(pod.status?.nominatedNodeName), 1),
  textColumn('Readiness Gates', readinessGates, 1),
];

interface Summary {
  ready: string;
  status: string;
  restarts: Restarts;
}

/** Three cells of one row ask for the same summary. */
let last: { pod: KubeObject; status: unknown; summary: Summary } | undefined;

function summaryOf(pod: KubeObject): Summary {
  if (last?.pod !== pod || last.status !== pod.status) {
    last = { pod, status: pod.status, summary: summarise(pod) };
  }
  return last.summary;
}

interface Restarts {
  count: number;
  /** Milliseconds since 1970 of the latest restart; 0 is never. */
  latest: number;
}

function summarise(pod: KubeObject): Summary {
  const spec: Plain = pod.spec ?? {};
  const status: Plain = pod.status ?? {};
  const sidecars = new Set<string>(
    (spec.initContainers ?? [])
      .filter((c: Plain) => c.restartPolicy === 'Always')
      .map((c: Plain) => c.name),
  );
  const init = initState(spec, status, sidecars);
  let { ready, restarts } = init;
  let reason = init.reason ?? phaseReason(status);
  if (init.reason === undefined || hasCondition(status, 'Initialized')) {
    restarts = init.sidecarRestarts;
    const main = mainState(status, restarts, reason);
    ready += main.ready;
    reason = main.reason;
  }
  if (pod.metadata.deletionTimestamp) {
    if (status.reason === 'NodeLost') reason = 'Unknown';
    else if (status.phase !== 'Succeeded' && status.phase !== 'Failed') reason = 'Terminating';
  }
  return {
    ready: `${ready}/${(spec.containers ?? []).length + sidecars.size}`,
    status: reason,
    restarts,
  };
}

function phaseReason(status: Plain): string {
  const gated = (status.conditions ?? []).some(
    (c: Plain) => c.type === 'PodScheduled' && c.reason === 'SchedulingGated',
  );
  if (gated) return 'SchedulingGated';
  return status.reason || status.phase || '';
}

function initState(spec: Plain, status: Plain, sidecars: ReadonlySet<string>) {
  const restarts: Restarts = { count: 0, latest: 0 };
  const sidecarRestarts: Restarts = { count: 0, latest: 0 };
  const total = (spec.initContainers ?? []).length;
  let ready = 0;
  for (const [i, container] of (status.initContainerStatuses ?? []).entries()) {
    addRestarts(restarts, container);
    const sidecar = sidecars.has(container.name);
    if (sidecar) addRestarts(sidecarRestarts, container);
    const { terminated, waiting } = container.state ?? {};
    if (terminated?.exitCode === 0) continue;
    if (sidecar && container.started === true) {
      if (container.ready === true) ready += 1;
      continue;
    }
    const reason = terminated
      ? `Init:${endReason(terminated)}`
      : waiting?.reason && waiting.reason !== 'PodInitializing'
        ? `Init:${waiting.reason}`
        : `Init:${i}/${total}`;
    return { ready, restarts, sidecarRestarts, reason };
  }
  return { ready, restarts, sidecarRestarts, reason: undefined };
}

/** Adds to `restarts`; the first container with something to say has the last word. */
function mainState(status: Plain, restarts: Restarts, phase: string) {
  let reason = phase;
  let ready = 0;
  const containers: Plain[] = status.containerStatuses ?? [];
  for (const container of containers.toReversed()) {
    addRestarts(restarts, container);
    const { waiting, terminated, running } = container.state ?? {};
    if (waiting?.reason) reason = waiting.reason;
    else if (terminated) reason = endReason(terminated);
    else if (container.ready === true && running) ready += 1;
  }
  // Some ended, others still run.
  if (reason === 'Completed' && ready > 0) {
    reason = hasCondition(status, 'Ready') ? 'Running' : 'NotReady';
  }
  return { ready, reason };
}

function endReason(terminated: Plain): string {
  if (terminated.reason) return terminated.reason;
  if (terminated.signal) return `Signal:${terminated.signal}`;
  return `ExitCode:${terminated.exitCode ?? 0}`;
}

function addRestarts(sum: Restarts, container: Plain): void {
  sum.count += container.restartCount ?? 0;
  const finished = container.lastState?.terminated?.finishedAt;
  if (finished) sum.latest = Math.max(sum.latest, Date.parse(finished));
}

function restartsText({ count, latest }: Restarts): string {
  if (count === 0 || latest === 0) return String(count);
  return `${count} (${age(new Date(latest).toISOString())} ago)`;
}

function hasCondition(status: Plain, type: string): boolean {
  return (status.conditions ?? []).some((c: Plain) => c.type === type && c.status === 'True');
}

function readinessGates(pod: KubeObject): string {
  const gates: Plain[] = pod.spec?.readinessGates ?? [];
  if (gates.length === 0) return '<none>';
  const met = gates.filter((gate) => hasCondition(pod.status ?? {}, gate.conditionType));
  return `${met.length}/${gates.length}`;
}
