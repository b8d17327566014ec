import {
  alreadyExists,
  forbidden,
  generatedNameConflict,
  internalError,
  invalid,
  type StatusCause,
  StatusError,
} from '../../object/status-error.ts';
import type { KubeObject } from '../../object/object.ts';
import type { Resource } from '../apis/resource.ts';
import type { RequestContext } from '../context.ts';
import { encodeWritten } from '../response/encode.ts';
import { KeyExists, ValueTooLarge } from '../storage/store.ts';
import { validateMetadata } from '../validation/metadata.ts';
import { checkOwnFinalizers } from '../validation/own-finalizers.ts';
import { admissionRequest } from './admit.ts';
import { causesInOrder } from './causes-in-order.ts';
import { decode } from './decode.ts';
import { finalizerWarnings } from './custom-metadata.ts';
import { applyObjectDefaults } from '../apis/object-defaults.ts';
import { matchUrl } from './identity.ts';
import { trackCreate } from './managed.ts';
import { fillSystemFields, generateName, refuseVersion, wipeSystemFields } from './metadata.ts';
import { dedupOwnerReferences } from './owner-references.ts';
import type { Services } from './services.ts';
import { createStored, dryRead, fresh, type Written } from './stored.ts';
import { admittedWriteOptions, type WriteOptions, writeOptions } from './write-options.ts';

/** generateName is tried this often before the client hears of the collision (upstream: 8). */
const generatedNameAttempts = 8;

/** POST on a collection. */
export async function create(
  context: RequestContext,
  resource: Resource,
  services: Services,
): Promise<void> {
  const options = writeOptions(context, 'CreateOptions');
  const sent = await decode(context, resource, options.fieldValidation);
  matchUrl(resource, sent, context.info);
  wipeSystemFields(sent);
  dedupOwnerReferences(context, sent, false);
  const made = await createObject(context, resource, services, sent, options);
  context.answer = encodeWritten(context, resource, made, 201);
}

/** The steps of a create, for POST and for writes that create what they do not find. */
export async function createObject(
  context: RequestContext,
  resource: Resource,
  services: Services,
  sent: KubeObject,
  options: WriteOptions,
): Promise<Written> {
  const { metadata } = sent;
  if (context.info.name !== '' && metadata.name === undefined) metadata.name = context.info.name;
  if (resource.custom?.terminating === true) {
    const why = 'create not allowed while custom resource definition is terminating';
    throw forbidden(resource, metadata.name ?? '', why);
  }
  // without either, validation says so beside whatever else is wrong
  const generated = (metadata.name ?? '') === '' && (metadata.generateName ?? '') !== '';
  const now = services.now();
  const info = { user: context.user, now, dryRun: options.dryRun };

  const object = sent;
  // a manager owns what its object was defaulted to as well
  applyObjectDefaults(resource, object, options.managed);
  if (!options.managed) trackCreate(resource, object, options.fieldManager, now);
  const request = admissionRequest(context, resource, {
    operation: 'CREATE',
    object,
    oldObject: undefined,
    dryRun: options.dryRun,
    options: admittedWriteOptions('CreateOptions', options),
  });
  await services.admission.mutate(request);
  dedupOwnerReferences(context, object, true);
  applyObjectDefaults(resource, object, options.managed);
  fillSystemFields(resource, object, now);

  for (let attempt = 1; ; attempt++) {
    if (generated) object.metadata.name = generateName(metadata.generateName ?? '');
    // A Job's labels are made from its name and uid, a namespace's from its name.
    resource.prepareForCreate?.(object, info);
    // some kinds name themselves
    request.name = object.metadata.name ?? '';
    const reserved = await services.hooks.beforeWrite(resource, object, undefined, info);
    try {
      const change = { next: object, old: undefined, subresource: context.info.subresource };
      const refusals = await services.hooks.refusals(resource, change, context);
      validateNew(context, resource, object, refusals);
      await judgeWrite(services, resource, { next: object, old: undefined }, context);
      warnAbout(context, resource, object, undefined);
      await services.admission.validate(request);
      refuseVersion(object, context.info.verb);
      // validation sees what webhooks have added, the store only what there is a schema for
      if (request.changed === true) resource.custom?.prune(object);
      if (options.dryRun) {
        await refuseExisting(services, resource, object);
        await reserved?.revert();
        return dryWritten(await dryRead(resource, object));
      }
      const made = await createFitting(services, resource, object, options.managed);
      await reserved?.commit();
      return made;
    } catch (error) {
      await reserved?.revert();
      if (!(error instanceof KeyExists)) throw error;
      if (generated && attempt < generatedNameAttempts) continue;
      throw await nameTaken(services, resource, object);
    }
  }
}

