import { jsonText } from '../../object/json-text.ts';
import { artefactStamp, builtInSchema, hasBuiltIn } from '../../schema/built-in.ts';
import type { Schema } from '../../schema/schema.ts';
import type { Resource } from '../apis/resource.ts';
import { hashOf, type OpenApiDocument, openApiDocument, preferredForm } from './openapi-bytes.ts';
import { customDefinitions } from './openapi-custom.ts';
import { definitionOf, type Json, refTo } from './openapi-definitions.ts';
import type { Operation } from './openapi-operation.ts';
import { operationsOf } from './openapi-operations.ts';
import type { Parameter } from './openapi-parameters.ts';
import { encodeOpenApiV3 } from './openapi-protobuf-v3.ts';
import { apiResourcesOperation, serverOperations } from './openapi-server.ts';

const protobufTypes = [
  'application/com.github.proto-openapi.spec.v3.v1.0+protobuf',
  'application/com.github.proto-openapi.spec.v3@v1.0+protobuf',
];

/** Of documents of custom resources (controller/openapi/builder). */
const customInfo = { title: 'Kubernetes CRD Swagger', version: 'v0.1.0' };
export const info = { title: 'Kubernetes', version: '1.36' };
export const bearerToken = {
  type: 'apiKey',
  description: 'Bearer Token authentication',
  name: 'authorization',
  in: 'header',
};

/** What one key of the index is made of. */
interface Source {
  operations: readonly Operation[];
  custom: readonly Resource[];
  /** `apps/v1`; undefined for the server's own paths. */
  gv: string | undefined;
}

/**
 * OpenAPI v3: the index at /openapi/v3 and a document for each group version and each of the
 * server's own paths. Documents are made when first asked for and kept as bytes; there are as many
 * as group versions. Make a new OpenApiV3 when the resources change; what has not changed is taken
 * over from the `previous` one.
 */
export class OpenApiV3 {
  readonly #sources = new Map<string, () => Source>();
  readonly #served = new Map<string, readonly Resource[]>();
  readonly #hashes = new Map<string, string>();
  readonly #documents = new Map<string, OpenApiDocument>();
  #index: OpenApiDocument | undefined;

  constructor(resources: readonly Resource[], previous?: OpenApiV3) {
    for (const [key, operations] of serverOperations(resources)) {
      this.#sources.set(key, () => ({ operations, custom: [], gv: undefined }));
    }
    for (const [gv, served] of byGroupVersion(resources)) {
      const key = gv.includes('/') ? `apis/${gv}` : `api/${gv}`;
      this.#sources.set(key, () => sourceOf(gv, served));
      this.#served.set(key, served);
      if (previous !== undefined) this.#takeOver(key, served, previous);
    }
  }

