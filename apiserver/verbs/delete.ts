import { type KubeObject, timestamp } from '../../object/object.ts';
import { conflict, notFound } from '../../object/status-error.ts';
import type { Resource } from '../apis/resource.ts';
import type { RequestContext } from '../context.ts';
import { acceptable, encodeAny, encodeWritten } from '../response/encode.ts';
import { admissionRequest } from './admit.ts';
import { type DeleteOptions, deleteOptions } from './delete-options.ts';
import type { Services } from './services.ts';
import { current, deleteStored, fresh, reviseStored, type Stored, type Written } from './stored.ts';

/** DELETE of one object. */
export async function deleteOne(
  context: RequestContext,
  resource: Resource,
  services: Services,
): Promise<void> {
  const options = await deleteOptions(context);
  const { namespace, name } = context.info;
  const gone = await deleteObject(context, resource, services, { namespace, name }, options);
  if (gone.removed && !returnsObject(resource)) {
    const status = {
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Success',
      details: {
        name,
        ...(resource.group === '' ? {} : { group: resource.group }),
        kind: resource.resource,
        uid: gone.written.object.metadata.uid,
      },
    };
    context.answer = encodeAny(context, status, acceptable(context, resource), 200);
    return;
  }
  // of old: who asks for cascading with this flag hears that it is not done yet
  const waits = !gone.removed && options.orphanDependents === false;
  context.answer = encodeWritten(context, resource, gone.written, waits ? 202 : 200);
}

/** Upstream's ReturnDeletedObject: these give back what was deleted in place of a Status. */
const returningDeleted = new Set([
  'pods',
  'services',
  'serviceaccounts',
  'persistentvolumes',
  'persistentvolumeclaims',
  'resourcequotas',
  'podtemplates',
  'podsecuritypolicies',
  'storageclasses',
  'volumeattachments',
  'csidrivers',
  'csinodes',
  'csistoragecapacities',
  'replicationcontrollers',
]);

function returnsObject(resource: Resource): boolean {
  return resource.custom === undefined && returningDeleted.has(resource.resource);
}

/**
 * The steps of a delete: preconditions, admission, then either the key goes, or the object is marked
 * and waits for its grace period or its finalizers.
 */
export async function deleteObject(
  context: RequestContext,
  resource: Resource,
  services: Services,
  at: { namespace: string; name: string },
  options: DeleteOptions,
): Promise<{ removed: boolean; written: Written }> {
  const names = { group: resource.group, resource: resource.resource };
  const warning = resource.orphansDependents?.warning;
  if (warning !== undefined && propagationOf(options) === undefined) {
    if (!context.warnings.includes(warning)) context.warnings.push(warning);
  }
  let now = await current(services, resource, at);
  let admitted = false;
  for (;;) {
    if (now === undefined) throw notFound(names, at.name);
    try {
      checkPreconditions(resource, at.name, now, options);
    } catch (error) {
      if (!now.fromCache) throw error;
      now = await fresh(services, resource, at);
      continue;
    }
    if (!admitted) {
      admitted = true;
      const request = admissionRequest(context, resource, {
        operation: 'DELETE',
        object: undefined,
        oldObject: now.object,
        dryRun: options.dryRun,
        name: at.name,
      });
      await services.admission.mutate(request);
      await services.admission.validate(request);
    }
    if (options.dryRun) return { removed: true, written: asWritten(now) };
    const held = resource.deferDelete?.(now.object, services.now());
    const plan = held === undefined ? planDelete(resource, now.object, options) : holding;
    if (plan.immediate) {
      const result = await deleteStored(services, resource, at, now.revision);
      if (result.deleted) {
        await services.hooks.afterDelete(resource, now.object);
        return { removed: true, written: deletedObject(now, result.revision) };
      }
      now = result.now;
      continue;
    }
    if (!plan.changes) return { removed: false, written: asWritten(now) };
    const written = await reviseStored(
      services,
      resource,
      { ...at, dryRun: false },
      async (again) => {
        checkPreconditions(resource, at.name, again, options);
        const still = resource.deferDelete?.(again.object, services.now());
        return still ?? marked(resource, again.object, options, services.now());
      },
    );
    if (held !== undefined || !planDelete(resource, written.object, options).immediate) {
      return { removed: false, written };
    }
    // nothing holds it after all (no grace, no finalizers left)
    now = asStored(written);
  }
}

const unknown = Buffer.alloc(0);

/** For what is deleted next, where nobody compares bytes. */
function asStored({ object, revision, bytes: served }: Written): Stored {
  return { object, revision, bytes: unknown, served, fromCache: false, stale: false };
}

function asWritten(now: Stored): Written {
  return { bytes: now.served, object: now.object, revision: now.revision };
}

/** The last state, at the revision of the delete, as upstream answers. */
function deletedObject(now: Stored, revision: number): Written {
  const object = { ...now.object, metadata: { ...now.object.metadata } };
  object.metadata.resourceVersion = String(revision);
  return { bytes: undefined, object, revision };
}

interface Plan {
  immediate: boolean;
  /** The stored object has to be marked (again). */
  changes: boolean;
}

