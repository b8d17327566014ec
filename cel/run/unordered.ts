/**
 * Lists of custom resources whose order means nothing: sets, and maps whose elements have keys
 * (x-kubernetes-list-type; k8s.io/apiserver cel/common/valuesunstructured.go). They are lists to all
 * functions; what is made of them is a list like others.
 */
export class UnorderedList extends Array<unknown> {
  static override get [Symbol.species](): ArrayConstructor {
    return Array;
  }

  #identity: (item: unknown) => string = String;
  #keyed = false;

  /** @param keys of elements of a map; undefined: a set */
  static made(items: readonly unknown[], keys: readonly string[] | undefined): UnorderedList {
    const list = new UnorderedList();
    for (const item of items) list.push(item);
    list.#keyed = keys !== undefined;
    list.#identity = keys === undefined ? identity : (item) => identityByKeys(item, keys);
    return list;
  }

  /** @param equal of two elements with the same keys */
  equals(other: readonly unknown[], equal: (a: unknown, b: unknown) => boolean): boolean {
    if (other.length !== this.length) return false;
    const own = new Map(this.map((item) => [this.#identity(item), item]));
    return other.every((item) => {
      const key = this.#identity(item);
      return own.has(key) && (!this.#keyed || equal(own.get(key), item));
    });
  }

  /** Elements of the other take the place of those with the same keys, or come behind. */
  joined(other: readonly unknown[]): UnorderedList {
    const places = new Map(this.map((item, i) => [this.#identity(item), i]));
    const items: unknown[] = [...this];
    for (const item of other) {
      const key = this.#identity(item);
      const place = places.get(key);
      if (place !== undefined) items[place] = item;
      else {
        if (!this.#keyed) places.set(key, items.length);
        items.push(item);
      }
    }
    const list = UnorderedList.made(items, undefined);
    list.#keyed = this.#keyed;
    list.#identity = this.#identity;
    return list;
  }
}

function identityByKeys(item: unknown, keys: readonly string[]): string {
  const fields = (item ?? {}) as Readonly<Record<string, unknown>>;
  return JSON.stringify(keys.map((key) => identity(fields[key])));
}

function identity(value: unknown): string {
  if (typeof value === 'bigint') return `number ${value}`;
  if (typeof value === 'object' && value !== null && 'nanoseconds' in value) {
    return `time ${String(value.nanoseconds)}`;
  }
  return `${typeof value} ${JSON.stringify(value) ?? ''}`;
}