  #takeOver(key: string, served: readonly Resource[], previous: OpenApiV3): void {
    const before = previous.#served.get(key);
    if (before?.length !== served.length || served.some((r, i) => r !== before[i])) return;
    const hash = previous.#hashes.get(key);
    if (hash !== undefined) this.#hashes.set(key, hash);
    for (const form of ['json', 'protobuf']) {
      const document = previous.#documents.get(`${form} ${key}`);
      if (document !== undefined) this.#documents.set(`${form} ${key}`, document);
    }
  }

  /** GET /openapi/v3; `others` are keys of aggregated servers and their URLs. */
  index(others: ReadonlyMap<string, string> = new Map()): OpenApiDocument {
    if (others.size === 0 && this.#index !== undefined) return this.#index;
    const urls = new Map(
      [...this.#sources.keys()].map((key) => [key, `/openapi/v3/${key}?hash=${this.hash(key)}`]),
    );
    for (const [key, url] of others) urls.set(key, url);
    const paths: Json = {};
    for (const key of [...urls.keys()].sort()) paths[key] = { serverRelativeURL: urls.get(key) };
    const made = openApiDocument('application/json', jsonBytes({ paths }));
    if (others.size === 0) this.#index = made;
    return made;
  }

  /** Of what the document is made from, so that the index does not make them all. */
  hash(key: string): string | undefined {
    const known = this.#hashes.get(key);
    if (known !== undefined) return known;
    const source = this.#sources.get(key)?.();
    if (source === undefined) return undefined;
    const ids = source.operations.map(({ id }) => id);
    const custom = source.custom.flatMap((resource) => customDefinitions(resource, 'v3'));
    const hash = hashOf(JSON.stringify([artefactStamp(), ids, custom]));
    this.#hashes.set(key, hash);
    return hash;
  }

  /**
   * GET /openapi/v3/<key> (`apis/apps/v1`). Undefined when there is none, or the client accepts
   * neither JSON nor protobuf.
   */
  document(key: string, accept: string | undefined): OpenApiDocument | undefined {
    const source = this.#sources.get(key);
    if (source === undefined) return undefined;
    const form = preferredForm(accept, protobufTypes);
    if (form === undefined) return undefined;
    const known = this.#documents.get(`${form} ${key}`);
    if (known !== undefined) return known;
    const tree = documentOf(source());
    const document =
      form === 'json'
        ? openApiDocument('application/json', jsonBytes(tree), this.hash(key))
        : openApiDocument(protobufTypes[0] ?? '', encodeOpenApiV3(tree), this.hash(key));
    this.#documents.set(`${form} ${key}`, document);
    return document;
  }
}

/** Go's `json.Marshal`: no newline behind it. Version 2 goes another way, which escapes nothing. */
function jsonBytes(value: unknown): Buffer {
  return Buffer.from(jsonText(value));
}

export function byGroupVersion(resources: readonly Resource[]): Map<string, Resource[]> {
  return Map.groupBy(resources, ({ apiVersion }) => apiVersion);
}

function sourceOf(gv: string, served: readonly Resource[]): Source {
  const [version = '', group = ''] = gv.split('/').reverse();
  const custom = served.filter((resource) => resource.custom !== undefined);
  const own = custom.length === served.length ? [] : [apiResourcesOperation(group, version)];
  return { operations: [...own, ...served.flatMap(operationsOf)], custom, gv };
}

function documentOf({ operations, custom, gv }: Source): Json {
  const paths: Json = {};
  const byPath = Map.groupBy(operations, ({ path }) => path);
  for (const path of [...byPath.keys()].sort()) paths[path] = pathItem(byPath.get(path) ?? []);
  const schemas = schemasOf(operations, custom, gv);
  return {
    openapi: '3.0.0',
    info: custom.length > 0 ? customInfo : info,
    paths,
    components: {
      ...(Object.keys(schemas).length === 0 ? {} : { schemas }),
      ...(custom.length > 0 ? {} : { securitySchemes: { BearerToken: bearerToken } }),
    },
  };
}

/** Parameters that all operations of a path share stand at the path. */
function pathItem(operations: readonly Operation[]): Json {
  const shared = sharedParameters(operations);
  const item: Json = {};
  for (const operation of operations) {
    const own = operation.parameters.filter((parameter) => !shared.includes(parameter));
    item[operation.method] = operationObject(operation, own);
  }
  if (shared.length > 0) item['parameters'] = shared.map(parameterObject);
  return item;
}

/** Sorted by name, as those of a single operation. */
export function sharedParameters(operations: readonly Operation[]): Parameter[] {
  const [first, ...rest] = operations;
  const same = (a: Parameter) => (b: Parameter) =>
    a === b || (a.name === b.name && a.in === b.in && a.description === b.description);
  return sorted(
    (first?.parameters ?? []).filter((parameter) =>
      rest.every((operation) => operation.parameters.some(same(parameter))),
    ),
  );
}

export function sorted(parameters: readonly Parameter[]): Parameter[] {
  const key = (p: Parameter): string => `${p.name} ${p.in}`;
  return parameters.toSorted((a, b) => (key(a) < key(b) ? -1 : 1));
}

function operationObject(operation: Operation, parameters: readonly Parameter[]): Json {
  const { body, kind } = operation;
  const schema = (definition: string): Json =>
    definition === '' ? { type: 'string' } : { $ref: refTo(definition, 'v3') };
  const contents = (types: readonly string[], definition: string): Json =>
    Object.fromEntries(types.map((type) => [type, { schema: schema(definition) }]));
  const responses: Json = {};
  for (const [code, definition] of Object.entries(operation.answers)) {
    responses[code] = {
      description: codeNames[code] ?? '',
      content: contents(operation.produces, definition),
    };
  }
  responses['401'] = { description: 'Unauthorized' };
  return {
    tags: [operation.tag],
    description: operation.description,
    operationId: operation.id,
    ...(parameters.length === 0 ? {} : { parameters: sorted(parameters).map(parameterObject) }),
    ...(body === undefined
      ? {}
      : {
          requestBody: {
            content: contents(operation.consumes, body.definition),
            ...(body.required ? { required: true } : {}),
          },
        }),
    responses,
    ...(operation.action === undefined ? {} : { 'x-kubernetes-action': operation.action }),
    ...(kind === undefined ? {} : { 'x-kubernetes-group-version-kind': kind }),
  };
}

export const codeNames: Record<string, string> = { 200: 'OK', 201: 'Created', 202: 'Accepted' };

function parameterObject(parameter: Parameter): Json {
  return {
    name: parameter.name,
    in: parameter.in,
    description: parameter.description,
    ...(parameter.in === 'path' ? { required: true } : {}),
    schema: { type: parameter.type, uniqueItems: true },
  };
}

function schemasOf(
  operations: readonly Operation[],
  custom: readonly Resource[],
  gv?: string,
): Json {
  const own = new Map(custom.flatMap((resource) => customDefinitions(resource, 'v3')));
  const schemas: Json = {};
  const names = new Set<string>([...own.keys(), ...namesIn(operations)]);
  // beside custom resources the shared types are of every group
  const only = own.size > 0 ? undefined : (gv ?? 'v1');
  if (own.size > 0) for (const kind of ['ObjectMeta', 'ListMeta']) names.add(`${meta}.${kind}`);
  for (const name of closure(names)) {
    schemas[name] = own.get(name) ?? definitionOf(name, 'v3', only);
  }
  return schemas;
}

const meta = 'io.k8s.apimachinery.pkg.apis.meta.v1';

/** The definitions that operations name: bodies and answers. */
export function namesIn(operations: readonly Operation[]): string[] {
  return operations
    .flatMap(({ body, answers }) => [
      ...(body === undefined ? [] : [body.definition]),
      ...Object.values(answers),
    ])
    .filter((name) => name !== '');
}

/** Sorted, with all built-in types that the named ones hold. */
export function closure(names: Iterable<string>): string[] {
  const seen = new Set<string>();
  const visit = (name: string): void => {
    if (seen.has(name)) return;
    seen.add(name);
    if (hasBuiltIn(name)) visitFields(builtInSchema(name));
  };
  const visitFields = (schema: Schema): void => {
    for (const field of Object.values(schema.properties ?? {})) {
      let inner = field;
      while (inner.name === undefined && (inner.items ?? inner.additional) !== undefined) {
        inner = inner.items ?? inner.additional ?? inner;
      }
      if (inner.name !== undefined) visit(inner.name);
    }
  };
  for (const name of names) visit(name);
  return [...seen].sort();
}
