import { createHash } from 'node:crypto';
import type { Resource } from '../apis/resource.ts';
import { hashOf, type OpenApiDocument, openApiDocument, preferredForm } from './openapi-bytes.ts';
import { customDefinitions } from './openapi-custom.ts';
import { definitionOf, type Json, refTo } from './openapi-definitions.ts';
import type { Operation } from './openapi-operation.ts';
import { operationsOf } from './openapi-operations.ts';
import type { Parameter } from './openapi-parameters.ts';
import { mergeOpenApiV2 } from './openapi-merge.ts';
import { encodeOpenApiV2 } from './openapi-protobuf-v2.ts';
import { apiResourcesOperation, serverOperations } from './openapi-server.ts';
import { bearerToken, codeNames, info } from './openapi-v3.ts';
import { byGroupVersion, closure, namesIn, sharedParameters, sorted } from './openapi-v3.ts';

const protobufTypes = [
  'application/com.github.proto-openapi.spec.v2.v1.0+protobuf',
  'application/com.github.proto-openapi.spec.v2@v1.0+protobuf',
];

/** A parameter used by more operations than this is written once and referred to. */
const repeatedUses = 3;

/** Of another server, and which of its paths are served here too. */
export interface OtherDocument {
  document: Json;
  prefixes: readonly string[];
}

/**
 * OpenAPI v2: one document for everything at /openapi/v2, made when first asked for and kept as
 * bytes. Make a new OpenApiV2 when the resources change.
 */
export class OpenApiV2 {
  readonly #resources: readonly Resource[];
  readonly #others: readonly OtherDocument[];
  readonly #documents = new Map<string, OpenApiDocument>();

  constructor(resources: readonly Resource[], others: readonly OtherDocument[] = []) {
    this.#resources = resources;
    this.#others = others;
  }

  /** GET /openapi/v2; undefined when the client accepts neither JSON nor protobuf. */
  document(accept: string | undefined): OpenApiDocument | undefined {
    const form = preferredForm(accept, protobufTypes);
    if (form === undefined) return undefined;
    const known = this.#documents.get(form);
    if (known !== undefined) return known;
    const tree = this.#others.reduce(
      (merged, { document, prefixes }) => mergeOpenApiV2(merged, document, prefixes),
      openApiV2(this.#resources),
    );
    // both forms go by the same tag: `Vary` keeps them apart
    const json = Buffer.from(JSON.stringify(tree));
    const made =
      form === 'json'
        ? openApiDocument('application/json', json)
        : openApiDocument(protobufTypes[0] ?? '', encodeOpenApiV2(tree), hashOf(json));
    this.#documents.set(form, made);
    return made;
  }
}

/** The document as a tree. */
export function openApiV2(resources: readonly Resource[]): Json {
  const operations = [...serverOperations(resources).values()].flat();
  for (const [gv, served] of byGroupVersion(resources)) {
    const [version = '', group = ''] = gv.split('/').reverse();
    if (served.some(({ custom }) => custom === undefined)) {
      operations.push(apiResourcesOperation(group, version));
    }
    for (const resource of served) operations.push(...operationsOf(resource));
  }
  const parameters = new SharedParameters(operations);
  const paths: Json = {};
  const byPath = Map.groupBy(operations, ({ path }) => path);
  for (const path of [...byPath.keys()].sort()) {
    paths[path] = pathItem(byPath.get(path) ?? [], parameters);
  }
  return {
    swagger: '2.0',
    info,
    paths,
    definitions: definitions(resources, operations),
    parameters: parameters.definitions(),
    securityDefinitions: { BearerToken: bearerToken },
    security: [{ BearerToken: [] }],
  };
}

function definitions(resources: readonly Resource[], operations: readonly Operation[]): Json {
  const custom = resources.filter((resource) => resource.custom !== undefined);
  const own = new Map(custom.flatMap((resource) => customDefinitions(resource, 'v2')));
  const all: Json = {};
  for (const name of closure([...own.keys(), ...namesIn(operations)])) {
    all[name] = own.get(name) ?? definitionOf(name, 'v2');
  }
  return all;
}

function pathItem(operations: readonly Operation[], parameters: SharedParameters): Json {
  const shared = sharedParameters(operations);
  const item: Json = {};
  for (const operation of operations) {
    const own = operation.parameters.filter((parameter) => !shared.includes(parameter));
    item[operation.method] = operationObject(operation, own, parameters);
  }
  if (shared.length > 0) item['parameters'] = shared.map((p) => parameters.refer(p));
  return item;
}

function operationObject(
  operation: Operation,
  own: readonly Parameter[],
  shared: SharedParameters,
): Json {
  const { body, kind } = operation;
  const parameters: Json[] = sorted(own).map((parameter) => shared.refer(parameter));
  if (body !== undefined) {
    parameters.unshift({
      name: 'body',
      in: 'body',
      ...(body.required ? { required: true } : {}),
      schema: { $ref: refTo(body.definition, 'v2') },
    });
  }
  const responses: Json = {};
  for (const [code, definition] of Object.entries(operation.answers)) {
    const schema = definition === '' ? { type: 'string' } : { $ref: refTo(definition, 'v2') };
    responses[code] = { description: codeNames[code] ?? '', schema };
  }
  responses['401'] = { description: 'Unauthorized' };
  return {
    description: operation.description,
    ...(operation.consumes.length === 0 ? {} : { consumes: operation.consumes }),
    produces: operation.produces,
    schemes: ['https'],
    tags: [operation.tag],
    operationId: operation.id,
    ...(parameters.length === 0 ? {} : { parameters }),
    responses,
    ...(operation.action === undefined ? {} : { 'x-kubernetes-action': operation.action }),
    ...(kind === undefined ? {} : { 'x-kubernetes-group-version-kind': kind }),
  };
}

/** Parameters that many operations have, written once under a name with a hash, as upstream does. */
class SharedParameters {
  readonly #uses = new Map<string, number>();
  readonly #definitions = new Map<string, Json>();

  constructor(operations: readonly Operation[]) {
    for (const { parameters } of operations) {
      for (const parameter of parameters) {
        const key = JSON.stringify(parameter);
        this.#uses.set(key, (this.#uses.get(key) ?? 0) + 1);
      }
    }
  }

  refer(parameter: Parameter): Json {
    const key = JSON.stringify(parameter);
    const object = parameterObject(parameter);
    if ((this.#uses.get(key) ?? 0) <= repeatedUses) return object;
    const hash = createHash('sha256').update(key).digest('base64url').slice(0, 8);
    const name = `${parameter.name}-${hash}`;
    this.#definitions.set(name, object);
    return { $ref: `#/parameters/${name}` };
  }

  definitions(): Json {
    return Object.fromEntries([...this.#definitions].sort(([a], [b]) => (a < b ? -1 : 1)));
  }
}

function parameterObject(parameter: Parameter): Json {
  return {
    uniqueItems: true,
    type: parameter.type,
    description: parameter.description,
    name: parameter.name,
    in: parameter.in,
    ...(parameter.in === 'path' ? { required: true } : {}),
  };
}
