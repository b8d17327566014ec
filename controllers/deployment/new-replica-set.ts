import type { KubeObject } from '../../object/object.ts';
import { deepCopy } from '../../object/copy.ts';
import { deepEqual } from '../../object/equal.ts';
import { type ControllerContext, isCode, isNamespaceTerminating } from '../context.ts';
import { contentHash } from '../hash.ts';
import { controllerOf, controllerReference } from '../owner.ts';
import { conditionOf } from '../pod.ts';
import { deployments, replicaSets } from '../resources.ts';
import { hasDeadline, withProgress } from './deployment-status.ts';
import {
  desiredAnnotation,
  equalTemplates,
  fenceposts,
  findNew,
  hashLabel,
  historyAnnotation,
  maxAnnotation,
  newReplicaSetSize,
  revisionAnnotation,
  revisionOf,
  specReplicas,
} from './replica-set-plan.ts';

/** Effects on ReplicaSets: create the new one, keep its annotations, scale, remove history. */

interface Ensured {
  deployment: KubeObject;
  all: KubeObject[];
}

/** Kept by the Deployment alone, not copied down. */
const ownAnnotations = new Set([
  'kubectl.kubernetes.io/last-applied-configuration',
  revisionAnnotation,
  historyAnnotation,
  desiredAnnotation,
  maxAnnotation,
  'deprecated.deployment.rollback.to',
]);

/** The annotations the new ReplicaSet should carry. */
export function newAnnotations(
  deployment: KubeObject,
  existing: KubeObject | undefined,
  revision: bigint,
): Record<string, string> {
  const next: Record<string, string> = { ...existing?.metadata.annotations };
  for (const [name, value] of Object.entries(deployment.metadata.annotations ?? {})) {
    if (!ownAnnotations.has(name)) next[name] = value;
  }
  const before = existing === undefined ? 0n : revisionOf(existing);
  if (before < revision) {
    if (before > 0n) {
      const history = (next[historyAnnotation] ?? '').split(',').filter((r) => r !== '');
      next[historyAnnotation] = [...history, String(before)].slice(-100).join(',');
    }
    next[revisionAnnotation] = String(revision);
  }
  if (existing === undefined) {
    next[desiredAnnotation] = String(specReplicas(deployment));
    next[maxAnnotation] = String(specReplicas(deployment) + fenceposts(deployment).surge);
  }
  return next;
}

/** The ReplicaSet of the present template exists and carries the newest revision. */
export async function ensureNewReplicaSet(
  context: ControllerContext,
  deployment: KubeObject,
  sets: KubeObject[],
): Promise<Ensured> {
  const existing = findNew(deployment, sets);
  const old = sets.filter((rs) => rs !== existing);
  const newest = old.map(revisionOf).reduce((a, b) => (a > b ? a : b), 0n);
  const revision = newest + 1n;
  if (existing === undefined) return createReplicaSet(context, deployment, sets, revision);
  const annotations = newAnnotations(deployment, existing, revision);
  const minReadySeconds = deployment.spec.minReadySeconds ?? 0;
  let newSet = existing;
  if (
    !deepEqual(annotations, existing.metadata.annotations ?? {}) ||
    (existing.spec.minReadySeconds ?? 0) !== minReadySeconds
  ) {
    newSet = await context.cluster.update(replicaSets, {
      ...existing,
      metadata: { ...existing.metadata, annotations },
      spec: { ...existing.spec, minReadySeconds },
    });
  }
  const found = `Found new replica set "${newSet.metadata.name}"`;
  const noted = await note(context, deployment, annotations[revisionAnnotation] ?? '1', {
    reason: conditionOf(deployment, 'Progressing') === undefined ? 'FoundNewReplicaSet' : undefined,
    message: found,
  });
  return { deployment: noted, all: [...old, newSet] };
}

async function createReplicaSet(
  context: ControllerContext,
  deployment: KubeObject,
  sets: KubeObject[],
  revision: bigint,
): Promise<Ensured> {
  const { namespace = '', name = '' } = deployment.metadata;
  const collisions = deployment.status?.collisionCount ?? 0;
  const hash = contentHash(deployment.spec.template, collisions);
  const template = deepCopy(deployment.spec.template);
  template.metadata = {
    ...template.metadata,
    labels: { ...template.metadata?.labels, [hashLabel]: hash },
  };
  const replicas = newReplicaSetSize(deployment, sets, 0);
  const replicaSet: KubeObject = {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: {
      name: `${name}-${hash}`,
      namespace,
      labels: { ...template.metadata.labels },
      annotations: newAnnotations(deployment, undefined, revision),
      ownerReferences: [controllerReference(deployment, deployments)],
    },
    spec: {
      replicas,
      minReadySeconds: deployment.spec.minReadySeconds ?? 0,
      selector: {
        ...deployment.spec.selector,
        matchLabels: { ...deployment.spec.selector?.matchLabels, [hashLabel]: hash },
      },
      template,
    },
  };
  let created: KubeObject;
  try {
    created = await context.cluster.create(replicaSets, replicaSet);
  } catch (error) {
    created = await resolveFailure(context, deployment, replicaSet, error);
  }
  const message = `Scaled up replica set ${created.metadata.name} from 0 to ${replicas}`;
  if (replicas > 0) context.events.record(deployment, 'Normal', 'ScalingReplicaSet', message);
  const noted = await note(context, deployment, String(revision), {
    reason: 'NewReplicaSetCreated',
    message: `Created new replica set "${created.metadata.name}"`,
  });
  return { deployment: noted, all: [...sets, created] };
}