function planDelete(resource: Resource, object: KubeObject, options: DeleteOptions): Plan {
  const { metadata } = object;
  const grace = graceOf(resource, object, options);
  if (grace === 'pending') return { immediate: false, changes: false };
  const finalizers = wantedFinalizers(resource, object, options);
  if (grace === undefined) {
    if (finalizers.length === 0) return { immediate: true, changes: false };
    const marked = metadata.deletionTimestamp != null;
    return {
      immediate: false,
      changes: !marked || !sameList(finalizers, metadata.finalizers ?? []),
    };
  }
  // Without grace too, whoever watches is told of the end before it comes.
  return { immediate: false, changes: true };
}

/** Something of the kind's own keeps the object: it is marked and stays. */
const holding: Plan = { immediate: false, changes: true };

function sameList(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((value, index) => value === b[index]);
}

/**
 * The seconds that the object still gets; undefined when its kind gives none, or when it has had
 * them; 'pending' when it is on its way out and nobody asks for sooner (rest.BeforeDelete).
 */
function graceOf(
  resource: Resource,
  object: KubeObject,
  options: DeleteOptions,
): number | 'pending' | undefined {
  if (resource.gracePeriodSeconds === undefined) return undefined;
  const asked = options.gracePeriodSeconds;
  const { deletionTimestamp, deletionGracePeriodSeconds: left } = object.metadata;
  if (deletionTimestamp == null) return resource.gracePeriodSeconds(object, asked);
  if (!left) return undefined;
  if (asked === undefined) return 'pending';
  const sooner = asked < 0 ? 1 : asked;
  return sooner < left ? sooner : 'pending';
}

/** The object as it waits to go. */
function marked(
  resource: Resource,
  old: KubeObject,
  options: DeleteOptions,
  now: Date,
): KubeObject {
  const next = { ...old, metadata: { ...old.metadata } } as KubeObject;
  const { metadata } = next;
  const grace = graceOf(resource, old, options);
  if (grace === 'pending') return old;
  const finalizers = wantedFinalizers(resource, old, options);
  if (finalizers.length > 0) metadata.finalizers = finalizers;
  else delete metadata.finalizers;
  const seconds = grace ?? 0;
  if (metadata.deletionTimestamp == null) {
    metadata.deletionTimestamp = timestamp(new Date(now.getTime() + seconds * 1000));
    metadata.deletionGracePeriodSeconds = seconds;
    if (metadata.generation !== undefined && metadata.generation > 0) metadata.generation += 1;
  } else if (grace !== undefined) {
    const asked = new Date(metadata.deletionTimestamp).getTime();
    const began = asked - (metadata.deletionGracePeriodSeconds ?? 0) * 1000;
    metadata.deletionTimestamp = timestamp(new Date(began + grace * 1000));
    metadata.deletionGracePeriodSeconds = grace;
  }
  return next;
}

/** orphan and foregroundDeletion follow the propagation policy; other finalizers stay. */
function wantedFinalizers(
  resource: Resource,
  object: KubeObject,
  options: DeleteOptions,
): string[] {
  const now = object.metadata.finalizers ?? [];
  const policy = propagationOf(options);
  if (policy === undefined) {
    const said = now.includes('orphan') || now.includes('foregroundDeletion');
    return said || resource.orphansDependents === undefined ? now : [...now, 'orphan'];
  }
  const rest = now.filter((f) => f !== 'orphan' && f !== 'foregroundDeletion');
  if (policy === 'Orphan') return [...rest, 'orphan'];
  if (policy === 'Foreground') return [...rest, 'foregroundDeletion'];
  return rest;
}

function propagationOf(options: DeleteOptions): DeleteOptions['propagationPolicy'] {
  const { propagationPolicy, orphanDependents } = options;
  if (propagationPolicy !== undefined || orphanDependents === undefined) return propagationPolicy;
  return orphanDependents ? 'Orphan' : 'Background';
}

function checkPreconditions(
  resource: Resource,
  name: string,
  now: Stored,
  options: DeleteOptions,
): void {
  const wanted = options.preconditions;
  if (wanted === undefined) return;
  const { uid, resourceVersion } = now.object.metadata;
  const [what, asked, is, meanwhile] =
    wanted.uid !== undefined && wanted.uid !== uid
      ? (['UID', wanted.uid, uid, 'deleted and then recreated'] as const)
      : wanted.resourceVersion !== undefined && wanted.resourceVersion !== resourceVersion
        ? (['ResourceVersion', wanted.resourceVersion, resourceVersion, 'modified'] as const)
        : [];
  if (what === undefined) return;
  const { group } = resource;
  if (resource.deferDelete !== undefined) {
    throw conflict(
      { group, resource: resource.resource },
      name,
      `Precondition failed: ${what} in precondition: ${asked}, ${what} in object meta: ${is}`,
    );
  }
  throw conflict(
    { group, resource: resource.kind },
    name,
    `the ${what} in the precondition (${asked}) does not match the ${what} in record (${is}). The object might have been ${meanwhile}`,
  );
}
