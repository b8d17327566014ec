import type { KubeObject } from '../object/object.ts';

/** What an informer knows: objects by `namespace/name`, with indexes kept as they change. */
export type Indexer = (object: KubeObject) => readonly string[];

/** `namespace/name`, or the name alone for cluster-scoped objects. */
export function keyOf(object: { metadata: { namespace?: string; name?: string } }): string {
  const { namespace, name = '' } = object.metadata;
  return namespace === undefined || namespace === '' ? name : `${namespace}/${name}`;
}

export function keyFor(namespace: string | undefined, name: string): string {
  return namespace === undefined || namespace === '' ? name : `${namespace}/${name}`;
}

/** The two parts of a key; namespace is '' for cluster-scoped objects. */
export function splitKey(key: string): { namespace: string; name: string } {
  const slash = key.indexOf('/');
  return slash === -1
    ? { namespace: '', name: key }
    : { namespace: key.slice(0, slash), name: key.slice(slash + 1) };
}

export const byNamespace: Indexer = (object) => [object.metadata.namespace ?? ''];
/** uid of the controlling owner. */
export const byController: Indexer = (object) =>
  (object.metadata.ownerReferences ?? []).filter((o) => o.controller === true).map((o) => o.uid);
/** Values of one label. */
export const byLabel =
  (label: string): Indexer =>
  (object) => {
    const value = object.metadata.labels?.[label];
    return value === undefined ? [] : [value];
  };

export class Store {
  readonly #objects = new Map<string, KubeObject>();
  readonly #indexes = new Map<string, { of: Indexer; entries: Map<string, Set<string>> }>();

  get size(): number {
    return this.#objects.size;
  }

  /** May be added while objects are there; the same name twice keeps the first. */
  addIndex(name: string, of: Indexer): void {
    if (this.#indexes.has(name)) return;
    const index = { of, entries: new Map<string, Set<string>>() };
    this.#indexes.set(name, index);
    for (const [key, object] of this.#objects) insert(index.entries, of(object), key);
  }

  get(key: string): KubeObject | undefined {
    return this.#objects.get(key);
  }

  keys(): string[] {
    return [...this.#objects.keys()];
  }

  values(): IterableIterator<KubeObject> {
    return this.#objects.values();
  }

  /** Throws when there is no index of that name. */
  indexed(name: string, value: string): KubeObject[] {
    const index = this.#indexes.get(name);
    if (index === undefined) throw new Error(`no index ${name}`);
    const found: KubeObject[] = [];
    for (const key of index.entries.get(value) ?? []) {
      const object = this.#objects.get(key);
      if (object !== undefined) found.push(object);
    }
    return found;
  }

  /** Returns what was there before. */
  put(key: string, object: KubeObject): KubeObject | undefined {
    const old = this.#objects.get(key);
    this.#objects.set(key, object);
    for (const { of, entries } of this.#indexes.values()) {
      if (old !== undefined) remove(entries, of(old), key);
      insert(entries, of(object), key);
    }
    return old;
  }

  delete(key: string): KubeObject | undefined {
    const old = this.#objects.get(key);
    if (old === undefined) return undefined;
    this.#objects.delete(key);
    for (const { of, entries } of this.#indexes.values()) remove(entries, of(old), key);
    return old;
  }
}

function insert(entries: Map<string, Set<string>>, values: readonly string[], key: string): void {
  for (const value of values) {
    const keys = entries.get(value);
    if (keys === undefined) entries.set(value, new Set([key]));
    else keys.add(key);
  }
}

function remove(entries: Map<string, Set<string>>, values: readonly string[], key: string): void {
  for (const value of values) {
    const keys = entries.get(value);
    if (keys?.delete(key) === true && keys.size === 0) entries.delete(value);
  }
}
