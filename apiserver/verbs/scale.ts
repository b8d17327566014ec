import { fieldInvalid } from '../../object/field-error.ts';
import { deepCopy } from '../../object/copy.ts';
import type { KubeObject } from '../../object/object.ts';
import { getPath, setPath } from '../../object/path.ts';
import {
  formatLabelSelector,
  type LabelSelectorObject,
  labelSelectorFromObject,
} from '../../object/selector.ts';
import {
  badRequest,
  conflict,
  internalError,
  invalid,
  methodNotAllowed,
  notFound,
} from '../../object/status-error.ts';
import { schemaFor } from '../../schema/built-in.ts';
import { ageColumn, ageDateColumn, integerColumn, nameColumn } from '../apis/column.ts';
import type { Column, Resource, ScaleSubresource } from '../apis/resource.ts';
import type { RequestContext } from '../context.ts';
import { acceptable, encodeObject } from '../response/encode.ts';
import { validateMetadata } from '../validation/metadata.ts';
import { readApply } from './apply.ts';
import { decode } from './decode.ts';
import { checkNoExport } from './get.ts';
import { matchName, matchUrl } from './identity.ts';
import { trackChange } from './managed.ts';
import { readPatch, receivePatch } from './patch.ts';
import { toParentOwners, toScaleOwners } from './scale-managed.ts';
import type { Services } from './services.ts';
import { fresh } from './stored.ts';
import { reviseObject } from './update.ts';
import { type WriteOptions, writeOptions } from './write-options.ts';

/** The scale subresource: an autoscaling/v1 Scale as a view on two or three fields of the object. */
export async function scale(
  context: RequestContext,
  resource: Resource,
  services: Services,
): Promise<void> {
  const paths = resource.scale;
  if (paths === undefined) throw badRequest('this resource has no scale');
  const shown = scaleResource(resource);
  const respond = (object: KubeObject): void => {
    const view = scaleOf(object, paths);
    context.answer = encodeObject(context, shown, view, acceptable(context, resource));
  };
  const { namespace, name, verb } = context.info;
  if (verb === 'get') {
    checkNoExport(context);
    const found = await fresh(services, resource, { namespace, name });
    if (found === undefined) throw notFound(resource, name);
    if (resource.custom !== undefined && !hasReplicas(found.object, paths)) {
      throw internalError(`the spec replicas field ${shownPath(paths)} does not exist`);
    }
    return respond(found.object);
  }
  if (verb !== 'update' && verb !== 'patch') throw methodNotAllowed(resource, verb);
  const wanted = await readWanted(context, resource, shown, services);
  const { subresource } = context.info;
  const manager = wanted.options.fieldManager;
  const shownAs = {
    view: (object: KubeObject) => scaleOf(object, paths),
    take: (next: KubeObject, view: KubeObject) =>
      setPath(next, paths.specReplicasPath, replicasOf(view)),
  };
  const custom = resource.custom !== undefined;
  const written = await reviseObject(context, resource, services, wanted.options, {
    operation: wanted.applies ? 'Apply' : 'Update',
    managed: true,
    uid: wanted.uid,
    shownAs,
    async next(old) {
      const view = scaleOf(old, paths);
      if (custom && !hasReplicas(old, paths)) view['spec'].replicas = unset;
      const owners = old.metadata.managedFields ?? [];
      const path = paths.specReplicasPath;
      const shownOwners = toScaleOwners(owners, path);
      if (shownOwners.length > 0) view.metadata.managedFields = shownOwners;
      const scaled = await wanted.change(view);
      if (!wanted.applies) {
        trackChange(shown, scaled, view, { manager, subresource, now: services.now() });
      }
      if (custom) checkSet(scaled, paths);
      else checkScale(resource, scaled, old);
      const next = deepCopy(old);
      const { resourceVersion, managedFields = [] } = scaled.metadata;
      if (resourceVersion !== undefined) next.metadata.resourceVersion = resourceVersion;
      const parent = { replicasPath: path, apiVersion: resource.apiVersion };
      const left = toParentOwners(managedFields, owners, parent);
      if (left === undefined) delete next.metadata.managedFields;
      else next.metadata.managedFields = left;
      setPath(next, path, replicasOf(scaled));
      return next;
    },
  });
  respond(written.object);
}

/** What stands for a number of replicas that is not there. */
const unset = -(2 ** 31);

function hasReplicas(object: KubeObject, { specReplicasPath }: ScaleSubresource): boolean {
  return getPath(object, specReplicasPath) !== undefined;
}

function shownPath({ specReplicasPath }: ScaleSubresource): string {
  return JSON.stringify(`.${specReplicasPath}`);
}

/** Of a custom object nothing else is asked here: its own rules judge the number. */
function checkSet(scaled: KubeObject, paths: ScaleSubresource): void {
  if (replicasOf(scaled) !== unset) return;
  throw badRequest(`the spec replicas field ${shownPath(paths)} cannot be empty`);
}

