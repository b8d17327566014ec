import { type KubeObject, timestamp } from '../../object/object.ts';
import { type ControllerContext, isCode } from '../context.ts';
import { type Condition, conditionOf, setCondition } from '../pod.ts';
import { pods } from '../resources.ts';
import { chooseVictims, whyNotEligible } from './preempt.ts';
import { type Decision, fitMessage, schedulerName } from './schedule.ts';
import type { Snapshot } from './snapshot.ts';

/** What became of the attempt to make room. */
export interface Preemption {
  /** To be told with why the pod fits nowhere. */
  message: string;
  /** The node that is being made ready; '' when there is none, undefined when that stays as it is. */
  nominated?: string;
}

/** Makes room for a pod that fits nowhere: less important ones are told why, and deleted. */
export async function preempt(
  context: ControllerContext,
  pod: KubeObject,
  snapshot: Snapshot,
  decision: Decision & { kind: 'none' },
  budgets: readonly KubeObject[],
): Promise<Preemption> {
  const total = snapshot.nodes.length;
  if (total === 0) return { message: '' };
  const why = whyNotEligible(pod, snapshot);
  if (why !== undefined) return { message: ` preemption: ${why}` };
  const victims = chooseVictims(pod, snapshot, decision.helpful, budgets);
  if (victims === undefined) {
    const reasons = new Map([
      ['Preemption is not helpful for scheduling', total - decision.helpful.length],
      ['No preemption victims found for incoming pod', decision.helpful.length],
    ]);
    for (const [reason, n] of reasons) if (n === 0) reasons.delete(reason);
    return { message: ` preemption: ${fitMessage(total, reasons)}`, nominated: '' };
  }
  for (const victim of victims.pods) await pushOut(context, pod, victim, victims.node);
  return { message: '', nominated: victims.node };
}

async function pushOut(
  context: ControllerContext,
  pod: KubeObject,
  victim: KubeObject,
  node: string,
): Promise<void> {
  if (victim.metadata.deletionTimestamp != null) return;
  const { namespace = '', name = '', uid = '', generation = 0 } = victim.metadata;
  const condition = {
    type: 'DisruptionTarget',
    status: 'True' as const,
    reason: 'PreemptionByScheduler',
    message: `${schedulerName}: preempting to accommodate a higher priority pod`,
    observedGeneration: generation,
  };
  const conditions = setCondition(victim.status?.conditions, condition, timestamp(context.now()));
  const target = { namespace, name, subresource: 'status' };
  try {
    // That very pod: one made anew under its name is no victim.
    const body = { metadata: { uid }, status: { conditions } };
    await context.cluster.patch(pods, target, 'strategic', body);
    await context.cluster.delete(pods, namespace, name, { uid });
  } catch (error) {
    if (!isCode(error, 404)) throw error;
  }
  const message = `Preempted by pod ${pod.metadata.uid} on node ${node}`;
  context.events.record(victim, 'Normal', 'Preempted', message);
}

/** The pod says why it fits nowhere, and where room is being made for it. */
export async function reportFailure(
  context: ControllerContext,
  pod: KubeObject,
  message: string,
  nominated: string | undefined,
): Promise<void> {
  context.events.record(pod, 'Warning', 'FailedScheduling', message);
  const before = conditionOf(pod, 'PodScheduled');
  const next: Condition = {
    type: 'PodScheduled',
    status: 'False',
    reason: 'Unschedulable',
    message,
    observedGeneration: pod.metadata.generation ?? 0,
  };
  const node = nominated ?? pod.status?.nominatedNodeName ?? '';
  const same =
    before?.status === 'False' && before.reason === next.reason && before.message === message;
  if (same && node === (pod.status?.nominatedNodeName ?? '')) return;
  const conditions = setCondition(pod.status?.conditions, next, timestamp(context.now()));
  await patchStatus(context, pod, { conditions, nominatedNodeName: node === '' ? null : node });
}

/** It was to have a node that a more important pod is getting. */
export function denyNode(context: ControllerContext, pod: KubeObject): Promise<void> {
  return patchStatus(context, pod, { nominatedNodeName: null });
}

async function patchStatus(
  { cluster }: ControllerContext,
  { metadata }: KubeObject,
  status: object,
): Promise<void> {
  const { namespace = '', name = '' } = metadata;
  await cluster.patch(pods, { namespace, name, subresource: 'status' }, 'strategic', { status });
}
