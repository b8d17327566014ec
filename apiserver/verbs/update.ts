import { invalid, notFound, type StatusCause } from '../../object/status-error.ts';
import { deepCopy } from '../../object/copy.ts';
import type { KubeObject } from '../../object/object.ts';
import type { Resource } from '../apis/resource.ts';
import type { RequestContext } from '../context.ts';
import { encodeWritten } from '../response/encode.ts';
import { ValueTooLarge } from '../storage/store.ts';
import { admissionRequest } from './admit.ts';
import { createObject, judgeWrite, mayCreate, warnAbout } from './create.ts';
import { decode } from './decode.ts';
import { applyObjectDefaults } from '../apis/object-defaults.ts';
import { matchName, matchUrl } from './identity.ts';
import { keepTimes } from './managed.ts';
import { changesInVersions, trackInVersions } from './managed-versions.ts';
import { causesInOrder } from './causes-in-order.ts';
import { judgeChange } from './judge-change.ts';
import { carryMetadata, checkUid, raiseGeneration } from './metadata.ts';
import { prepareStatus, prepareUpdate, takeBack } from './object-parts.ts';
import { dedupOwnerReferences } from './owner-references.ts';
import type { Reservation, Services } from './services.ts';
import { current, deleteStored, keyOf, reviseStored, type Stored, type Written } from './stored.ts';
import { admittedWriteOptions, type WriteOptions, writeOptions } from './write-options.ts';

/** PUT on an object or its status. */
export async function update(
  context: RequestContext,
  resource: Resource,
  services: Services,
): Promise<void> {
  const options = writeOptions(context, 'UpdateOptions');
  const sent = await decode(context, resource, options.fieldValidation);
  const { namespace, name } = context.info;
  matchUrl(resource, sent, context.info);
  matchName(sent, context.info);
  dedupOwnerReferences(context, sent, false);
  if (resource.createOnUpdate === true && context.info.subresource === '') {
    const existing = await current(services, resource, { namespace, name });
    if (existing === undefined) {
      await mayCreate(context, services);
      delete sent.metadata.resourceVersion;
      const made = await createObject(context, resource, services, sent, options);
      context.answer = encodeWritten(context, resource, made, 201);
      return;
    }
  }
  const written = await reviseObject(context, resource, services, options, {
    operation: 'Update',
    uid: sent.metadata.uid,
    next: () => deepCopy(sent),
  });
  context.answer = encodeWritten(context, resource, written);
}

export interface Revision {
  operation: 'Update' | 'Apply';
  /** From the object now (shared: do not change it) to the one wanted (a new object). */
  next(old: KubeObject): Promise<KubeObject> | KubeObject;
  /** The next object carries its managedFields already (apply). */
  managed?: boolean;
  /** The object was too large with them (handlers/update.go, patch.go). */
  withoutManagedFields?: boolean;
  /** Admission sees another view of the object than the one that is stored. */
  shownAs?: {
    view(object: KubeObject): KubeObject;
    /** Takes over into the object what admission changed in its view. */
    take(next: KubeObject, shown: KubeObject): void;
  };
  /** The change is meant for the object of this uid alone. */
  uid?: string | undefined;
}

/**
 * The steps every change of an existing object takes, whatever verb asked: carry what the system
 * owns, track fields, admit, default, prepare, validate, judge, store; all of it again when another
 * writer came first.
 */
export async function reviseObject(
  context: RequestContext,
  resource: Resource,
  services: Services,
  options: WriteOptions,
  revision: Revision,
  from?: Stored,
): Promise<Written> {
  const { namespace, name } = context.info;
  let reserved: Reservation | undefined;
  try {
    const written = await reviseStored(
      services,
      resource,
      { namespace, name, dryRun: options.dryRun, from },
      async (now: Stored) => {
        await reserved?.revert();
        reserved = undefined;
        const revised = await steps(context, resource, services, options, revision, now);
        reserved = revised.reserved;
        if (!options.dryRun && emptied(revised.next)) {
          throw new LastFinalizer(revised.next, now.revision);
        }
        return revised.next;
      },
    );
    await reserved?.commit();
    return written;
  } catch (error) {
    if (error instanceof LastFinalizer) {
      return removeFinalized(context, resource, services, options, revision, error);
    }
    await reserved?.revert();
    const smaller = revision.managed !== true && revision.withoutManagedFields !== true;
    if (error instanceof ValueTooLarge && smaller) {
      const again = { ...revision, withoutManagedFields: true };
      return reviseObject(context, resource, services, options, again);
    }
    throw error;
  }
  function emptied(next: KubeObject): boolean {
    return (
      next.metadata.deletionTimestamp != null &&
      resource.deferDelete?.(next, services.now(), {}) === undefined &&
      (next.metadata.finalizers ?? []).length === 0 &&
      (next.metadata.deletionGracePeriodSeconds ?? 0) === 0
    );
  }
}

