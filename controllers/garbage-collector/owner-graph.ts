import type { KubeObject, OwnerReference } from '../../object/object.ts';

/**
 * Who owns whom, over every deletable resource, as watches report it. Pure: it answers which objects
 * have to be looked at again. An owner that was named but never seen is virtual until proven.
 */
export interface GraphNode {
  uid: string;
  /** Index of the resource in the collector's table; undefined while virtual. */
  resource: string | undefined;
  apiVersion: string;
  kind: string;
  namespace: string;
  name: string;
  owners: readonly OwnerReference[];
  dependents: Set<GraphNode>;
  /** Deletion has begun. */
  deleting: boolean;
  /** Foreground deletion: waits for dependents. */
  waits: boolean;
  orphans: boolean;
}

/**
 * `verify`: an owner that was only named; does it exist? `again`: one that was seen; does it still?
 * `report`: this owner lives in another namespace than the one that names it.
 */
export type Work =
  | { kind: 'delete' | 'orphan' | 'verify' | 'again'; uid: string }
  | { kind: 'report'; uid: string; owner: OwnerReference };

export const foreground = 'foregroundDeletion';
export const orphan = 'orphan';

export class OwnerGraph {
  readonly #nodes = new Map<string, GraphNode>();

  get size(): number {
    return this.#nodes.size;
  }

  get(uid: string): GraphNode | undefined {
    return this.#nodes.get(uid);
  }

  /** Everything seen under this resource, to find what vanished while nobody watched. */
  *ofResource(resource: string | undefined): IterableIterator<GraphNode> {
    for (const node of this.#nodes.values()) if (node.resource === resource) yield node;
  }

  /** Owners that were named and that no watch has reported. */
  unseen(): Work[] {
    return [...this.ofResource(undefined)].map(({ uid }) => ({ kind: 'verify', uid }));
  }

  upsert(resource: string, object: KubeObject): Work[] {
    const { uid = '', name = '', namespace = '', ownerReferences = [] } = object.metadata;
    const finalizers = object.metadata.finalizers ?? [];
    const deleting = object.metadata.deletionTimestamp != null;
    const work: Work[] = [];
    const before = this.#nodes.get(uid);
    const node: GraphNode = before ?? {
      uid,
      resource,
      apiVersion: object.apiVersion,
      kind: object.kind,
      namespace,
      name,
      owners: [],
      dependents: new Set(),
      deleting: false,
      waits: false,
      orphans: false,
    };
    if (before === undefined) this.#nodes.set(uid, node);
    const unseen = before !== undefined && before.resource === undefined;
    const { apiVersion, kind } = object;
    Object.assign(node, { resource, apiVersion, kind, namespace, name });
    if (unseen) {
      work.push(...[...node.dependents].flatMap((dependent) => mistaken(dependent, node)));
      // What was to be done to it while it was not served was not.
      Object.assign(node, { waits: false, orphans: false });
      if (node.owners.length > 0) work.push({ kind: 'delete', uid });
    }
    work.push(...this.#setOwners(node, ownerReferences));
    const orphans = deleting && finalizers.includes(orphan);
    if (orphans && !node.orphans) work.push({ kind: 'orphan', uid });
    const waits = deleting && finalizers.includes(foreground);
    if (waits && !node.waits) {
      for (const dependent of node.dependents) work.push({ kind: 'delete', uid: dependent.uid });
      work.push({ kind: 'delete', uid });
    }
    Object.assign(node, { deleting, waits, orphans });
    return work;
  }

  #setOwners(node: GraphNode, owners: readonly OwnerReference[]): Work[] {
    const work: Work[] = [];
    const now = new Set(owners.map((o) => o.uid));
    for (const { uid } of node.owners) {
      if (now.has(uid)) continue;
      const owner = this.#nodes.get(uid);
      if (owner === undefined) continue;
      owner.dependents.delete(node);
      this.#forgetIfEmpty(owner);
      if (owner.waits) work.push({ kind: 'delete', uid });
    }
    const before = new Map(node.owners.map((o) => [o.uid, o]));
    node.owners = owners;
    for (const reference of owners) {
      const known = before.get(reference.uid);
      const owner = this.#nodes.get(reference.uid) ?? this.#virtual(reference, node.namespace);
      owner.dependents.add(node);
      // A new owner may be gone already; one that stopped being blocked may go now.
      if (known === undefined && owner.resource === undefined) {
        work.push({ kind: 'verify', uid: owner.uid });
      } else if (known === undefined && owner.waits) {
        work.push({ kind: 'delete', uid: node.uid });
      }
      if (known === undefined) work.push(...mistaken(node, owner));
      if (known?.blockOwnerDeletion === true && reference.blockOwnerDeletion !== true) {
        work.push({ kind: 'delete', uid: owner.uid });
      }
    }
    if (now.size < before.size) work.push({ kind: 'delete', uid: node.uid });
    return work;
  }

  #virtual(reference: OwnerReference, namespace: string): GraphNode {
    const node: GraphNode = {
      uid: reference.uid,
      resource: undefined,
      apiVersion: reference.apiVersion,
      kind: reference.kind,
      namespace,
      name: reference.name,
      owners: [],
      dependents: new Set(),
      deleting: false,
      waits: false,
      orphans: false,
    };
    this.#nodes.set(reference.uid, node);
    return node;
  }

