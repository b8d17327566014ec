import { fieldInvalid, fieldNotSupported } from '../../object/field-error.ts';
import { type KubeObject, timestamp } from '../../object/object.ts';
import {
  badRequest,
  conflict,
  invalid,
  notFound,
  type StatusCause,
  StatusError,
} from '../../object/status-error.ts';
import { parseYaml } from '../../object/yaml.ts';
import { decodeProtobufObject } from '../../schema/protobuf.ts';
import type { Resource } from '../apis/resource.ts';
import type { RequestContext } from '../context.ts';
import { acceptable, encodeAny, encodeWritten } from '../response/encode.ts';
import { admissionRequest } from './admit.ts';
import { mediaTypeOf, readBody } from './body.ts';
import type { Services } from './services.ts';
import { current, deleteStored, fresh, reviseStored, type Stored, type Written } from './stored.ts';
import { dryRunOf } from './write-options.ts';

/** DeleteOptions (meta/v1), from the body and the query. */
export interface DeleteOptions {
  dryRun: boolean;
  gracePeriodSeconds: number | undefined;
  propagationPolicy: 'Orphan' | 'Background' | 'Foreground' | undefined;
  orphanDependents: boolean | undefined;
  preconditions: { uid?: string; resourceVersion?: string } | undefined;
}

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
  context.answer = encodeWritten(context, resource, gone.written, 200);
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
    now = {
      object: written.object,
      revision: written.revision,
      bytes: written.bytes,
      fromCache: false,
    };
  }
}

function asWritten(now: Stored): Written {
  return { bytes: now.bytes, object: now.object, revision: now.revision };
}

/** The last state, at the revision of the delete, as upstream answers. */
function deletedObject(now: Stored, revision: number): Written {
  const object = { ...now.object, metadata: { ...now.object.metadata } };
  object.metadata.resourceVersion = String(revision);
  return { bytes: Buffer.from(JSON.stringify(object)), object, revision };
}

interface Plan {
  immediate: boolean;
  /** The stored object has to be marked (again). */
  changes: boolean;
}

function planDelete(resource: Resource, object: KubeObject, options: DeleteOptions): Plan {
  const { metadata } = object;
  const finalizers = wantedFinalizers(object, options);
  const grace = graceOf(resource, object, options);
  if (metadata.deletionTimestamp != null) {
    const left = metadata.deletionGracePeriodSeconds ?? 0;
    const sooner = grace !== undefined && grace < left;
    if (finalizers.length === 0 && (grace === undefined || grace === 0)) {
      if (grace === undefined || left === 0 || sooner) return { immediate: true, changes: false };
    }
    return {
      immediate: false,
      changes: sooner || !sameList(finalizers, metadata.finalizers ?? []),
    };
  }
  if (finalizers.length === 0 && (grace === undefined || grace === 0)) {
    return { immediate: true, changes: false };
  }
  return { immediate: false, changes: true };
}

/** Something of the kind's own keeps the object: it is marked and stays. */
const holding: Plan = { immediate: false, changes: true };

function sameList(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((value, index) => value === b[index]);
}

function graceOf(
  resource: Resource,
  object: KubeObject,
  options: DeleteOptions,
): number | undefined {
  return resource.gracePeriodSeconds?.(object, options.gracePeriodSeconds);
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
  const finalizers = wantedFinalizers(old, options);
  if (finalizers.length > 0) metadata.finalizers = finalizers;
  else delete metadata.finalizers;
  const grace = graceOf(resource, old, options) ?? 0;
  if (metadata.deletionTimestamp == null) {
    metadata.deletionTimestamp = timestamp(new Date(now.getTime() + grace * 1000));
    metadata.deletionGracePeriodSeconds = grace;
    if (metadata.generation !== undefined && metadata.generation > 0) metadata.generation += 1;
  } else if (grace < (metadata.deletionGracePeriodSeconds ?? 0)) {
    const asked = new Date(metadata.deletionTimestamp).getTime();
    const began = asked - (metadata.deletionGracePeriodSeconds ?? 0) * 1000;
    metadata.deletionTimestamp = timestamp(new Date(began + grace * 1000));
    metadata.deletionGracePeriodSeconds = grace;
  }
  return next;
}

/** orphan and foregroundDeletion follow the propagation policy; other finalizers stay. */
function wantedFinalizers(object: KubeObject, options: DeleteOptions): string[] {
  const now = object.metadata.finalizers ?? [];
  const policy =
    options.propagationPolicy ??
    (options.orphanDependents === undefined
      ? undefined
      : options.orphanDependents
        ? 'Orphan'
        : 'Background');
  if (policy === undefined) return now;
  const rest = now.filter((f) => f !== 'orphan' && f !== 'foregroundDeletion');
  if (policy === 'Orphan') return [...rest, 'orphan'];
  if (policy === 'Foreground') return [...rest, 'foregroundDeletion'];
  return rest;
}

