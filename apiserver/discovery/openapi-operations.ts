import type { GroupVersionKind } from '../../object/object.ts';
import { definitionFor } from '../../schema/built-in.ts';
import type { CustomSubresource, Resource } from '../apis/resource.ts';
import {
  deleteCollectionParameters,
  deleteParameters,
  listParameters,
  logParameters,
  nameParameter,
  namespaceParameter,
  optionParameters,
  type Parameter,
  patchParameters,
  pathParameter,
  pretty,
  writeParameters,
} from './openapi-parameters.ts';

/**
 * The operations of a resource as upstream's installer publishes them (apiserver endpoints
 * installer.go; apiextensions-apiserver openapi builder for custom resources), in a form from which
 * OpenAPI v2 and v3 are both written.
 */

export type Method = 'get' | 'put' | 'post' | 'delete' | 'options' | 'head' | 'patch';

export interface Operation {
  path: string;
  method: Method;
  id: string;
  description: string;
  tag: string;
  action?: string;
  kind?: GroupVersionKind;
  parameters: readonly Parameter[];
  /** Definition of the body. */
  body?: { definition: string; required: boolean };
  /** Media types of the body; `*\/*` where upstream leaves it open. */
  consumes: readonly string[];
  produces: readonly string[];
  /** Definition of the answer by code; '' is a string. */
  answers: Record<number, string>;
}

const meta = 'io.k8s.apimachinery.pkg.apis.meta.v1';
const builtInTypes = [
  'application/json',
  'application/yaml',
  'application/vnd.kubernetes.protobuf',
];
const streamTypes = [
  'application/json;stream=watch',
  'application/vnd.kubernetes.protobuf;stream=watch',
];
const customTypes = ['application/json', 'application/yaml'];
const anyType = ['*/*'];
const patchTypes = [
  'application/json-patch+json',
  'application/merge-patch+json',
  'application/strategic-merge-patch+json',
  'application/apply-patch+yaml',
];
const customPatchTypes = patchTypes.filter((type) => !type.includes('strategic'));

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

const proxyMethods: readonly Method[] = [
  'get',
  'put',
  'post',
  'delete',
  'options',
  'head',
  'patch',
];

const capitalised = (word: string): string => word.charAt(0).toUpperCase() + word.slice(1);

/** `rbac.authorization.k8s.io` is rbacAuthorization, the core group is core. */
export function groupTag(group: string): string {
  if (group === '') return 'core';
  const [first = '', ...rest] = group.replace(/\.k8s\.io$/, '').split(/[.-]/);
  return first + rest.map(capitalised).join('');
}

export function groupPath(group: string, version: string): string {
  return group === '' ? `/api/${version}` : `/apis/${group}/${version}`;
}

/** Definition of a resource's objects: the built-in's, or `com.example.v1.Widget`. */
export function resourceDefinition(resource: Resource, kind = resource.kind): string {
  const { group, version } = resource;
  if (resource.custom === undefined) return definitionFor({ group, version, kind }) ?? '';
  return [...group.split('.').reverse(), version, kind].join('.');
}

/** What all operations of one resource share while they are made. */
interface Making {
  resource: Resource;
  operations: Operation[];
  root: string;
  tag: string;
  /** `AppsV1`, in operation ids. */
  idPart: string;
  definition: string;
  list: string;
  types: readonly string[];
  consumes: readonly string[];
}

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

const has = ({ resource }: Making, verb: Resource['verbs'][number]): boolean =>
  resource.verbs.includes(verb);

const namespaced = ({ resource }: Making): string => (resource.namespaced ? 'Namespaced' : '');

const collectionPath = ({ resource, root }: Making): string =>
  `${root}/${resource.namespaced ? 'namespaces/{namespace}/' : ''}${resource.resource}`;

const inNamespace = ({ resource }: Making): Parameter[] =>
  resource.namespaced ? [namespaceParameter] : [];

function add(
  making: Making,
  operation: Pick<Operation, 'path' | 'method' | 'id' | 'description' | 'action' | 'answers'> &
    Partial<Operation>,
): void {
  const { group, version, kind } = making.resource;
  making.operations.push({
    tag: making.tag,
    kind: { group, version, kind },
    parameters: [],
    consumes: making.consumes,
    produces: making.types,
    ...operation,
  });
}

const written = (definition: string, ...codes: number[]): Record<number, string> =>
  Object.fromEntries(codes.map((code) => [code, definition]));

function collection(making: Making): void {
  const { resource, definition, idPart, list } = making;
  const path = collectionPath(making);
  const scope = [...inNamespace(making), pretty];
  const name = `${namespaced(making)}${resource.kind}`;
  const listing = {
    method: 'get' as const,
    description: `list or watch objects of kind ${resource.kind}`,
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
      description: `create ${article(resource.kind)} ${resource.kind}`,
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
      parameters: [...scope, ...deleteCollectionParameters],
      body: { definition: `${meta}.DeleteOptions`, required: false },
      answers: { 200: `${meta}.Status` },
    });
  }
}

/** Lists and watches of a kind that can be watched also stream. */
function streaming({ resource, types }: Making): readonly string[] {
  return resource.custom === undefined ? [...types, ...streamTypes] : types;
}