async function steps(
  context: RequestContext,
  resource: Resource,
  services: Services,
  options: WriteOptions,
  revision: Revision,
  now: Stored,
): Promise<{ next: KubeObject; reserved: Reservation | undefined }> {
  const old = now.object;
  const { subresource } = context.info;
  const info = { user: context.user, now: services.now(), dryRun: options.dryRun };
  checkUid(resource, keyOf(resource, context.info.namespace, context.info.name), revision.uid, old);
  const next = await revision.next(old);
  applyObjectDefaults(resource, next, revision.managed);
  carryMetadata(resource, next, old, resource.unconditionalUpdate !== false);
  const door = resource.subresources?.[subresource]?.update;
  const seen =
    revision.managed === true
      ? undefined
      : await changesInVersions(resource, next, old, subresource);
  if (door !== undefined) door.prepare(next, old, info);
  else if (subresource === 'status') prepareStatus(resource, next, old, info);
  else prepareUpdate(resource, next, old, info);
  if (revision.managed !== true) {
    trackInVersions(resource, next, old, seen, {
      manager: options.fieldManager,
      subresource,
      now: info.now,
    });
  }
  const { shownAs } = revision;
  const request = admissionRequest(context, resource, {
    operation: 'UPDATE',
    object: shownAs?.view(next) ?? next,
    oldObject: shownAs?.view(old) ?? old,
    dryRun: options.dryRun,
    options: admittedWriteOptions('UpdateOptions', options),
  });
  const { status } = next;
  await services.admission.mutate(request);
  if (request.object !== undefined) shownAs?.take(next, request.object);
  dedupOwnerReferences(context, next, true);
  applyObjectDefaults(resource, next, revision.managed);
  if (door === undefined) takeBack(resource, next, old, { subresource, status });
  if (subresource !== 'status') raiseGeneration(resource, next, old);
  if (revision.withoutManagedFields === true) delete next.metadata.managedFields;
  if (revision.managed === true) keepTimes(next, old);
  const reserved = await services.hooks.beforeWrite(resource, next, old, info);
  try {
    const refusals = await services.hooks.refusals(resource, { next, old, subresource }, context);
    validateChanged(context, resource, { next, old }, refusals);
    await judgeWrite(services, resource, { next, old }, context);
    warnAbout(context, resource, next, old);
    if (shownAs !== undefined) request.object = shownAs.view(next);
    await services.admission.validate(request);
    if (request.changed === true) resource.custom?.prune(next);
  } catch (error) {
    await reserved?.revert();
    throw error;
  }
  return { next, reserved };
}

function validateChanged(
  context: RequestContext,
  resource: Resource,
  { next, old }: { next: KubeObject; old: KubeObject },
  refusals: readonly StatusCause[] = [],
): void {
  const options = {
    subresource: context.info.subresource,
    warn: (text: string): unknown => context.warnings.push(text),
    refusals,
    floats: context.wholeFloats,
  };
  const causes = causesInOrder(resource, next, (changed) =>
    judgeChange(resource, changed, old, options),
  );
  if (causes.length > 0) throw invalid(resource, next.metadata.name ?? '', causes);
}

/** Thrown inside the revision when the change takes the last finalizer of a deleted object away. */
class LastFinalizer extends Error {
  readonly object: KubeObject;
  readonly revision: number;
  constructor(object: KubeObject, revision: number) {
    super('last finalizer removed');
    this.object = object;
    this.revision = revision;
  }
}

/** The object goes; the answer shows what was asked for, at the version that it was asked of, as upstream's. */
async function removeFinalized(
  context: RequestContext,
  resource: Resource,
  services: Services,
  options: WriteOptions,
  revision: Revision,
  last: LastFinalizer,
): Promise<Written> {
  const { namespace, name } = context.info;
  const names = { group: resource.group, resource: resource.resource };
  const result = await deleteStored(services, resource, { namespace, name }, last.revision);
  if (result.deleted) {
    await services.hooks.afterDelete(resource, last.object);
    last.object.metadata.resourceVersion = String(last.revision);
    return { bytes: undefined, object: last.object, revision: last.revision };
  }
  if (result.now === undefined) throw notFound(names, name);
  // somebody wrote first: decide again by that, which the cache may not have yet; a resourceVersion
  // in the body makes it a conflict there
  return reviseObject(context, resource, services, options, revision, result.now);
}
