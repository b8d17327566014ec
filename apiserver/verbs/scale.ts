import { fieldInvalid } from '../../object/field-error.ts';
import { deepCopy } from '../../object/copy.ts';
import type { KubeObject } from '../../object/object.ts';
import { getPath, setPath } from '../../object/path.ts';
import {
  formatLabelSelector,
  type LabelSelectorObject,
  labelSelectorFromObject,
} from '../../object/selector.ts';
import { applyJsonPatch, checkJsonPatch } from '../../object/json-patch.ts';
import { applyMergePatch } from '../../object/merge-patch.ts';
import { badRequest, invalid, methodNotAllowed, notFound } from '../../object/status-error.ts';
import { schemaFor } from '../../schema/built-in.ts';
import { ageColumn, integerColumn, nameColumn } from '../apis/column.ts';
import type { Resource, ScaleSubresource } from '../apis/resource.ts';
import type { RequestContext } from '../context.ts';
import { acceptable, encodeObject } from '../response/encode.ts';
import { mediaTypeOf, readBody } from './body.ts';
import { decode } from './decode.ts';
import { matchName } from './identity.ts';
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
    context.answer = encodeObject(context, shown, view, acceptable(context, shown));
  };
  const { namespace, name, verb } = context.info;
  if (verb === 'get') {
    const found = await fresh(services, resource, { namespace, name });
    if (found === undefined) throw notFound(resource, name);
    return respond(found.object);
  }
  if (verb !== 'update' && verb !== 'patch') throw methodNotAllowed(resource, verb);
  const options = writeOptions(context, verb === 'update' ? 'UpdateOptions' : 'PatchOptions');
  const change =
    verb === 'update'
      ? constant(await sentScale(context, shown, options))
      : await scalePatch(context);
  const written = await reviseObject(context, resource, services, options, {
    operation: 'Update',
    next(old) {
      const wanted = change(scaleOf(old, paths));
      const next = deepCopy(old);
      if (wanted.metadata?.resourceVersion !== undefined) {
        next.metadata.resourceVersion = wanted.metadata.resourceVersion;
      }
      const replicas: unknown = wanted['spec']?.replicas ?? 0;
      if (typeof replicas !== 'number' || replicas < 0) {
        throw invalid({ group: 'autoscaling', kind: 'Scale' }, name, [
          fieldInvalid('spec.replicas', replicas, 'must be greater than or equal to 0'),
        ]);
      }
      setPath(next, paths.specReplicasPath, replicas);
      return next;
    },
  });
  respond(written.object);
}

async function sentScale(
  context: RequestContext,
  shown: Resource,
  options: WriteOptions,
): Promise<KubeObject> {
  const sent = await decode(context, shown, options.fieldValidation);
  matchName(shown, sent, context.info);
  return sent;
}

function constant(sent: KubeObject): (view: KubeObject) => KubeObject {
  return () => sent;
}

async function scalePatch(context: RequestContext): Promise<(view: KubeObject) => KubeObject> {
  const body = await readBody(context);
  let patch: unknown;
  try {
    patch = JSON.parse(body.toString('utf8'));
  } catch (error) {
    throw badRequest(`error decoding patch: ${(error as Error).message}`);
  }
  if (mediaTypeOf(context) === 'application/json-patch+json') {
    const operations = checkJsonPatch(patch);
    return (view) => applyJsonPatch(view, operations);
  }
  return (view) => applyMergePatch(view, patch);
}

const scaleColumns = [
  nameColumn,
  integerColumn('Desired', (view) => view['spec'].replicas),
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
    columns: scaleColumns,
    storedAs: kind,
  };
  delete made.custom;
  delete made.fromStored;
  return made;
}

export function scaleOf(object: KubeObject, paths: ScaleSubresource): KubeObject {
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
    spec: { replicas: Number(getPath(object, paths.specReplicasPath) ?? 0) },
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