/** The name is taken: by our own set the informer had not shown, or by another template (collision). */
async function resolveFailure(
  context: ControllerContext,
  deployment: KubeObject,
  wanted: KubeObject,
  error: unknown,
): Promise<KubeObject> {
  const { namespace = '', name = '' } = wanted.metadata;
  if (isCode(error, 409)) {
    const found = await context.cluster.get(replicaSets, namespace, name);
    if (
      found !== undefined &&
      controllerOf(found)?.uid === deployment.metadata.uid &&
      equalTemplates(found.spec.template, wanted.spec.template)
    ) {
      return found;
    }
    const collisionCount = (deployment.status?.collisionCount ?? 0) + 1;
    const status = { ...deployment.status, collisionCount };
    await context.cluster.update(deployments, { ...deployment, status }, 'status');
    throw new Error(`ReplicaSet name ${name} collides with another template`);
  }
  const text = `Failed to create new replica set "${name}": ${(error as Error).message}`;
  if (!isNamespaceTerminating(error) && hasDeadline(deployment)) {
    const conditions = withProgress(
      deployment.status?.conditions,
      'False',
      'ReplicaSetCreateError',
      text,
      context.now(),
    );
    const status = { ...deployment.status, conditions };
    await context.cluster.update(deployments, { ...deployment, status }, 'status');
    context.events.record(deployment, 'Warning', 'ReplicaSetCreateError', text);
  }
  throw error;
}

/**
 * The revision and, with a reason and a deadline, the progress, in one write of the status: that takes
 * annotations along and, unlike a write of the object, leaves its generation as it is.
 */
async function note(
  context: ControllerContext,
  deployment: KubeObject,
  revision: string,
  progress: { reason: string | undefined; message: string },
): Promise<KubeObject> {
  const { reason, message } = progress;
  const progresses = reason !== undefined && hasDeadline(deployment);
  const before = deployment.metadata.annotations;
  if (before?.[revisionAnnotation] === revision && !progresses) return deployment;
  const metadata = {
    ...deployment.metadata,
    annotations: { ...before, [revisionAnnotation]: revision },
  };
  const { conditions } = deployment.status ?? {};
  const status = progresses
    ? {
        ...deployment.status,
        conditions: withProgress(conditions, 'True', reason, message, context.now()),
      }
    : deployment.status;
  return context.cluster.update(deployments, { ...deployment, metadata, status }, 'status');
}

export async function scaleReplicaSet(
  context: ControllerContext,
  deployment: KubeObject,
  replicaSet: KubeObject,
  to: number,
): Promise<KubeObject> {
  const from = specReplicas(replicaSet);
  const annotations = {
    ...replicaSet.metadata.annotations,
    [desiredAnnotation]: String(specReplicas(deployment)),
    [maxAnnotation]: String(specReplicas(deployment) + fenceposts(deployment).surge),
  };
  if (from === to && deepEqual(annotations, replicaSet.metadata.annotations)) return replicaSet;
  const scaled = await context.cluster.update(replicaSets, {
    ...replicaSet,
    metadata: { ...replicaSet.metadata, annotations },
    spec: { ...replicaSet.spec, replicas: to },
  });
  if (from !== to) {
    const direction = to > from ? 'up' : 'down';
    const message = `Scaled ${direction} replica set ${replicaSet.metadata.name} from ${from} to ${to}`;
    context.events.record(deployment, 'Normal', 'ScalingReplicaSet', message);
  }
  return scaled;
}

export async function removeReplicaSets(
  context: ControllerContext,
  sets: readonly KubeObject[],
): Promise<void> {
  for (const { metadata } of sets) {
    const { namespace = '', name = '', uid } = metadata;
    await context.cluster.delete(
      replicaSets,
      namespace,
      name,
      uid === undefined ? {} : { uid, propagationPolicy: 'Background' },
    );
  }
}
