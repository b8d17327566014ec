import type { KubeObject } from '../../object/object.ts';
import type { ResourceCache } from './resource-cache.ts';
import type { Change, Lister, Listers } from './view.ts';

/** A resource's cache as a lister. Objects are parsed on demand, shared, and held weakly. */
export class CacheLister implements Lister {
  readonly #cache: ResourceCache;

  constructor(cache: ResourceCache) {
    this.#cache = cache;
  }

  get generation(): number {
    return this.#cache.generation;
  }

  ready(): Promise<void> {
    return this.#cache.ready();
  }

  get(namespace: string, name: string): KubeObject | undefined {
    return this.#cache.get(namespace, name)?.object();
  }

  list(namespace: string): KubeObject[] {
    return this.#cache.list({ namespace }).items.map((entry) => entry.object());
  }

  onChange(listener: (change: Change) => void): () => void {
    return this.#cache.onChange(listener);
  }
}

/**
 * Listers by resource. `find` gives the cache of a resource that is served; asking for another is a
 * mistake of the caller and throws.
 */
export class CacheListers implements Listers {
  readonly #find: (group: string, resource: string) => ResourceCache | undefined;
  /** One per resource asked for. */
  readonly #made = new WeakMap<ResourceCache, CacheLister>();

  constructor(find: (group: string, resource: string) => ResourceCache | undefined) {
    this.#find = find;
  }

  lister(group: string, resource: string): Lister {
    const cache = this.#find(group, resource);
    if (cache === undefined) {
      throw new Error(`no such resource to list: ${resource}${group === '' ? '' : `.${group}`}`);
    }
    let lister = this.#made.get(cache);
    if (lister === undefined) {
      lister = new CacheLister(cache);
      this.#made.set(cache, lister);
    }
    return lister;
  }
}
