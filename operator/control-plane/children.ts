import type { KubeObject, ObjectMeta } from '../../object/object.ts';
import { StatusError } from '../../object/status-error.ts';
import type { ApplyQuery, Cluster, DeleteQuery, ListQuery } from '../../reconciler/cluster.ts';
import { Informer } from '../../reconciler/informer.ts';
import type { Logger } from '../../reconciler/log.ts';
import { byLabel, keyFor } from '../../reconciler/store.ts';
import { type ChildKind, controlPlaneLabel, kinds } from './names.ts';

/**
 * What control planes consist of, followed by watches on their label; nothing else of the cluster
 * is kept in memory. Our own writes are entered at once, so the next look sees them.
 */
export class Children {
  readonly #cluster: Cluster;
  readonly #informers: Record<ChildKind, Informer>;

  constructor(cluster: Cluster, query: ListQuery, log: Logger) {
    this.#cluster = cluster;
    const labelled = { ...query, labelSelector: controlPlaneLabel };
    const entries = Object.entries(kinds).map(([kind, ref]) => {
      const informer = new Informer({ cluster, ref, query: labelled, log });
      informer.addIndex('control-plane', byControlPlane);
      return [kind, informer];
    });
    this.#informers = Object.fromEntries(entries) as Record<ChildKind, Informer>;
  }

  /** Calls back with `namespace/name` of the control plane whose child changed. */
  onChange(handler: (controlPlane: string) => void): void {
    for (const informer of Object.values(this.#informers)) {
      informer.on(({ object, old }) => {
        for (const key of new Set([
          ...byControlPlane(object),
          ...(old ? byControlPlane(old) : []),
        ])) {
          handler(key);
        }
      });
    }
  }

  start(): void {
    for (const informer of Object.values(this.#informers)) informer.start();
  }

  async synced(): Promise<void> {
    await Promise.all(Object.values(this.#informers).map((informer) => informer.synced));
  }

  get hasSynced(): boolean {
    return Object.values(this.#informers).every((informer) => informer.hasSynced);
  }

  async stop(): Promise<void> {
    await Promise.all(Object.values(this.#informers).map((informer) => informer.stop()));
  }

  /** Children of one control plane by kind and name. */
  of(namespace: string, controlPlane: string): Record<ChildKind, Map<string, KubeObject>> {
    const key = keyFor(namespace, controlPlane);
    const entries = Object.entries(this.#informers).map(([kind, informer]) => {
      const found = informer.store.indexed('control-plane', key);
      return [kind, new Map(found.map((object) => [object.metadata.name ?? '', object]))];
    });
    return Object.fromEntries(entries);
  }

  /**
   * Creates what holds something that cannot be made twice. One of ours that had lost its label,
   * and so was not seen, gets the label back; somebody else's object of that name is an error.
   */
  async create(kind: ChildKind, object: KubeObject): Promise<KubeObject> {
    const { namespace = '', name = '', ownerReferences, labels } = object.metadata;
    try {
      return this.#observe(kind, await this.#cluster.create(kinds[kind], object));
    } catch (error) {
      if (!(error instanceof StatusError) || error.reason !== 'AlreadyExists') throw error;
      const found = await this.#cluster.get(kinds[kind], namespace, name);
      const uid = ownerReferences?.[0]?.uid;
      if (found?.metadata.ownerReferences?.some((owner) => owner.uid === uid) !== true) throw error;
      const { resourceVersion } = found.metadata;
      const patch = { metadata: { labels, resourceVersion } };
      const target = { namespace, name };
      return this.#observe(kind, await this.#cluster.patch(kinds[kind], target, 'merge', patch));
    }
  }

  async update(kind: ChildKind, object: KubeObject): Promise<KubeObject> {
    return this.#observe(kind, await this.#cluster.update(kinds[kind], object));
  }

  async apply(kind: ChildKind, object: KubeObject, query: ApplyQuery): Promise<KubeObject> {
    return this.#observe(kind, await this.#cluster.apply(kinds[kind], object, query));
  }

  /** Only the very object that was looked at, by its uid. */
  async remove(
    kind: ChildKind,
    { namespace = '', name = '', uid = '' }: ObjectMeta,
    propagationPolicy: DeleteQuery['propagationPolicy'] & string = 'Background',
  ): Promise<void> {
    const query = { propagationPolicy, ...(uid === '' ? {} : { uid }) };
    await this.#cluster.delete(kinds[kind], namespace, name, query);
    this.#informers[kind].observeDelete(keyFor(namespace, name), uid);
  }

  #observe(kind: ChildKind, object: KubeObject): KubeObject {
    this.#informers[kind].observe({ ...object, metadata: { ...object.metadata } });
    return object;
  }
}

function byControlPlane(object: KubeObject): string[] {
  return byLabel(controlPlaneLabel)(object).map((name) => keyFor(object.metadata.namespace, name));
}
