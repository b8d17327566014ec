import type { GroupVersionKind, KubeObject } from '../../object/object.ts';
import type { StatusCause } from '../../object/status-error.ts';
import type { Schema } from '../../schema/schema.ts';
import type { RequestContext, UserInfo } from '../context.ts';

/**
 * Everything the generic verbs need to know about one served resource. Built-in kinds write a
 * KindDefinition in `apis/<group>/<kind>.ts`; custom resources make the same thing from their CRD.
 * Every function here is pure but for changing the object it is handed.
 */

export type ResourceVerb =
  | 'create'
  | 'delete'
  | 'deletecollection'
  | 'get'
  | 'list'
  | 'patch'
  | 'update'
  | 'watch';

export const allVerbs: readonly ResourceVerb[] = [
  'create',
  'delete',
  'deletecollection',
  'get',
  'list',
  'patch',
  'update',
  'watch',
];

/** A Table column with its cell; upstream's printers are the source of names and order. */
export interface Column {
  name: string;
  type: 'string' | 'integer' | 'number' | 'boolean' | 'date';
  format?: string;
  description?: string;
  /** 0 always shown, 1 with -o wide. */
  priority?: number;
  cell(object: KubeObject): string | number | bigint | boolean | null;
}

export type NameRule = 'dns-subdomain' | 'dns-label' | 'path-segment';

export interface WriteInfo {
  user: UserInfo;
  now: Date;
  dryRun: boolean;
}

/**
 * One of the checks that an update goes through: of the metadata as of a new object's
 * (ValidateObjectMeta), of the metadata as changed (ValidateObjectMetaUpdate), `validate`,
 * `validateUpdate` (of the status: its own), or a part of them.
 */
export type UpdateCheck =
  | 'new metadata'
  | 'changed metadata'
  | 'rules'
  | 'changes'
  | ((next: KubeObject, old: KubeObject) => StatusCause[]);

export interface StatusSubresource {
  /** As the kind's own, for writes to the status. Default: the metadata as changed, then the status. */
  updateChecks?: readonly UpdateCheck[];
  /** What of the metadata stays as it was: `all` but the managed fields, or these fields. Default: a
   * status write changes metadata as any other write. */
  keepsMetadata?: 'all' | readonly ('deletionTimestamp' | 'labels' | 'ownerReferences')[];
  /** Start from `old`, take over what a status write may change; the spec is back already. */
  prepareForUpdate?(next: KubeObject, old: KubeObject, info: WriteInfo): void;
  validateUpdate?(next: KubeObject, old: KubeObject): StatusCause[];
  /** Of a write to the status, which is not told what the object itself is warned of. */
  warnings?(next: KubeObject): string[];
  /** Writes to the object change the status as well: upstream's strategy keeps them not apart. */
  withObject?: boolean;
}

/** Paths are dotted, from the object's root: `spec.replicas`. */
export interface ScaleSubresource {
  specReplicasPath: string;
  statusReplicasPath: string;
  /** Either the path of a LabelSelector object or of a serialised selector string. */
  labelSelectorPath?: string;
  /** Kind served: autoscaling/v1 Scale. */
}

/**
 * A subresource with a code of its own (binding, eviction, token, approval, log, exec …). Receives
 * the context with `info` set; answers by setting `context.answer` or taking over the raw response.
 * `services` gives it the generic verbs and stores (see verbs/services.ts).
 */
export interface CustomSubresource {
  /** Kind of the body where it is not the parent's: `{group: 'policy', version: 'v1', kind: 'Eviction'}`. */
  kind: GroupVersionKind;
  verbs: readonly (ResourceVerb | 'connect')[];
  /** Type of the request body; undefined for connect. */
  definition?: string;
  /** Where get, update and patch are those of the object itself, seen through a narrower door. */
  update?: {
    /** Start from what was sent, take back all that this door does not change. */
    prepare(next: KubeObject, old: KubeObject, info: WriteInfo): void;
    validate?(next: KubeObject, old: KubeObject): StatusCause[];
    /** As the kind's own, for changes through this door. */
    updateChecks?: readonly UpdateCheck[];
  };
}

