import type { Resource } from './resource.ts';

/**
 * Every served resource by group, version and plural name. Custom resources come and go at run
 * time; whoever derives something from the list (discovery, OpenAPI) compares `generation`.
 */
export class ResourceTable {
  #byName = new Map<string, Resource>();
  #generation = 0;
  #listeners = new Set<() => void>();
  readonly #off: (resource: Resource) => boolean;

  /**
   * `off`: what is not served (`--runtime-config`). The server itself still finds it, by group and
   * name or by kind; no client does.
   */
  constructor(off: (resource: Resource) => boolean = () => false) {
    this.#off = off;
  }

  /** Grows by one with every change. */
  get generation(): number {
    return this.#generation;
  }

  find(group: string, version: string, resource: string): Resource | undefined {
    const found = this.#byName.get(`${group}/${version}/${resource}`);
    return found === undefined || this.#off(found) ? undefined : found;
  }

  findKind(group: string, version: string, kind: string): Resource | undefined {
    for (const resource of this.#byName.values()) {
      if (resource.kind === kind && resource.group === group && resource.version === version) {
        return resource;
      }
    }
    return undefined;
  }

  /** The served resource of this group in any version, the first registered first. */
  findAnyVersion(group: string, resource: string): Resource | undefined {
    for (const candidate of this.#byName.values()) {
      if (candidate.group === group && candidate.resource === resource) return candidate;
    }
    return undefined;
  }

  has(group: string, version: string): boolean {
    return this.#all().some((r) => r.group === group && r.version === version);
  }

  hasGroup(group: string): boolean {
    return this.#all().some((r) => r.group === group);
  }

  list(): readonly Resource[] {
    return this.#all();
  }

  add(resources: readonly Resource[]): void {
    for (const r of resources) this.#byName.set(`${r.group}/${r.version}/${r.resource}`, r);
    this.#changed();
  }

  remove(resources: readonly Resource[]): void {
    for (const r of resources) this.#byName.delete(`${r.group}/${r.version}/${r.resource}`);
    this.#changed();
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** What is served. */
  #all(): Resource[] {
    return [...this.#byName.values()].filter((resource) => !this.#off(resource));
  }

  #changed(): void {
    this.#generation += 1;
    for (const listener of this.#listeners) listener();
  }
}
