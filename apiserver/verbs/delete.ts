import type { KubeObject } from '../../object/object.ts';
import { conflict, notFound } from '../../object/status-error.ts';
import type { Resource } from '../apis/resource.ts';
import type { RequestContext } from '../context.ts';
import { acceptable, encodeAny, encodeWritten } from '../response/encode.ts';
import { admissionRequest } from './admit.ts';
import { admittedOptions, type DeleteOptions, deleteOptions } from './delete-options.ts';
import { holding, marked, pending, planDelete, propagationOf } from './delete-plan.ts';
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
    context.responseObject = status;
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

interface Deletion {
  namespace: string;
  name: string;
  /** The name that admission hears: of a collection's objects none, as of the request. */
  admittedAs?: string;
}

/**
 * The steps of a delete: preconditions, admission, then either the key goes, or the object is marked
 * and waits for its grace period or its finalizers.
 */
export async function deleteObject(
  context: RequestContext,
  resource: Resource,
  services: Services,
  at: Deletion,
  options: DeleteOptions,
): Promise<{ removed: boolean; written: Written }> {
  const names = { group: resource.group, resource: resource.resource };
  const { dryRun } = options;
  const warning = resource.orphansDependents?.warning;
  if (warning !== undefined && propagationOf(options) === undefined) {
    if (!context.warnings.includes(warning)) context.warnings.push(warning);
  }
  let now = await current(services, resource, at);
  let { admitted = false, preconditions } = options;
  for (;;) {
    if (now === undefined) throw notFound(names, at.name);
    try {
      checkPreconditions(resource, at.name, now, preconditions);
    } catch (error) {
      if (!now.fromCache) throw error;
      now = await fresh(services, resource, at);
      continue;
    }
    const held = resource.deferDelete?.(now.object, services.now(), options);
    const plan =
      held === undefined
        ? planDelete(resource, now.object, options)
        : held === now.object
          ? pending
          : holding;
    // on its way already, and asked for no sooner: there is nothing to judge
    if (plan === pending) return { removed: false, written: asWritten(now) };
    if (!admitted) {
      admitted = true;
      await admitDelete(context, resource, services, at, options, now.object);
    }
    if (plan.immediate) {
      if (dryRun) return { removed: true, written: asWritten(now) };
      const result = await deleteStored(services, resource, at, now.revision);
      if (result.deleted) {
        await services.hooks.afterDelete(resource, now.object);
        return { removed: true, written: deletedObject(now, result.revision) };
      }
      now = result.now;
      continue;
    }
    if (!plan.changes) return { removed: false, written: asWritten(now) };
    const written = await reviseStored(services, resource, { ...at, dryRun }, async (again) => {
      checkPreconditions(resource, at.name, again, preconditions);
      const still = resource.deferDelete?.(again.object, services.now(), options);
      return still ?? marked(resource, again.object, options, services.now());
    });
    if (held !== undefined || !planDelete(resource, written.object, options).immediate) {
      return { removed: false, written };
    }
    // nothing holds it after all (no grace, no finalizers left)
    if (dryRun) return { removed: true, written };
    now = asStored(written);
    // the version that was asked for is gone since the object was marked
    if (preconditions?.resourceVersion !== undefined) {
      preconditions = { ...preconditions, resourceVersion: String(written.revision) };
    }
  }
}

async function admitDelete(
  context: RequestContext,
  resource: Resource,
  services: Services,
  at: Deletion,
  options: DeleteOptions,
  oldObject: KubeObject,
): Promise<void> {
  const grace = resource.gracePeriodSeconds?.(oldObject, options.gracePeriodSeconds);
  const request = admissionRequest(context, resource, {
    operation: 'DELETE',
    object: undefined,
    oldObject,
    dryRun: options.dryRun,
    name: at.admittedAs ?? at.name,
    options: admittedOptions(options, at.admittedAs === undefined ? grace : undefined),
  });
  await services.admission.mutate(request);
  await services.admission.validate(request);
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

function checkPreconditions(
  resource: Resource,
  name: string,
  now: Stored,
  wanted: DeleteOptions['preconditions'],
): void {
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
