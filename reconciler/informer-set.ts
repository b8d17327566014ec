import type { KubeObject } from '../object/object.ts';
import type { Cluster, ListQuery, ResourceRef } from './cluster.ts';
import { Informer } from './informer.ts';
import type { Logger } from '../log/log.ts';
import { keyFor } from './store.ts';

/** One informer per resource, shared by all controllers of a process. */
export class InformerSet {
  readonly #cluster: Cluster;
  readonly #log: Logger;
  readonly #informers = new Map<string, Informer>();
  #started = false;

  constructor(cluster: Cluster, log: Logger) {
    this.#cluster = cluster;
    this.#log = log;
  }

  /**
   * Created at the first call, started with the rest (at once when the set already runs). One with a
   * query is apart from the others and does not see our own writes before the watch does.
   */
  of(ref: ResourceRef, query?: ListQuery): Informer {
    const key = `${ref.group}/${ref.resource}${query === undefined ? '' : JSON.stringify(query)}`;
    let informer = this.#informers.get(key);
    if (informer === undefined) {
      const options = { cluster: this.#cluster, ref, log: this.#log };
      informer = new Informer(query === undefined ? options : { ...options, query });
      this.#informers.set(key, informer);
      if (this.#started) informer.start();
    }
    return informer;
  }

  existing(ref: ResourceRef): Informer | undefined {
    return this.#informers.get(`${ref.group}/${ref.resource}`);
  }

  start(): void {
    this.#started = true;
    for (const informer of this.#informers.values()) informer.start();
  }

  /** Waits for every informer there is; those that cannot list are waited for as long as it takes. */
  async synced(): Promise<void> {
    await Promise.all([...this.#informers.values()].map((i) => i.synced));
  }

  unsynced(): string[] {
    return [...this.#informers].filter(([, i]) => !i.hasSynced).map(([key]) => key);
  }

  async stop(): Promise<void> {
    await Promise.all([...this.#informers.values()].map((i) => i.stop()));
  }
}

/** The cluster, with every write entered into the informers so that the next read sees it. */
export function writeThrough(cluster: Cluster, informers: InformerSet): Cluster {
  const observed = (ref: ResourceRef, object: KubeObject): KubeObject => {
    if (object.kind === ref.kind) {
      // The caller may go on editing what it got.
      informers.existing(ref)?.observe({ ...object, metadata: { ...object.metadata } });
    }
    return object;
  };
  return {
    get: (ref, namespace, name) => cluster.get(ref, namespace, name),
    list: (ref, query) => cluster.list(ref, query),
    watch: (ref, query, onEvent, signal) => cluster.watch(ref, query, onEvent, signal),
    create: async (ref, object, subresource) =>
      observed(ref, await cluster.create(ref, object, subresource)),
    update: async (ref, object, subresource) =>
      observed(ref, await cluster.update(ref, object, subresource)),
    patch: async (ref, target, type, body) =>
      observed(ref, await cluster.patch(ref, target, type, body)),
    apply: async (ref, object, query) => observed(ref, await cluster.apply(ref, object, query)),
    delete: async (ref, namespace, name, query) => {
      const key = keyFor(namespace, name);
      // Another one of that name may be there by the time of the answer.
      const uid = query?.uid ?? informers.existing(ref)?.store.get(key)?.metadata.uid;
      const existed = await cluster.delete(ref, namespace, name, query);
      informers.existing(ref)?.observeDelete(key, uid);
      return existed;
    },
    deleteCollection: (ref, namespace, query) => cluster.deleteCollection(ref, namespace, query),
    raw: (path, accept) => cluster.raw(path, accept),
    close: () => cluster.close(),
  };
}
