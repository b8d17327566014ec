import type { KubeObject } from '../../object/object.ts';
import type { Change, Lister, Listers } from './view.ts';

/** A Lister over objects put in by hand: for tests of what reads listers. */
export class MemoryLister implements Lister {
  generation = 0;
  /** Beside the name and the namespace. */
  selectableFields: (object: KubeObject) => Record<string, string> = () => ({});
  readonly #objects = new Map<string, KubeObject>();
  readonly #listeners = new Set<(change: Change) => void>();

  async ready(): Promise<void> {}

  get(namespace: string, name: string): KubeObject | undefined {
    return this.#objects.get(`${namespace}/${name}`);
  }

  list(namespace: string): KubeObject[] {
    const all = [...this.#objects.values()];
    return namespace === '' ? all : all.filter((o) => o.metadata.namespace === namespace);
  }

  onChange(listener: (change: Change) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  put(object: KubeObject): void {
    const { namespace = '', name = '' } = object.metadata;
    const previous = this.get(namespace, name);
    this.#objects.set(`${namespace}/${name}`, object);
    this.#tell(previous === undefined ? 'added' : 'modified', object, previous);
  }

  remove(namespace: string, name: string): void {
    const object = this.get(namespace, name);
    if (object === undefined) return;
    this.#objects.delete(`${namespace}/${name}`);
    this.#tell('deleted', object, object);
  }

  #tell(type: Change['type'], object: KubeObject, previous: KubeObject | undefined): void {
    this.generation++;
    const cached = (one: KubeObject) => cachedObject(one, this.selectableFields(one));
    const change = { type, object: cached(object), previous: previous && cached(previous) };
    for (const listener of this.#listeners) listener(change);
  }
}

function cachedObject(object: KubeObject, fields: Record<string, string>): Change['object'] {
  const { namespace = '', name = '', labels = {} } = object.metadata;
  return {
    key: `${namespace}/${name}`,
    namespace,
    name,
    revision: Number(object.metadata.resourceVersion ?? 0),
    apiVersion: object.apiVersion,
    bytes: Buffer.from(JSON.stringify(object)),
    labels,
    fields: { 'metadata.name': name, 'metadata.namespace': namespace, ...fields },
    object: () => object,
  };
}

export class MemoryListers implements Listers {
  readonly #listers = new Map<string, MemoryLister>();

  lister(group: string, resource: string): MemoryLister {
    const key = `${group}/${resource}`;
    let lister = this.#listers.get(key);
    if (lister === undefined) {
      lister = new MemoryLister();
      this.#listers.set(key, lister);
    }
    return lister;
  }
}
