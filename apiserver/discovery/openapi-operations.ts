import type { Resource } from '../apis/resource.ts';
import {
  add,
  anyType,
  builtInTypes,
  capitalised,
  collectionPath,
  customTypes,
  groupPath,
  groupTag,
  has,
  inNamespace,
  type Making,
  meta,
  namespaced,
  objectDoor,
  type Operation,
  resourceDefinition,
  streaming,
  withArticle,
  written,
} from './openapi-operation.ts';
import {
  deleteCollectionParameters,
  deleteParameters,
  listParameters,
  nameParameter,
  pretty,
  writeParameters,
} from './openapi-parameters.ts';
import { scale, status, subresource } from './openapi-subresources.ts';

/**
 * The operations of a resource as upstream's installer publishes them (apiserver endpoints
 * installer.go; apiextensions-apiserver openapi builder for custom resources), in a form from which
 * OpenAPI v2 and v3 are both written.
 */

/** Kinds whose delete answers with the object, not with a Status (ReturnDeletedObject). */
const answersWithObject = new Set([
  'PersistentVolumeClaim',
  'Pod',
  'PodTemplate',
  'ResourceQuota',
  'ServiceAccount',
  'Service',
  'PersistentVolume',
  'DeviceClass',
  'ResourceClaim',
  'ResourceClaimTemplate',
  'ResourceSlice',
  'CSIDriver',
  'CSINode',
  'StorageClass',
  'VolumeAttachment',
  'VolumeAttributesClass',
]);

export function operationsOf(resource: Resource): Operation[] {
  const { group, version } = resource;
  const custom = resource.custom !== undefined;
  const making: Making = {
    resource,
    operations: [],
    root: groupPath(group, version),
    tag: `${groupTag(group)}_${version}`,
    idPart: capitalised(groupTag(group)) + capitalised(version),
    definition: resourceDefinition(resource),
    list: resourceDefinition(resource, resource.listKind),
    types: custom ? customTypes : builtInTypes,
    consumes: custom ? customTypes : anyType,
  };
  collection(making);
  item(making);
  if (resource.status !== undefined && resource.status !== false) status(making);
  if (resource.scale !== undefined) scale(making);
  for (const [name, sub] of Object.entries(resource.subresources ?? {}))
    subresource(making, name, sub);
  if (!custom && resource.verbs.includes('watch')) watches(making);
  return making.operations;
}

function collection(making: Making): void {
  const { resource, definition, idPart, list } = making;
  const path = collectionPath(making);
  const scope = [...inNamespace(making), pretty];
  const name = `${namespaced(making)}${resource.kind}`;
  const custom = resource.custom !== undefined;
  const listing = {
    method: 'get' as const,
    description: `list ${custom ? '' : 'or watch '}objects of kind ${resource.kind}`,
    action: 'list',
    answers: { 200: list },
    produces: streaming(making),
  };
  if (has(making, 'list')) {
    const parameters = [...scope, ...listParameters];
    add(making, { ...listing, path, id: `list${idPart}${name}`, parameters });
    if (resource.namespaced) {
      const all = `${making.root}/${resource.resource}`;
      const id = `list${idPart}${resource.kind}ForAllNamespaces`;
      add(making, { ...listing, path: all, id, parameters: [pretty, ...listParameters] });
    }
  }
  if (has(making, 'create')) {
    add(making, {
      path,
      method: 'post',
      id: `create${idPart}${name}`,
      description: `create ${withArticle(resource.kind)}`,
      action: 'post',
      parameters: [...scope, ...writeParameters],
      body: { definition, required: true },
      answers: written(definition, 200, 201, 202),
    });
  }
  if (has(making, 'deletecollection')) {
    add(making, {
      path,
      method: 'delete',
      id: `delete${idPart}Collection${name}`,
      description: `delete collection of ${resource.kind}`,
      action: 'deletecollection',
      // upstream's custom resources show only how to select, and no body
      parameters: [...scope, ...(custom ? listParameters : deleteCollectionParameters)],
      ...(custom ? {} : { body: { definition: `${meta}.DeleteOptions`, required: false } }),
      answers: { 200: `${meta}.Status` },
    });
  }
}

function item(making: Making): void {
  const { resource, definition, idPart } = making;
  const { kind } = resource;
  const path = `${collectionPath(making)}/{name}`;
  const scope = [nameParameter(kind), ...inNamespace(making), pretty];
  const name = `${namespaced(making)}${kind}`;
  objectDoor(making, { path, scope, name, definition, of: 'the specified', verbs: resource.verbs });
  if (has(making, 'delete')) {
    const answer = answersWithObject.has(kind) && resource.custom === undefined;
    add(making, {
      path,
      method: 'delete',
      id: `delete${idPart}${name}`,
      description: `delete ${withArticle(kind)}`,
      action: 'delete',
      parameters: [...scope, ...deleteParameters],
      body: { definition: `${meta}.DeleteOptions`, required: false },
      answers: written(answer ? definition : `${meta}.Status`, 200, 202),
    });
  }
}

/** The old paths below /watch. */
function watches(making: Making): void {
  const { resource, idPart } = making;
  const below = collectionPath(making).replace(making.root, `${making.root}/watch`);
  const scope = [...inNamespace(making), pretty];
  const hint = "deprecated: use the 'watch' parameter with a list operation instead";
  const shared = {
    method: 'get' as const,
    produces: streaming(making),
    answers: { 200: `${meta}.WatchEvent` },
  };
  const list = {
    ...shared,
    action: 'watchlist',
    description: `watch individual changes to a list of ${resource.kind}. ${hint}.`,
  };
  const id = `watch${idPart}${namespaced(making)}${resource.kind}`;
  add(making, { ...list, path: below, id: `${id}List`, parameters: [...scope, ...listParameters] });
  if (resource.namespaced) {
    add(making, {
      ...list,
      path: `${making.root}/watch/${resource.resource}`,
      id: `watch${idPart}${resource.kind}ListForAllNamespaces`,
      parameters: [pretty, ...listParameters],
    });
  }
  add(making, {
    ...shared,
    action: 'watch',
    description: `watch changes to an object of kind ${resource.kind}. ${hint}, filtered to a single item with the 'fieldSelector' parameter.`,
    path: `${below}/{name}`,
    id,
    parameters: [nameParameter(resource.kind), ...scope, ...listParameters],
  });
}