interface Wanted {
  options: WriteOptions;
  applies: boolean;
  /** Of a PUT: whose scale it is. */
  uid?: string | undefined;
  /** From the Scale now to the one wanted. */
  change(view: KubeObject): KubeObject | Promise<KubeObject>;
}

async function readWanted(
  context: RequestContext,
  resource: Resource,
  shown: Resource,
  services: Services,
): Promise<Wanted> {
  if (context.info.verb === 'update') {
    const options = writeOptions(context, 'UpdateOptions');
    const sent = await decode(context, shown, options.fieldValidation);
    matchUrl(resource, sent, context.info);
    matchName(sent, context.info);
    const { uid } = sent.metadata;
    return { options, applies: false, uid, change: () => deepCopy(sent) };
  }
  const { type, body, applies, options } = await receivePatch(context, resource);
  if (!applies) {
    return { options, applies, change: readPatch(context, shown, type, body, options) };
  }
  const { manager, merge } = readApply(context, shown, services, options, body);
  return { options: { ...options, fieldManager: manager }, applies, change: merge };
}

function replicasOf(view: KubeObject): number {
  return view['spec']?.replicas ?? 0;
}

/** What upstream asks of the Scale of a built-in object; the object itself is judged as any other. */
function checkScale(resource: Resource, scaled: KubeObject, old: KubeObject): void {
  const name = old.metadata.name ?? '';
  const causes = validateMetadata(scaled.metadata, {
    nameRule: 'dns-subdomain',
    namespaced: resource.namespaced,
  });
  const replicas = replicasOf(scaled);
  if (replicas < 0) {
    const text = 'must be greater than or equal to 0';
    causes.push(fieldInvalid('spec.replicas', replicas, text));
  }
  if (causes.length > 0) throw invalid({ group: 'autoscaling', kind: 'Scale' }, name, causes);
  const { uid } = scaled.metadata;
  if (uid === undefined || uid === '' || uid === old.metadata.uid) return;
  throw conflict(
    { group: resource.group, resource: `${resource.resource}/scale` },
    name,
    `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${old.metadata.uid}`,
  );
}

/** Upstream's printer for all custom resources has these words, and reads what is sent: no zero. */
const customScaleColumns: Column[] = [
  nameColumn,
  {
    ...integerColumn('Desired', (view) => view['spec'].replicas ?? null),
    description: 'Number of desired replicas',
  },
  {
    ...integerColumn('Available', (view) => view['status'].replicas),
    description: 'Number of actual replicas',
  },
  ageDateColumn,
];

const scaleColumns = [
  nameColumn,
  integerColumn('Desired', replicasOf),
  integerColumn('Available', (view) => view['status'].replicas),
  ageColumn,
];

/** The Scale kind, for decoding and encoding. */
function scaleResource(parent: Resource): Resource {
  const kind = { group: 'autoscaling', version: 'v1', kind: 'Scale' };
  const made: Resource = {
    ...parent,
    ...kind,
    apiVersion: 'autoscaling/v1',
    schema: schemaFor(kind) ?? { type: 'object' },
    columns: parent.custom === undefined ? scaleColumns : customScaleColumns,
    storedAs: kind,
  };
  delete made.custom;
  delete made.fromStored;
  return made;
}

/** A zero of the spec is not written, as Go leaves it out. */
function scaleOf(object: KubeObject, paths: ScaleSubresource): KubeObject {
  const replicas = Number(getPath(object, paths.specReplicasPath) ?? 0);
  const { name, namespace, uid, resourceVersion, creationTimestamp } = object.metadata;
  return {
    kind: 'Scale',
    apiVersion: 'autoscaling/v1',
    metadata: {
      ...(name === undefined ? {} : { name }),
      ...(namespace === undefined ? {} : { namespace }),
      ...(uid === undefined ? {} : { uid }),
      ...(resourceVersion === undefined ? {} : { resourceVersion }),
      ...(creationTimestamp === undefined ? {} : { creationTimestamp }),
    },
    spec: replicas === 0 ? {} : { replicas },
    status: {
      replicas: Number(getPath(object, paths.statusReplicasPath) ?? 0),
      ...selectorOf(object, paths),
    },
  };
}

/** A selector in its text form, from the text itself or from a LabelSelector object or map. */
function selectorOf(object: KubeObject, paths: ScaleSubresource): { selector?: string } {
  if (paths.labelSelectorPath === undefined) return {};
  const found = getPath(object, paths.labelSelectorPath);
  if (typeof found === 'string') return found === '' ? {} : { selector: found };
  if (found === null || typeof found !== 'object') return {};
  const asObject = (
    'matchLabels' in found || 'matchExpressions' in found ? found : { matchLabels: found }
  ) as LabelSelectorObject;
  return { selector: formatLabelSelector(labelSelectorFromObject(asObject)) };
}
