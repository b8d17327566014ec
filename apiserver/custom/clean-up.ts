import type { KubeObject } from '../../object/object.ts';
import { cleanupFinalizer } from '../apis/apiextensions/definition-defaults.ts';
import type { Resource } from '../apis/resource.ts';
import type { DeleteOptions } from '../verbs/delete-options.ts';
import { marked } from '../verbs/delete-plan.ts';
import type { Services } from '../verbs/services.ts';
import { deleteStored, fresh, reviseStored, type Written } from '../verbs/stored.ts';
import { conditionOf, type Condition, type Definition } from './definition.ts';
import { setCondition } from './establish.ts';
import { writeStatus } from '../verbs/own-status.ts';

/**
 * A definition that is being deleted: its objects first, then the finalizer, and with it the definition.
 * Source: apiextensions-apiserver controller/finalizer/crd_finalizer.go.
 */

type Terminating = Pick<Condition, 'status' | 'reason' | 'message'>;

const inProgress: Terminating = {
  status: 'True',
  reason: 'InstanceDeletionInProgress',
  message: 'CustomResource deletion is in progress',
};
const unconfirmed: Terminating = {
  status: 'True',
  reason: 'InstanceDeletionCheck',
  message: 'could not confirm zero CustomResources remaining: context deadline exceeded',
};
const completed: Terminating = {
  status: 'False',
  reason: 'InstanceDeletionCompleted',
  message: 'removed all instances',
};
const neverEstablished: Terminating = {
  status: 'False',
  reason: 'NeverEstablished',
  message: 'resource was never established',
};

/**
 * @param storage undefined: the definition was never established
 * @returns false while objects with finalizers of their own remain: to be asked for again
 */
export async function cleanUp(
  services: Services,
  resource: Resource,
  definition: Definition,
  storage: Resource | undefined,
): Promise<boolean> {
  const { name = '', finalizers = [] } = definition.metadata;
  if (!finalizers.includes(cleanupFinalizer)) return true;
  const at = { namespace: '', name };
  const say = (wanted: Terminating, keep?: readonly string[]) =>
    sayTerminating(services, resource, name, wanted, keep);
  if (conditionOf(definition, 'Terminating')?.reason !== inProgress.reason) await say(inProgress);
  if (storage !== undefined && (await objectsLeft(services, storage))) return false;
  const now = await fresh(services, resource, at);
  if (now === undefined) return true;
  const others = (now.object.metadata.finalizers ?? []).filter((f) => f !== cleanupFinalizer);
  if (others.length > 0) {
    await say(storage === undefined ? neverEstablished : completed, others);
    return true;
  }
  // the last finalizer takes the definition with it, as it was
  return (await deleteStored(services, resource, at, now.revision)).deleted;
}

/** That objects were still there when a minute was over: the next attempt says that it goes on. */
export async function sayUnconfirmed(
  services: Services,
  resource: Resource,
  name: string,
): Promise<void> {
  await sayTerminating(services, resource, name, unconfirmed);
}

/** @param keep the finalizers that stay */
function sayTerminating(
  services: Services,
  resource: Resource,
  name: string,
  wanted: Terminating,
  keep?: readonly string[],
): Promise<Written> {
  return writeStatus(services, resource, { name }, (next: Definition) => {
    const conditions = [...(next.status?.conditions ?? [])];
    setCondition(conditions, services.now(), { type: 'Terminating', ...wanted });
    next.status = { ...next.status, conditions };
    if (keep !== undefined) next.metadata.finalizers = [...keep];
  });
}

const plainly: DeleteOptions = {
  dryRun: false,
  gracePeriodSeconds: undefined,
  propagationPolicy: undefined,
  orphanDependents: undefined,
  preconditions: undefined,
};

/** Deletes what can be deleted; true while objects with finalizers of their own remain. */
async function objectsLeft(services: Services, resource: Resource): Promise<boolean> {
  const { items } = await services.store.list(resource.keyPrefix);
  let left = false;
  for (const { key, value, modRevision } of items) {
    const object = JSON.parse(value.toString('utf8')) as KubeObject;
    const { namespace = '', name = key, finalizers = [], deletionTimestamp } = object.metadata;
    if (finalizers.length === 0) {
      const gone = await deleteStored(services, resource, { namespace, name }, modRevision);
      left ||= !gone.deleted;
      continue;
    }
    left = true;
    if (deletionTimestamp != null) continue;
    const now = services.now();
    const at = { namespace, name, dryRun: false };
    await reviseStored(services, resource, at, async (stored) =>
      marked(resource, stored.object, plainly, now),
    );
  }
  return left;
}
