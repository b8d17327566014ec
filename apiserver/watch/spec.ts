import type { KubeObject } from '../../object/object.ts';

/** What the cache has to know of a resource. */
export interface ResourceSpec {
  /** `/registry/pods/` (storage/keys.ts keyPrefixOf). */
  readonly keyPrefix: string;
  readonly namespaced: boolean;
  /** Of the cached (storage) version: what bookmarks say. */
  readonly apiVersion: string;
  readonly kind: string;
  /** Custom objects: their fields are stored and shown by name. */
  readonly byName?: boolean;
  /** What else a bookmark says: the fields of an object in which nothing is set. */
  emptyFields?(): object;
  /** The field of which upstream's cache has an index: pages of lists by it end where no more follow. */
  readonly indexedField?: string;
  /** Beyond metadata.name and metadata.namespace. Called once per object version. */
  selectableFields?(object: KubeObject): Record<string, string>;
  /**
   * Called once for each version read from the store (not for those this server wrote). Undefined:
   * serve what is stored. An object (the argument changed in place is fine): serve this instead, as
   * for conversion and for defaults that older versions lack.
   */
  decode?(object: KubeObject): KubeObject | undefined;
}

/** What a resource's cache needs from the whole. */
export interface CacheOwner {
  /** Revision the shared watch has reached. */
  cacheRevision(): number;
  /** Makes sure the list runs; resolves when it is done. */
  load(): Promise<void>;
  waitFor(
    revision: number | bigint,
    timeoutMs: number | undefined,
    at: { readonly revision: number },
  ): Promise<void>;
  /** The store's revision, read after the call. */
  consistent(): Promise<number>;
}

/** As pino's: fields, then a constant message. */
export interface CacheLog {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

export const silentLog: CacheLog = { info() {}, warn() {}, error() {} };