export interface KindDefinition {
  group: string;
  version: string;
  kind: string;
  /** `PodList` unless said. */
  listKind?: string;
  /** Plural, lower case. */
  resource: string;
  /** Lower-case singular; upstream's is the lower-case kind. */
  singular?: string;
  namespaced: boolean;
  shortNames?: readonly string[];
  categories?: readonly string[];
  /** Default: all eight. */
  verbs?: readonly ResourceVerb[];

  /** Path below /registry: `pods`, `services/specs`, `minions`, `apiextensions.k8s.io/...`. Default: upstream's rule for the kind. */
  storagePath: string;
  /** Version stored in etcd; default this one. */
  storedAs?: GroupVersionKind;
  /** From the stored version to this one and back; only where they differ in more than apiVersion. */
  fromStored?(object: KubeObject): KubeObject;
  toStored?(object: KubeObject): KubeObject;
  /** Seconds to live in storage. */
  ttlSeconds?(object: KubeObject): number;

  nameRule?: NameRule;
  /** metadata.generation is kept: 1 at creation (`from zero`: what was sent), raised when spec changes.
   * Default: when the kind has a spec. */
  generation?: boolean | 'from zero';
  /** PUT to a name that does not exist creates it. */
  createOnUpdate?: boolean;
  /** PUT without resourceVersion is allowed. Default true. */
  unconditionalUpdate?: boolean;

  columns?: readonly Column[];
  /** Beyond metadata.name and metadata.namespace. */
  selectableFields?(object: KubeObject): Record<string, string>;
  /** Of which upstream's cache has an index (ListOptions.Indexers of its stores). */
  indexedField?: string;
  /** Why objects cannot be selected by a field, where it is not said in the usual words. */
  fieldLabelRefusal?(field: string): string;
  /** Whether lists may select by a field; by all that {@link selectableFields} has unless given. */
  isFieldLabel?(field: string): boolean;

  /** Defaults that the schema's own `default` does not express. Runs after decode, before admission's
   * validation and whenever a stored object is read that lacks them. */
  default?(object: KubeObject): void;
  /** Runs when name, uid and creationTimestamp are known; again with the next name when a generated
   * one was taken. */
  prepareForCreate?(object: KubeObject, info: WriteInfo): void;
  prepareForUpdate?(next: KubeObject, old: KubeObject, info: WriteInfo): void;
  /** Rules that hold for every state of the object: checked on create and on update. `old` is what an
   * update finds: what was stored under older rules, and is not changed, may stay. */
  validate?(object: KubeObject, old?: KubeObject): StatusCause[];
  /** Rules of a new object only, beside `validate`. */
  validateCreate?(object: KubeObject): StatusCause[];
  /** What may change from `old` to `next`, beside `validate`. */
  validateUpdate?(next: KubeObject, old: KubeObject): StatusCause[];
  /**
   * What upstream's ValidateUpdate of the kind puts together, as often as it does: a client sees a
   * mistake once for each. All objects have their metadata judged before that. Default: the
   * metadata as changed, `validate`, `validateUpdate`.
   */
  updateChecks?: readonly UpdateCheck[];
  /** False: upstream's rules of the kind do not look at metadata, what it does for all kinds is all. */
  judgesMetadata?: boolean;
  warnings?(object: KubeObject, old: KubeObject | undefined): string[];

  /** Deleted without a propagation policy, what it owns stays (for compatibility with old clients). */
  orphansDependents?: { warning?: string };
  /** Owns nothing: a propagation policy is not followed. */
  ignoresDependents?: boolean;
  /** Grace for a delete in seconds; undefined: not graceful, the object goes at once. */
  gracePeriodSeconds?(object: KubeObject, asked: number | undefined): number;

