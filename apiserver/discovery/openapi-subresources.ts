import type { GroupVersionKind } from '../../object/object.ts';
import { definitionFor } from '../../schema/built-in.ts';
import type { CustomSubresource } from '../apis/resource.ts';
import {
  add,
  anyType,
  capitalised,
  collectionPath,
  inNamespace,
  type Making,
  type Method,
  namespaced,
  objectDoor,
  withArticle,
  written,
} from './openapi-operation.ts';
import {
  logParameters,
  nameParameter,
  optionParameters,
  type Parameter,
  pathParameter,
  pretty,
  writeParameters,
} from './openapi-parameters.ts';

/** The operations of subresources: status, scale, those with a kind of their own, connections. */

const proxyMethods: readonly Method[] = [
  'get',
  'put',
  'post',
  'delete',
  'options',
  'head',
  'patch',
];

export function status(making: Making): void {
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

/** Upstream says the scale of a custom resource to be of its own kind. */
export function scale(making: Making): void {
  const custom = making.resource.custom !== undefined;
  objectDoor(making, {
    path: `${collectionPath(making)}/{name}/scale`,
    scope: [nameParameter(custom ? making.resource.kind : 'Scale'), ...inNamespace(making), pretty],
    name: `${namespaced(making)}${making.resource.kind}Scale`,
    definition: 'io.k8s.api.autoscaling.v1.Scale',
    of: 'scale of the specified',
    verbs: ['get', 'update', 'patch'],
    ...(custom ? {} : { kind: { group: 'autoscaling', version: 'v1', kind: 'Scale' } }),
  });
}

export function subresource(
  making: Making,
  sub: string,
  { kind, verbs, definition }: CustomSubresource,
) {
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
      description: `create ${sub} of ${withArticle(resource.kind)}`,
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
