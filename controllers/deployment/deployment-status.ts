import type { KubeObject } from '../../object/object.ts';
import { timestamp } from '../../object/object.ts';
import { type Condition, conditionOf } from '../pod.ts';
import { availableReplicas, maxUnavailable, specReplicas, sum } from './replica-set-plan.ts';

/** The status of a Deployment and its progress, pure (pkg/controller/deployment/progress.go). */
interface Status {
  [field: string]: unknown;
  observedGeneration: number;
  replicas: number;
  updatedReplicas: number;
  readyReplicas: number;
  availableReplicas: number;
  unavailableReplicas: number;
  conditions: Condition[];
}

const noDeadline = 2_147_483_647;

function with_(conditions: Condition[], next: Omit<Condition, 'lastUpdateTime'>, now: Date) {
  const time = timestamp(now);
  const before = conditions.find((c) => c.type === next.type);
  if (before?.status === next.status && before.reason === next.reason) return conditions;
  const lastTransitionTime =
    before?.status === next.status ? (before.lastTransitionTime ?? time) : time;
  return [
    ...conditions.filter((c) => c.type !== next.type),
    { ...next, lastUpdateTime: time, lastTransitionTime },
  ];
}

/** Counts and the Available condition. */
export function countStatus(
  deployment: KubeObject,
  newSet: KubeObject | undefined,
  old: readonly KubeObject[],
  now: Date,
): Status {
  const all = newSet === undefined ? old : [...old, newSet];
  const available = sum(all, availableReplicas);
  const terminating = sum(all, (rs) => rs.status?.terminatingReplicas ?? 0);
  const enough = available >= specReplicas(deployment) - maxUnavailable(deployment);
  const conditions: Condition[] = [...(deployment.status?.conditions ?? [])];
  return {
    observedGeneration: deployment.metadata.generation ?? 0,
    replicas: sum(all, (rs) => rs.status?.replicas ?? 0),
    updatedReplicas: newSet?.status?.replicas ?? 0,
    readyReplicas: sum(all, (rs) => rs.status?.readyReplicas ?? 0),
    availableReplicas: available,
    unavailableReplicas: Math.max(0, sum(all, specReplicas) - available),
    terminatingReplicas: terminating,
    ...(deployment.status?.collisionCount === undefined
      ? {}
      : { collisionCount: deployment.status.collisionCount }),
    conditions: with_(
      conditions,
      enough
        ? {
            type: 'Available',
            status: 'True',
            reason: 'MinimumReplicasAvailable',
            message: 'Deployment has minimum availability.',
          }
        : {
            type: 'Available',
            status: 'False',
            reason: 'MinimumReplicasUnavailable',
            message: 'Deployment does not have minimum availability.',
          },
      now,
    ),
  };
}

export function hasDeadline(deployment: KubeObject): boolean {
  const seconds = deployment.spec.progressDeadlineSeconds;
  return seconds !== undefined && seconds !== null && seconds !== noDeadline;
}

function isComplete(deployment: KubeObject, status: Status): boolean {
  const replicas = specReplicas(deployment);
  return (
    status.updatedReplicas === replicas &&
    status.replicas === replicas &&
    status.availableReplicas === replicas &&
    status.observedGeneration >= (deployment.metadata.generation ?? 0)
  );
}

function isProgressing(deployment: KubeObject, status: Status): boolean {
  const before = deployment.status ?? {};
  const oldReplicas = (before.replicas ?? 0) - (before.updatedReplicas ?? 0);
  return (
    status.updatedReplicas > (before.updatedReplicas ?? 0) ||
    status.replicas - status.updatedReplicas < oldReplicas ||
    status.readyReplicas > (before.readyReplicas ?? 0) ||
    status.availableReplicas > (before.availableReplicas ?? 0)
  );
}

