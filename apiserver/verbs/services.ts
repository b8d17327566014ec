import type { KubeObject } from '../../object/object.ts';
import type { StatusCause } from '../../object/status-error.ts';
import type { AdmissionRequest } from '../admission/plugin.ts';
import type { Resource } from '../apis/resource.ts';
import type { Attributes, Decision } from '../authz/authorizer.ts';
import type { RequestContext, UserInfo } from '../context.ts';
import type { ResourceTable } from '../apis/resource-table.ts';
import type { Store } from '../storage/store.ts';
import type { WatchCache } from '../watch/cache.ts';
import type { ResourceCache } from '../watch/resource-cache.ts';
import type { VersionView } from '../watch/version-view.ts';

/** What the verbs work with; made once in server.ts. */
export interface Services {
  store: Store;
  cache: WatchCache;
  resources: ResourceTable;
  /** The cache of one resource, made on first use. */
  cacheOf(resource: Resource): ResourceCache;
  /** Its objects in the version it serves; undefined where the cache has no other. */
  viewOf(resource: Resource): VersionView | undefined;
  admission: Admission;
  authorize(attributes: Attributes): Promise<Decision> | Decision;
  hooks: WriteHooks;
  now(): Date;
  /** Shortest and longest life of a watch without ?timeoutSeconds. */
  minRequestTimeoutMs: number;
  /** Deletes running at once for one DELETE of a collection. */
  deleteCollectionWorkers: number;
  /** Whether a watch may ask for the state it starts from (`sendInitialEvents`). */
  watchList: boolean;
}

export interface Admission {
  mutate(request: AdmissionRequest): Promise<void>;
  validate(request: AdmissionRequest): Promise<void>;
}

/** What was taken for a write that is not through yet. Exactly one of the two is called. */
export interface Reservation {
  commit(): Promise<void>;
  revert(): Promise<void>;
}

interface Change {
  next: KubeObject;
  old: KubeObject | undefined;
  subresource: string;
}

/** What a write does beside its own key: address allocation, escalation checks. Run in the verb, before the store. */
export interface WriteHooks {
  /** After prepare and before validation; may change the object, may reserve something for it. */
  beforeWrite(
    resource: Resource,
    next: KubeObject,
    old: KubeObject | undefined,
    by: { user: UserInfo; dryRun: boolean },
  ): Promise<Reservation | undefined>;
  /** Rights that its writer or its namespace lacks, told before what is malformed. Undefined for most kinds. */
  refusals(
    resource: Resource,
    change: Change,
    by: RequestContext,
  ): Promise<StatusCause[]> | undefined;
  /** Rights that its writer lacks, asked for only where the object is well-formed. */
  judge(resource: Resource, change: Change, user: UserInfo): Promise<StatusCause[]>;
  /** The object is gone from the store. */
  afterDelete(resource: Resource, object: KubeObject): Promise<void>;
}
