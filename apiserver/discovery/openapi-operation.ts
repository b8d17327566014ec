import type { GroupVersionKind } from '../../object/object.ts';
import { definitionFor } from '../../schema/built-in.ts';
import type { Resource } from '../apis/resource.ts';
import {
  listParameters,
  namespaceParameter,
  type Parameter,
  patchParameters,
  writeParameters,
} from './openapi-parameters.ts';

/** What an operation is, and what the operations of one resource have in common. */

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

export const meta = 'io.k8s.apimachinery.pkg.apis.meta.v1';
export const builtInTypes = [
  'application/json',
  'application/yaml',
  'application/vnd.kubernetes.protobuf',
];
const streamTypes = [
  'application/json;stream=watch',
  'application/vnd.kubernetes.protobuf;stream=watch',
];
export const customTypes = ['application/json', 'application/yaml'];
export const anyType = ['*/*'];
const patchTypes = [
  'application/json-patch+json',
  'application/merge-patch+json',
  'application/strategic-merge-patch+json',
  'application/apply-patch+yaml',
];
const customPatchTypes = patchTypes.filter((type) => !type.includes('strategic'));

export const capitalised = (word: string): string => word.charAt(0).toUpperCase() + word.slice(1);

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
export interface Making {
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

export const has = ({ resource }: Making, verb: Resource['verbs'][number]): boolean =>
  resource.verbs.includes(verb);

export const namespaced = ({ resource }: Making): string =>
  resource.namespaced ? 'Namespaced' : '';

export const collectionPath = ({ resource, root }: Making): string =>
  `${root}/${resource.namespaced ? 'namespaces/{namespace}/' : ''}${resource.resource}`;

export const inNamespace = ({ resource }: Making): Parameter[] =>
  resource.namespaced ? [namespaceParameter] : [];

export function add(
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

export const written = (definition: string, ...codes: number[]): Record<number, string> =>
  Object.fromEntries(codes.map((code) => [code, definition]));

/** `a Pod`, `an Event`; what looks like a plural has no article. */
export function withArticle(kind: string): string {
  if (kind.endsWith('s') && !kind.endsWith('ss')) return kind;
  return `${/^[AEIOU]/i.test(kind) ? 'an' : 'a'} ${kind}`;
}

/** Lists and watches of a kind that can be watched also stream. */
export function streaming({ resource, types }: Making): readonly string[] {
  return resource.custom === undefined ? [...types, ...streamTypes] : types;
}

export interface Door {
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
export function objectDoor(making: Making, door: Door): void {
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