/** Who finds the name of an object that is on its way out is told so. */
async function nameTaken(
  services: Services,
  resource: Resource,
  { metadata }: KubeObject,
): Promise<StatusError> {
  const { namespace = '', name = '', generateName: base = '' } = metadata;
  // whoever gave a name beside it is told the same (upstream's CheckGeneratedNameError)
  const conflict = base === '' ? alreadyExists : generatedNameConflict;
  const error = conflict(resource, name);
  const found = await fresh(services, resource, { namespace, name }).catch(() => undefined);
  if (found?.object.metadata.deletionTimestamp == null) return error;
  const { code, reason, message, details } = error;
  return new StatusError(code, reason, `object is being deleted: ${message}`, details);
}

/** What is too large with its managedFields is tried without them (handlers/create.go). */
async function createFitting(
  services: Services,
  resource: Resource,
  object: KubeObject,
  applied: boolean,
): Promise<Written> {
  try {
    return await createStored(services, resource, object);
  } catch (error) {
    const { managedFields } = object.metadata;
    if (!(error instanceof ValueTooLarge) || applied || managedFields === undefined) throw error;
    delete object.metadata.managedFields;
    return createStored(services, resource, object);
  }
}

/** A PATCH or PUT that creates needs the right to create besides its own. */
export async function mayCreate(context: RequestContext, services: Services): Promise<void> {
  const { user, info } = context;
  const { group, version, resource, subresource, namespace, name, path } = info;
  const decision = await services.authorize({
    user,
    verb: 'create',
    resourceRequest: true,
    group,
    version,
    resource,
    subresource,
    namespace,
    name,
    path,
  });
  if (decision.verdict === 'allow') return;
  if (decision.verdict === 'no-opinion' && decision.error !== undefined) {
    throw internalError(decision.error);
  }
  throw forbidden({ group, resource }, name, decision.reason);
}

/** Of what is well-formed. */
export async function judgeWrite(
  { hooks }: Services,
  resource: Resource,
  { next, old }: { next: KubeObject; old: KubeObject | undefined },
  { user, info }: RequestContext,
): Promise<void> {
  if (resource.custom !== undefined) return;
  const { subresource } = info;
  const causes = await hooks.judge(resource, { next, old, subresource }, user);
  if (causes.length > 0) throw invalid(resource, next.metadata.name ?? '', causes);
}

function validateNew(
  context: RequestContext,
  resource: Resource,
  object: KubeObject,
  refusals: readonly StatusCause[] = [],
): void {
  const warn = (text: string): unknown => context.warnings.push(text);
  const { wholeFloats } = context;
  const judge = (made: KubeObject): StatusCause[] => judgeNew(resource, made, warn, wholeFloats);
  const causes = [...refusals, ...causesInOrder(resource, object, judge)];
  if (causes.length > 0) throw invalid(resource, object.metadata.name ?? '', causes);
}

function judgeNew(
  resource: Resource,
  object: KubeObject,
  warn: (text: string) => void,
  floats: ReadonlySet<string> | undefined,
): StatusCause[] {
  const metadata = validateMetadata(object.metadata, {
    nameRule: resource.nameRule ?? 'dns-subdomain',
    namespaced: resource.namespaced,
  });
  const rules = [
    ...(resource.custom?.validate(object, undefined, warn, floats) ?? []),
    ...(resource.validate?.(object) ?? []),
    ...(resource.validateCreate?.(object) ?? []),
  ];
  return ownCausesFirst(resource, object, metadata, rules);
}

/** Upstream asks its rules for all objects last, and only when the kind's own have found nothing. */
function ownCausesFirst(
  resource: Resource,
  object: KubeObject,
  metadata: StatusCause[],
  rules: StatusCause[],
): StatusCause[] {
  if (resource.judgesMetadata !== false) {
    return [...metadata, ...checkOwnFinalizers(object.metadata, resource), ...rules];
  }
  return rules.length > 0 ? rules : metadata;
}

export function warnAbout(
  context: RequestContext,
  resource: Resource,
  object: KubeObject,
  old: KubeObject | undefined,
): void {
  if (resource.custom !== undefined) context.warnings.push(...finalizerWarnings(object, old));
  context.warnings.push(...ownWarnings(resource, context.info.subresource, object, old));
}

/** Upstream's strategies of subresources warn of nothing, but for that of a scale, which is the object's. */
function ownWarnings(
  resource: Resource,
  subresource: string,
  object: KubeObject,
  old: KubeObject | undefined,
): string[] {
  if (subresource === '' || subresource === 'scale') return resource.warnings?.(object, old) ?? [];
  if (subresource !== 'status' || typeof resource.status !== 'object') return [];
  return resource.status.warnings?.(object) ?? [];
}

async function refuseExisting(
  services: Services,
  resource: Resource,
  object: KubeObject,
): Promise<void> {
  const { namespace = '', name = '' } = object.metadata;
  const key = resource.namespaced
    ? `${resource.keyPrefix}${namespace}/${name}`
    : resource.keyPrefix + name;
  const { item } = await services.store.get(key);
  if (item !== undefined) throw new KeyExists(key);
}

/** A dry run's object has no resourceVersion: it was never stored. */
function dryWritten(object: KubeObject): Written {
  return { bytes: undefined, object, revision: 0 };
}