function isTimedOut(deployment: KubeObject, now: Date): boolean {
  const condition = conditionOf(deployment, 'Progressing');
  if (condition === undefined || condition.reason === 'NewReplicaSetAvailable') return false;
  if (condition.reason === 'ProgressDeadlineExceeded') return true;
  const from = Date.parse(condition.lastUpdateTime ?? condition.lastTransitionTime ?? '');
  return from + deployment.spec.progressDeadlineSeconds * 1000 < now.getTime();
}

/** The status while a rollout runs: counts, Progressing and ReplicaFailure. */
export function rolloutStatus(
  deployment: KubeObject,
  newSet: KubeObject | undefined,
  old: readonly KubeObject[],
  now: Date,
): Status {
  const status = countStatus(deployment, newSet, old, now);
  const subject =
    newSet === undefined
      ? `Deployment "${deployment.metadata.name}"`
      : `ReplicaSet "${newSet.metadata.name}"`;
  const current = conditionOf(deployment, 'Progressing');
  if (!hasDeadline(deployment)) {
    status.conditions = status.conditions.filter((c) => c.type !== 'Progressing');
  } else if (
    !(status.replicas === status.updatedReplicas && current?.reason === 'NewReplicaSetAvailable')
  ) {
    const condition = progress(deployment, status, subject, current, now);
    if (condition !== undefined) {
      // Each step forward restarts the deadline, so the update time must move.
      if (condition.reason === 'ReplicaSetUpdated') {
        status.conditions = status.conditions.filter((c) => c.type !== 'Progressing');
      }
      const kept = current?.status === condition.status ? current.lastTransitionTime : undefined;
      status.conditions = with_(status.conditions, condition, now).map((c) =>
        c.type === 'Progressing' && kept != null ? { ...c, lastTransitionTime: kept } : c,
      );
    }
  }
  const failure = [newSet, ...old]
    .map((rs) => (rs === undefined ? undefined : conditionOf(rs, 'ReplicaFailure')))
    .find((c) => c !== undefined);
  status.conditions =
    failure === undefined
      ? status.conditions.filter((c) => c.type !== 'ReplicaFailure')
      : with_(status.conditions, failure, now);
  return status;
}

function progress(
  deployment: KubeObject,
  status: Status,
  subject: string,
  current: Condition | undefined,
  now: Date,
): Condition | undefined {
  if (isComplete(deployment, status)) {
    return {
      type: 'Progressing',
      status: 'True',
      reason: 'NewReplicaSetAvailable',
      message: `${subject} has successfully progressed.`,
    };
  }
  if (isProgressing(deployment, status)) {
    return {
      type: 'Progressing',
      status: 'True',
      reason: 'ReplicaSetUpdated',
      message: `${subject} is progressing.`,
    };
  }
  if (current?.reason !== 'ProgressDeadlineExceeded' && isTimedOut(deployment, now)) {
    return {
      type: 'Progressing',
      status: 'False',
      reason: 'ProgressDeadlineExceeded',
      message: `${subject} has timed out progressing.`,
    };
  }
  return undefined;
}

/** When to look again for the deadline; undefined when nothing is pending. */
export function deadlineIn(deployment: KubeObject, now: Date): number | undefined {
  const condition = conditionOf(deployment, 'Progressing');
  if (!hasDeadline(deployment) || condition === undefined) return undefined;
  const settled = ['NewReplicaSetAvailable', 'ProgressDeadlineExceeded', 'DeploymentPaused'];
  if (settled.includes(condition.reason ?? '')) return undefined;
  const from = Date.parse(condition.lastUpdateTime ?? '') || now.getTime();
  return Math.max(0, from + deployment.spec.progressDeadlineSeconds * 1000 - now.getTime()) + 1000;
}

/** Progressing said in so many words, for steps outside counting (created, found, paused). */
export function withProgress(
  conditions: readonly Condition[] | undefined,
  status: Condition['status'],
  reason: string,
  message: string,
  now: Date,
): Condition[] {
  return with_([...(conditions ?? [])], { type: 'Progressing', status, reason, message }, now);
}
