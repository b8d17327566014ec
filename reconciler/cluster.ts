import type { KubeObject } from '../object/object.ts';

/**
 * The port through which operator and controllers touch a Kubernetes API: generic over resources,
 * nothing cached. `connectCluster` (client-node) is its only implementation outside tests.
 */

export interface ResourceRef {
  group: string;
  version: string;
  resource: string;
  kind: string;
  namespaced: boolean;
}

export interface ListQuery {
  namespace?: string;
  labelSelector?: string;
  fieldSelector?: string;
  /** Ask for PartialObjectMetadata instead of whole objects. */
  metadataOnly?: boolean;
}

export interface DeleteQuery {
  propagationPolicy?: 'Foreground' | 'Background' | 'Orphan';
  gracePeriodSeconds?: number;
  uid?: string;
  resourceVersion?: string;
}

export interface ApplyQuery {
  fieldManager: string;
  force?: boolean;
  subresource?: string;
}

export type PatchType = 'json' | 'merge' | 'strategic';

export interface WatchEvent {
  type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK';
  object: KubeObject;
}

/** Errors are `StatusError`s (object/status-error.ts) where the server answered with a Status. */
export interface Cluster {
  /** Undefined when it does not exist; rejects when its kind is not served. */
  get(ref: ResourceRef, namespace: string, name: string): Promise<KubeObject | undefined>;
  list(
    ref: ResourceRef,
    query?: ListQuery,
  ): Promise<{ items: KubeObject[]; resourceVersion: string }>;
  /** Ends by resolving (server closed it) or rejecting (410, connection lost). */
  watch(
    ref: ResourceRef,
    query: ListQuery & { resourceVersion: string },
    onEvent: (event: WatchEvent) => void,
    signal: AbortSignal,
  ): Promise<void>;
  create(ref: ResourceRef, object: KubeObject, subresource?: string): Promise<KubeObject>;
  /** PUT; `subresource` e.g. `status`. */
  update(ref: ResourceRef, object: KubeObject, subresource?: string): Promise<KubeObject>;
  patch(
    ref: ResourceRef,
    target: { namespace: string; name: string; subresource?: string },
    type: PatchType,
    body: unknown,
  ): Promise<KubeObject>;
  apply(ref: ResourceRef, object: KubeObject, query: ApplyQuery): Promise<KubeObject>;
  /** False when it was already gone. */
  delete(ref: ResourceRef, namespace: string, name: string, query?: DeleteQuery): Promise<boolean>;
  /** DELETE of a whole collection in one namespace ('' for a cluster-scoped one). */
  deleteCollection(
    ref: ResourceRef,
    namespace: string,
    query?: ListQuery & DeleteQuery,
  ): Promise<void>;
  /** GET of any path, as text: /readyz, /version, discovery. `accept` is the media type asked for. */
  raw(path: string, accept?: string): Promise<string>;
  close(): void;
}