  /** What a DELETE stores while something of the kind's own (a namespace's spec.finalizers) still
   * holds the object: itself when it waits already; undefined when nothing does. */
  deferDelete?(object: KubeObject, now: Date, options: Propagation): KubeObject | undefined;

  status?: StatusSubresource | boolean;
  scale?: ScaleSubresource;
  /** By name: `binding`, `eviction`, `log` … Their code is registered in `verbs/connect.ts`. */
  subresources?: Record<string, CustomSubresource>;
}

/** What a DELETE says of the objects that the deleted one owns. */
export interface Propagation {
  propagationPolicy?: 'Orphan' | 'Background' | 'Foreground' | undefined;
  orphanDependents?: boolean | undefined;
}

/** A KindDefinition made ready to serve. */
export interface Resource extends KindDefinition {
  listKind: string;
  singular: string;
  verbs: readonly ResourceVerb[];
  apiVersion: string;
  /** Older versions that a body may be of, with the same fields. */
  alsoVersions?: readonly string[];
  schema: Schema;
  columns: readonly Column[];
  storedAs: GroupVersionKind;
  /** `/registry/pods/`: every key of the resource starts with it. */
  keyPrefix: string;
  /** Custom resources validate and prune by their CRD; undefined for built-ins. */
  custom?: CustomBehaviour;
}

export interface CustomBehaviour {
  /** Name of the CustomResourceDefinition. */
  definitionName: string;
  /** The definition has this version, served or not. */
  hasVersion(apiVersion: string): boolean;
  /** Structural defaults of this version, in place; of nulls that mean nothing only they are left. */
  applyDefaults(object: KubeObject, keepNulls?: boolean): void;
  /** Drops fields the schema does not know, in place; gives their paths (`spec.foo`). */
  prune(object: KubeObject): string[];
  /** Brings objects inside the object into their form, in place: what of them is not known, what is of another type. */
  coerceEmbedded(object: KubeObject): { unknown: string[]; wrong: StatusCause | undefined };
  /**
   * Schema rules (OpenAPI and CEL) with transition rules when `old` is given. `floats` are the paths
   * of numbers that are floats though they are whole.
   */
  validate(
    object: KubeObject,
    old: KubeObject | undefined,
    warn?: (text: string) => void,
    floats?: ReadonlySet<string>,
  ): StatusCause[];
  /** The same for a write to the status. */
  validateStatus(
    object: KubeObject,
    old: KubeObject,
    warn?: (text: string) => void,
    floats?: ReadonlySet<string>,
  ): StatusCause[];
  /** The definition is being deleted: nothing new is made. */
  terminating: boolean;
  /**
   * Objects of any version in another, in order; only where a definition has several versions.
   * Rejects with the StatusError a client is told.
   */
  convert?(objects: readonly KubeObject[], apiVersion: string): Promise<KubeObject[]>;
  /**
   * Objects in another version, as owners of fields see them, with its schema; only where a definition
   * has several versions. Rejects when they cannot be converted or are none of that version.
   */
  inVersion?(
    objects: readonly KubeObject[],
    apiVersion: string,
  ): Promise<{ objects: KubeObject[]; schema: Schema }>;
  /** What was stored, made what its own version makes of it now, in place; true when it changed. */
  refresh(object: KubeObject): boolean;
  /** An object without a status is read with one. */
  defaultsStatus: boolean;
  /** Fields that objects in the storage version are selected by. */
  storedFields(object: KubeObject): Record<string, string>;
  /** Told with every answer. */
  deprecationWarning?: string;
  /** `spec.color`: what objects of this version can be selected by. */
  selectablePaths: readonly string[];
  /** The version's schema as the definition states it, for OpenAPI; absent when it states none. */
  openAPIV3Schema?: Record<string, unknown>;
}

export type ConnectHandler = (context: RequestContext) => Promise<void>;
