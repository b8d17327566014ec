import type { KubeObject } from '../../object/object.ts';

/**
 * Read views over the watch cache. Served bytes are encoded once per object version; whoever needs
 * the parsed object asks for it and must not change it.
 */

/** One version of one object as the cache holds it. */
export interface CachedObject {
  /** Storage key: `/registry/pods/default/web`. */
  readonly key: string;
  readonly namespace: string;
  readonly name: string;
  readonly revision: number;
  /** Served JSON in the version it is stored in, resourceVersion spliced in, no newline. */
  readonly bytes: Buffer;
  /** Of the bytes. */
  readonly apiVersion: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Selectable fields by path, `metadata.name` and `metadata.namespace` included. */
  readonly fields: Readonly<Record<string, string>>;
  /** Parsed lazily, shared: never mutate. */
  object(): KubeObject;
}

export interface Change {
  type: 'added' | 'modified' | 'deleted';
  /** For `deleted`: the last state, with the revision of the delete. */
  object: CachedObject;
  previous: CachedObject | undefined;
}

/** An in-process lister and informer of one resource: what authn, authz and admission read. */
export interface Lister {
  /** Resolves when the cache has its first full list. */
  ready(): Promise<void>;
  get(namespace: string, name: string): KubeObject | undefined;
  /** Empty namespace: all. */
  list(namespace: string): KubeObject[];
  /** Called for every change from now on; returns the unsubscribe function. */
  onChange(listener: (change: Change) => void): () => void;
  /** Grows by one with every change: for caches that must be invalidated. */
  readonly generation: number;
}

/** Listers by resource, made on first use. */
export interface Listers {
  lister(group: string, resource: string): Lister;
}