function checkPreconditions(
  resource: Resource,
  name: string,
  now: Stored,
  options: DeleteOptions,
): void {
  const wanted = options.preconditions;
  if (wanted === undefined) return;
  const names = { group: resource.group, resource: resource.resource };
  const { uid, resourceVersion } = now.object.metadata;
  if (wanted.uid !== undefined && wanted.uid !== uid) {
    throw conflict(
      names,
      name,
      `Precondition failed: UID in precondition: ${wanted.uid}, UID in object meta: ${uid}`,
    );
  }
  if (wanted.resourceVersion !== undefined && wanted.resourceVersion !== resourceVersion) {
    throw conflict(
      names,
      name,
      `Precondition failed: ResourceVersion in precondition: ${wanted.resourceVersion}, ResourceVersion in object meta: ${resourceVersion}`,
    );
  }
}

/** From the body when there is one, else from the query (endpoints/handlers/delete.go). */
export async function deleteOptions(context: RequestContext): Promise<DeleteOptions> {
  const body = await readBody(context);
  const sent = body.length === 0 ? fromQuery(context.query) : parseOptions(context, body);
  const causes: StatusCause[] = [];
  const policy = sent['propagationPolicy'] as string | undefined;
  if (policy !== undefined && !['Orphan', 'Background', 'Foreground'].includes(policy)) {
    causes.push(
      fieldNotSupported('propagationPolicy', policy, ['Background', 'Foreground', 'Orphan']),
    );
  }
  if (policy !== undefined && sent['orphanDependents'] !== undefined) {
    causes.push(
      fieldInvalid(
        'propagationPolicy',
        policy,
        'orphanDependents and deletionPropagation cannot be both set',
      ),
    );
  }
  const dryRun = dryRunOf((sent['dryRun'] as string[] | undefined) ?? [], causes);
  if (causes.length > 0) throw invalid({ group: 'meta.k8s.io', kind: 'DeleteOptions' }, '', causes);
  const grace = sent['gracePeriodSeconds'];
  return {
    dryRun: dryRun || context.query.getAll('dryRun').includes('All'),
    gracePeriodSeconds: typeof grace === 'number' ? grace : undefined,
    propagationPolicy: policy as DeleteOptions['propagationPolicy'],
    orphanDependents: sent['orphanDependents'] as boolean | undefined,
    preconditions: sent['preconditions'] as DeleteOptions['preconditions'],
  };
}

function fromQuery(query: URLSearchParams): Record<string, unknown> {
  const grace = query.get('gracePeriodSeconds');
  if (grace !== null && !/^-?[0-9]+$/.test(grace)) {
    throw badRequest(
      `unable to decode query parameter gracePeriodSeconds: strconv.ParseInt: parsing ${JSON.stringify(grace)}: invalid syntax`,
    );
  }
  const orphan = query.get('orphanDependents');
  const policy = query.get('propagationPolicy');
  return {
    ...(grace === null ? {} : { gracePeriodSeconds: Number(grace) }),
    ...(policy === null || policy === '' ? {} : { propagationPolicy: policy }),
    ...(orphan === null || orphan === '' ? {} : { orphanDependents: orphan === 'true' }),
    ...(query.has('dryRun') ? { dryRun: query.getAll('dryRun') } : {}),
  };
}

function parseOptions(context: RequestContext, body: Buffer): Record<string, unknown> {
  const type = mediaTypeOf(context);
  let parsed: unknown;
  try {
    if (type === 'application/vnd.kubernetes.protobuf') parsed = decodeProtobufObject(body);
    else if (type === 'application/yaml') parsed = parseYaml(body.toString('utf8'));
    else parsed = JSON.parse(body.toString('utf8'));
  } catch (error) {
    throw badRequest(`decode delete options: ${(error as Error).message}`);
  }
  if (parsed === null || typeof parsed !== 'object' || Array.isArray(parsed)) {
    throw badRequest('decode delete options: the body must be an object');
  }
  const options = parsed as Record<string, unknown>;
  if (
    options['kind'] !== undefined &&
    options['kind'] !== '' &&
    options['kind'] !== 'DeleteOptions'
  ) {
    throw new StatusError(
      400,
      'BadRequest',
      `decoded object cannot be converted to DeleteOptions: ${String(options['kind'])}`,
    );
  }
  return options;
}
