import { isNumber } from '../../object/json.ts';
import type { KubeObject } from '../../object/object.ts';
import { compileJsonPath, type JsonPath } from '../../object/path.ts';
import { customAgeColumn, nameColumn } from '../apis/column.ts';
import { age } from '../apis/human-duration.ts';
import type { Column, Resource, ResourceVerb } from '../apis/resource.ts';
import { makeBehaviour } from './behaviour.ts';
import { scaleFieldsOf } from './scale-paths.ts';
import type { ConversionWebhook } from './conversion-webhook.ts';
import { type CallWebhook, DefinitionVersions } from './versions.ts';

/** A CustomResourceDefinition as this server reads it (apiextensions.k8s.io/v1). */
export interface DefinitionVersion {
  name: string;
  served: boolean;
  storage: boolean;
  deprecated?: boolean;
  deprecationWarning?: string;
  schema?: { openAPIV3Schema?: Record<string, unknown> };
  subresources?: {
    status?: object;
    scale?: {
      specReplicasPath: string;
      statusReplicasPath: string;
      labelSelectorPath?: string;
    };
  };
  additionalPrinterColumns?: {
    name: string;
    type: string;
    format?: string;
    description?: string;
    priority?: number;
    jsonPath: string;
  }[];
  selectableFields?: { jsonPath: string }[];
}

export interface DefinitionNames {
  plural: string;
  singular?: string;
  kind: string;
  listKind?: string;
  shortNames?: string[];
  categories?: string[];
}

export interface Definition extends KubeObject {
  spec: {
    group: string;
    scope: 'Namespaced' | 'Cluster';
    names: DefinitionNames;
    versions: DefinitionVersion[];
    conversion?: {
      strategy: 'None' | 'Webhook';
      webhook?: {
        clientConfig?: ConversionWebhook['client'];
        conversionReviewVersions?: string[];
      };
    };
    preserveUnknownFields?: boolean;
  };
  status?: {
    conditions?: Condition[];
    acceptedNames?: DefinitionNames;
    storedVersions?: string[];
  };
}

export interface Condition {
  type: string;
  status: string;
  reason?: string;
  message?: string;
  lastTransitionTime?: string;
}

const customVerbs: readonly ResourceVerb[] = [
  'delete',
  'deletecollection',
  'get',
  'list',
  'patch',
  'create',
  'update',
  'watch',
];

export function conditionOf(definition: Definition, type: string): Condition | undefined {
  return definition.status?.conditions?.find((condition) => condition.type === type);
}

/** A definition as resources: those that are served, and the one that is stored. */
export interface DefinedResources {
  served: Resource[];
  storage: Resource;
}

/** Undefined for a definition that is not established. */
export function resourcesOf(
  definition: Definition,
  etcdPrefix: string,
  call: CallWebhook,
): DefinedResources | undefined {
  if (conditionOf(definition, 'Established')?.status !== 'True') return undefined;
  const names = definition.status?.acceptedNames ?? definition.spec.names;
  const { group, versions } = definition.spec;
  const storage = versions.find((version) => version.storage);
  if (storage === undefined) return undefined;
  const all = new DefinitionVersions(definition, selectableFieldsOf(storage), call);
  const made = versions
    .filter((version) => version.served || version === storage)
    .map((version) => {
      const made = makeBehaviour(definition, version, all);
      const resource: Resource = {
        group,
        version: version.name,
        apiVersion: `${group}/${version.name}`,
        kind: names.kind,
        listKind: names.listKind ?? `${names.kind}List`,
        resource: names.plural,
        singular: names.singular ?? names.kind.toLowerCase(),
        namespaced: definition.spec.scope === 'Namespaced',
        shortNames: names.shortNames ?? [],
        categories: names.categories ?? [],
        verbs: customVerbs,
        storagePath: `${group}/${names.plural}`,
        keyPrefix: `${etcdPrefix}/${group}/${names.plural}/`,
        storedAs: { group, version: storage.name, kind: names.kind },
        schema: made.schema,
        columns: columnsOf(version),
        generation: true,
        unconditionalUpdate: false,
        status: version.subresources?.status !== undefined,
        custom: made.behaviour,
        selectableFields: selectableFieldsOf(version),
        ...(version.subresources?.status === undefined
          ? {}
          : {
              prepareForCreate(object: KubeObject) {
                delete object['status'];
              },
            }),
      };
      const scale = scaleFieldsOf(version);
      if (scale !== undefined) resource.scale = scale;
      return resource;
    });
  const isServed = new Set(versions.filter(({ served }) => served).map(({ name }) => name));
  return {
    served: made.filter(({ version }) => isServed.has(version)),
    storage: made.find(({ version }) => version === storage.name) as Resource,
  };
}

function selectableFieldsOf(
  version: DefinitionVersion,
): (object: KubeObject) => Record<string, string> {
  const paths = (version.selectableFields ?? []).map(({ jsonPath }) => ({
    name: jsonPath.replace(/^\./, ''),
    read: compileJsonPath(`{${jsonPath}}`),
  }));
  return (object) =>
    Object.fromEntries(
      paths.map(({ name, read }) => {
        // strings, integers and booleans: nothing else may be selected by
        const value = read(object)[0] as string | number | boolean | null | undefined;
        return [name, value === undefined || value === null ? '' : String(value)];
      }),
    );
}

function columnsOf(version: DefinitionVersion): Column[] {
  const own = version.additionalPrinterColumns;
  if (own === undefined || own.length === 0) return [nameColumn, customAgeColumn];
  return [
    nameColumn,
    ...own.map((column): Column => {
      const read = compileJsonPath(`{${column.jsonPath}}`);
      return {
        name: column.name,
        type: column.type as Column['type'],
        ...(column.format === undefined ? {} : { format: column.format }),
        description: column.description || describedBy(column.jsonPath),
        ...(column.priority === undefined ? {} : { priority: column.priority }),
        cell: (object) => cellOf(read, column.type, object),
      };
    }),
  ];
}

/** What is said of a column that says nothing of itself. */
function describedBy(jsonPath: string): string {
  return `Custom resource definition column (in JSONPath format): ${jsonPath}`;
}

/** A cell by its column's type (apiextensions-apiserver registry/customresource/tableconvertor). */
function cellOf(
  read: JsonPath,
  type: string,
  object: KubeObject,
): string | number | bigint | boolean | null {
  const [value] = read(object);
  if (value === undefined || value === null) return type === 'string' ? '' : null;
  switch (type) {
    case 'integer':
      if (typeof value === 'bigint') return value;
      return typeof value === 'number' ? Math.trunc(value) : null;
    case 'number':
      return isNumber(value) ? Number(value) : null;
    case 'boolean':
      return typeof value === 'boolean' ? value : null;
    case 'date':
      return typeof value === 'string' ? age(value) : null;
    default:
      return typeof value === 'string' ? value : JSON.stringify(value);
  }
}