  /**
   * Not served any more: what there was may be there still, and be served again, so it is only unseen.
   * Whether it lives is verified then.
   */
  end(resource: string): void {
    for (const node of [...this.ofResource(resource)]) {
      node.resource = undefined;
      this.#forgetIfEmpty(node);
    }
  }

  /** The object is gone, or a virtual one turned out never to have been. */
  remove(uid: string): Work[] {
    const node = this.#nodes.get(uid);
    if (node === undefined) return [];
    const work: Work[] = [];
    this.#nodes.delete(uid);
    if (node.resource === undefined) work.push(...this.#elsewhere(node));
    for (const { uid: ownerUid } of node.owners) {
      const owner = this.#nodes.get(ownerUid);
      if (owner === undefined) continue;
      owner.dependents.delete(node);
      this.#forgetIfEmpty(owner);
      if (owner.waits) work.push({ kind: 'delete', uid: ownerUid });
    }
    for (const dependent of node.dependents) work.push({ kind: 'delete', uid: dependent.uid });
    return work;
  }

  /** An owner that is not in the namespace it was looked for in may be in that of other dependents. */
  #elsewhere(node: GraphNode): Work[] {
    const others = [...node.dependents].filter(({ namespace }) => namespace !== node.namespace);
    const reference = others[0]?.owners.find(({ uid }) => uid === node.uid);
    if (others[0] === undefined || reference === undefined) return [];
    const next = this.#virtual(reference, others[0].namespace);
    for (const dependent of others) {
      node.dependents.delete(dependent);
      next.dependents.add(dependent);
    }
    return [{ kind: 'verify', uid: next.uid }];
  }

  /** A virtual node exists only for its dependents, and for its owners where it was seen once. */
  #forgetIfEmpty(node: GraphNode): void {
    if (node.resource !== undefined || node.dependents.size > 0 || node.owners.length > 0) return;
    this.#nodes.delete(node.uid);
  }
}

/** `node` names `owner` by its uid, but as something it is not: whether that exists is to be looked at. */
function mistaken(node: GraphNode, owner: GraphNode): Work[] {
  const reference = node.owners.find(({ uid }) => uid === owner.uid);
  if (reference === undefined) return [];
  const attempt: Work = { kind: 'delete', uid: node.uid };
  if (owner.namespace !== '' && owner.namespace !== node.namespace) {
    const seen = owner.resource !== undefined;
    return seen ? [{ kind: 'report', uid: node.uid, owner: reference }, attempt] : [attempt];
  }
  const same =
    reference.apiVersion === owner.apiVersion &&
    reference.kind === owner.kind &&
    reference.name === owner.name;
  const perhapsNamespaced =
    owner.resource === undefined && owner.namespace === '' && node.namespace !== '';
  return same && !perhapsNamespaced ? [] : [attempt];
}

/** Dependents that hold up the foreground deletion of their owner. */
export function blockers(node: GraphNode): GraphNode[] {
  return [...node.dependents].filter((dependent) =>
    dependent.owners.some((o) => o.uid === node.uid && o.blockOwnerDeletion === true),
  );
}
