import { compileJsonPath } from '../../object/json-path.ts';
import type { KubeObject } from '../../object/object.ts';
import type { Resource, ResourceVerb, ScaleSubresource } from '../apis/resource.ts';
import { makeBehaviour } from './behaviour.ts';
import { columnsOf } from './columns.ts';
import type { ScalePaths } from '../validation/scale-rules.ts';
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
    scale?: ScalePaths;
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
      const scale = scaleOf(version);
      if (scale !== undefined) resource.scale = scale;
      return resource;
    });
  const isServed = new Set(versions.filter(({ served }) => served).map(({ name }) => name));
  return {
    served: made.filter(({ version }) => isServed.has(version)),
    storage: made.find(({ version }) => version === storage.name) as Resource,
  };
}

/** `.spec.replicas` in the definition is `spec.replicas` here. */
function scaleOf(version: DefinitionVersion): ScaleSubresource | undefined {
  const scale = version.subresources?.scale;
  if (scale === undefined) return undefined;
  const bare = (path: string): string => path.replace(/^\./, '');
  return {
    specReplicasPath: bare(scale.specReplicasPath),
    statusReplicasPath: bare(scale.statusReplicasPath),
    ...(scale.labelSelectorPath === undefined
      ? {}
      : { labelSelectorPath: bare(scale.labelSelectorPath) }),
  };
}

function selectableFieldsOf(
  version: DefinitionVersion,
): (object: KubeObject) => Record<string, string> {
  const paths = (version.selectableFields ?? []).map(({ jsonPath }) => ({
    name: jsonPath.replace(/^\./, ''),
    read: compileJsonPath(jsonPath),
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
