import { apiVersionOf, type KubeObject } from '../../object/object.ts';
import type { ResourceRef } from '../../reconciler/cluster.ts';
import { Informer } from '../../reconciler/informer.ts';
import type { Store } from '../../reconciler/store.ts';
import type { ControllerContext } from '../context.ts';
import { discover } from '../discovery.ts';

/** Events own nothing and are many. */
const ignored = new Set(['/events', 'events.k8s.io/events']);

/** What is told of objects; `resource` is group and resource, as in `apps/deployments`. */
interface Reports {
  upsert(resource: string, object: KubeObject): void;
  remove(uid: string): void;
  /** It is not served any more. */
  end(resource: string): void;
  /** All there is of it has been listed again, under another version. */
  again(resource: string, store: Store): void;
}

interface Monitor {
  ref: ResourceRef;
  informer: Informer;
  /** Undefined where the informer is the shared set's, which also ends it. */
  own: Informer | undefined;
}

/** What the server serves, and a watch of everything in it that can be collected. */
export class Monitors {
  readonly #context: ControllerContext;
  readonly #reports: Reports;
  readonly #monitors = new Map<string, Monitor>();
  /** apiVersion and kind to where it is served; of every version of a group. */
  #kinds = new Map<string, ResourceRef>();

  constructor(context: ControllerContext, reports: Reports) {
    this.#context = context;
    this.#reports = reports;
  }

  /** Where objects of this kind are served; undefined where they are not: nothing is known of them then. */
  served({ apiVersion, kind }: { apiVersion: string; kind: string }): ResourceRef | undefined {
    return this.#kinds.get(`${apiVersion} ${kind}`);
  }

  /** Looks at discovery again: begins and ends watches. Rejects where it does not answer. */
  async refresh(): Promise<void> {
    const { resources, everyVersion, failed } = await discover(this.#context.cluster);
    const silent = [...this.#kinds.values()].filter((ref) => failed.includes(apiVersionOf(ref)));
    this.#kinds = new Map(
      [...silent, ...everyVersion].map((ref) => [`${apiVersionOf(ref)} ${ref.kind}`, ref]),
    );
    const present = new Set<string>();
    for (const resource of resources) {
      const key = `${resource.group}/${resource.resource}`;
      const { verbs, ...ref } = resource;
      const collectable = ['delete', 'list', 'watch'].every((verb) => verbs.includes(verb));
      if (!collectable || ignored.has(key)) continue;
      present.add(key);
      const known = this.#monitors.get(key);
      if (known?.ref.version === resource.version) continue;
      await known?.own?.stop();
      const informer = this.#watch(key, ref);
      if (known === undefined) continue;
      // What went while nobody watched is missed by none of the two.
      void informer.synced.then(() => this.#reports.again(key, informer.store));
    }
    for (const [key, { ref, own }] of this.#monitors) {
      if (present.has(key) || failed.includes(apiVersionOf(ref))) continue;
      await own?.stop();
      this.#monitors.delete(key);
      this.#reports.end(key);
    }
  }

  /** Resolves once everything watched has been listed. */
  async synced(): Promise<void> {
    await Promise.all([...this.#monitors.values()].map(({ informer }) => informer.synced));
  }

  async stop(): Promise<void> {
    const own = [...this.#monitors.values()].flatMap(({ own }) => own ?? []);
    await Promise.all(own.map((informer) => informer.stop()));
  }

  /** Whole objects where a controller keeps them anyway, metadata of everything else. */
  #watch(key: string, ref: ResourceRef): Informer {
    const { cluster, informers, log } = this.#context;
    const existing = informers.existing(ref);
    const informer =
      existing ?? new Informer({ cluster, ref, query: { metadataOnly: true }, log, trim });
    this.#monitors.set(key, { ref, informer, own: existing === undefined ? informer : undefined });
    const identity = { apiVersion: apiVersionOf(ref), kind: ref.kind };
    informer.on(({ type, object }) => {
      if (type === 'deleted') this.#reports.remove(object.metadata.uid ?? '');
      else this.#reports.upsert(key, { ...object, ...identity });
    });
    if (existing === undefined) informer.start();
    return informer;
  }
}

/** Of other objects only what the graph reads is kept. */
function trim({ apiVersion, kind, metadata }: KubeObject): KubeObject {
  const { name, namespace, uid, resourceVersion, ownerReferences, finalizers, deletionTimestamp } =
    metadata;
  return {
    apiVersion,
    kind,
    metadata: {
      ...(name === undefined ? {} : { name }),
      ...(namespace === undefined ? {} : { namespace }),
      ...(uid === undefined ? {} : { uid }),
      ...(resourceVersion === undefined ? {} : { resourceVersion }),
      ...(ownerReferences === undefined ? {} : { ownerReferences }),
      ...(finalizers === undefined ? {} : { finalizers }),
      ...(deletionTimestamp == null ? {} : { deletionTimestamp }),
    },
  };
}