function article(word: string): string {
  return /^[AEIOU]/i.test(word) ? 'an' : 'a';
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
      description: `delete ${article(kind)} ${kind}`,
      action: 'delete',
      parameters: [...scope, ...deleteParameters],
      body: { definition: `${meta}.DeleteOptions`, required: false },
      answers: written(answer ? definition : `${meta}.Status`, 200, 202),
    });
  }
}

interface Door {
  path: string;
  scope: Parameter[];
  name: string;
  definition: string;
  /** `the specified`, `status of the specified`. */
  of: string;
  verbs: readonly string[];
  kind?: GroupVersionKind;
}

/** Read, replace and patch: an object itself, its status, its scale. */
function objectDoor(making: Making, door: Door): void {
  const { path, scope, name, definition, of } = door;
  const kind = making.resource.kind;
  const shared = { path, ...(door.kind === undefined ? {} : { kind: door.kind }) };
  if (door.verbs.includes('get')) {
    add(making, {
      ...shared,
      method: 'get',
      id: `read${making.idPart}${name}`,
      description: `read ${of} ${kind}`,
      action: 'get',
      parameters: [...scope, ...(making.resource.custom === undefined ? [] : [resourceVersion])],
      answers: { 200: definition },
    });
  }
  if (door.verbs.includes('update')) {
    add(making, {
      ...shared,
      method: 'put',
      id: `replace${making.idPart}${name}`,
      description: `replace ${of} ${kind}`,
      action: 'put',
      parameters: [...scope, ...writeParameters],
      body: { definition, required: true },
      answers: written(definition, 200, 201),
    });
  }
  if (door.verbs.includes('patch')) {
    const custom = making.resource.custom !== undefined;
    add(making, {
      ...shared,
      method: 'patch',
      id: `patch${making.idPart}${name}`,
      description: `partially update ${of} ${kind}`,
      action: 'patch',
      parameters: [...scope, ...patchParameters],
      body: { definition: `${meta}.Patch`, required: true },
      consumes: custom ? customPatchTypes : patchTypes,
      // upstream's custom resources answer a patch with 200 only
      answers: custom ? { 200: definition } : written(definition, 200, 201),
    });
  }
}

const resourceVersion = listParameters.find(({ name }) => name === 'resourceVersion') as Parameter;

function status(making: Making): void {
  const { resource, definition } = making;
  objectDoor(making, {
    path: `${collectionPath(making)}/{name}/status`,
    scope: [nameParameter(resource.kind), ...inNamespace(making), pretty],
    name: `${namespaced(making)}${resource.kind}Status`,
    definition,
    of: 'status of the specified',
    verbs: ['get', 'update', 'patch'],
  });
}

function scale(making: Making): void {
  objectDoor(making, {
    path: `${collectionPath(making)}/{name}/scale`,
    scope: [nameParameter('Scale'), ...inNamespace(making), pretty],
    name: `${namespaced(making)}${making.resource.kind}Scale`,
    definition: 'io.k8s.api.autoscaling.v1.Scale',
    of: 'scale of the specified',
    verbs: ['get', 'update', 'patch'],
    kind: { group: 'autoscaling', version: 'v1', kind: 'Scale' },
  });
}

function subresource(making: Making, sub: string, { kind, verbs, definition }: CustomSubresource) {
  const { resource, idPart } = making;
  const path = `${collectionPath(making)}/{name}/${sub}`;
  const name = `${namespaced(making)}${resource.kind}${capitalised(sub)}`;
  const scope = [nameParameter(kind.kind), ...inNamespace(making)];
  if (optionParameters[kind.kind] !== undefined) return connect(making, path, sub, kind, scope);
  if (sub === 'log') {
    return add(making, {
      path,
      method: 'get',
      id: `read${idPart}${name}`,
      description: `read log of the specified ${resource.kind}`,
      action: 'get',
      parameters: [...scope, pretty, ...logParameters],
      produces: ['text/plain', ...making.types],
      answers: { 200: '' },
    });
  }
  const body = definition ?? definitionFor(kind) ?? '';
  if (verbs.includes('create')) {
    return add(making, {
      path,
      method: 'post',
      id: `create${idPart}${name}`,
      description: `create ${sub} of ${article(resource.kind)} ${resource.kind}`,
      action: 'post',
      kind,
      parameters: [...scope, pretty, ...writeParameters],
      body: { definition: body, required: true },
      answers: written(body, 200, 201, 202),
    });
  }
  const of = `${sub} of the specified`;
  objectDoor(making, { path, scope: [...scope, pretty], name, definition: body, of, verbs, kind });
}

function connect(
  making: Making,
  path: string,
  sub: string,
  kind: GroupVersionKind,
  scope: Parameter[],
): void {
  const { resource, idPart } = making;
  const parameters = [...scope, ...(optionParameters[kind.kind] ?? [])];
  const proxy = sub === 'proxy';
  for (const method of proxy ? proxyMethods : (['get', 'post'] as const)) {
    const shared = {
      method,
      description: `connect ${method.toUpperCase()} requests to ${sub} of ${resource.kind}`,
      action: 'connect',
      kind,
      consumes: anyType,
      produces: anyType,
      answers: { 200: '' },
    };
    const id = `connect${idPart}${capitalised(method)}${namespaced(making)}${resource.kind}${capitalised(sub)}`;
    add(making, { ...shared, path, id, parameters });
    if (!proxy) continue;
    const withPath = { path: `${path}/{path}`, id: `${id}WithPath` };
    add(making, { ...shared, ...withPath, parameters: [...parameters, pathParameter] });
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
