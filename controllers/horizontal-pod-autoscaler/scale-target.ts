import { setTimeout as sleep } from 'node:timers/promises';
import { type KubeObject, parseApiVersion } from '../../object/object.ts';
import type { Cluster, ResourceRef } from '../../reconciler/cluster.ts';
import { objectPath } from '../../reconciler/resource-path.ts';
import { isCode } from '../context.ts';
import { discover, type DiscoveredResource } from '../discovery.ts';
import type { TargetReference } from './autoscaler.ts';
import { read } from './server-answer.ts';

export interface Scale {
  ref: ResourceRef;
  /** autoscaling/v1 Scale. */
  object: KubeObject;
}

/** How long what is served is taken to be the same. */
const freshMs = 30_000;
/** Of a write that meets another one (client-go's DefaultRetry). */
const attempts = 5;
const pauseMs = 10;

/** Reads and writes the scale of anything that has one; kinds are found by discovery. */
export class ScaleTargets {
  readonly #cluster: Cluster;
  readonly #now: () => number;
  #known: Promise<DiscoveredResource[]> | undefined;
  #knownAt = Number.NEGATIVE_INFINITY;

  constructor(cluster: Cluster, now: () => number) {
    this.#cluster = cluster;
    this.#now = now;
  }

  async get(namespace: string, { apiVersion = '', kind, name }: TargetReference): Promise<Scale> {
    const version = parseApiVersion(apiVersion);
    if (version === undefined) throw new Error(`unexpected GroupVersion string: ${apiVersion}`);
    let first: unknown;
    for (const ref of await this.find(version.group, kind)) {
      try {
        return { ref, object: await this.#read(ref, namespace, name) };
      } catch (error) {
        first ??= error;
      }
    }
    throw first;
  }

  /** Tried again, a few times, where somebody else wrote meanwhile. */
  async put({ ref, object }: Scale, replicas: number): Promise<void> {
    const { namespace = '', name = '' } = object.metadata;
    let latest = object;
    for (let attempt = 1; ; attempt++) {
      try {
        const spec = { ...latest.spec, replicas };
        await this.#cluster.update(ref, { ...latest, spec }, 'scale');
        return;
      } catch (error) {
        if (!isCode(error, 409) || attempt === attempts) throw error;
        await sleep(pauseMs);
        latest = await this.#read(ref, namespace, name);
      }
    }
  }

  #read(ref: ResourceRef, namespace: string, name: string): Promise<KubeObject> {
    return read(this.#cluster, objectPath(ref, namespace, name, 'scale'), '');
  }

  /** The resources of a kind, at least one. */
  async find(group: string, kind: string): Promise<DiscoveredResource[]> {
    for (const again of [false, true]) {
      const fresh = this.#refresh(again);
      const all = await (this.#known as Promise<DiscoveredResource[]>);
      const found = all.filter((ref) => ref.group === group && ref.kind === kind);
      if (found.length > 0) return found;
      if (fresh) break;
    }
    throw new Error(
      `no matches for kind ${JSON.stringify(kind)} in group ${JSON.stringify(group)}`,
    );
  }

  /** True when it is asked for now. */
  #refresh(anyway: boolean): boolean {
    const now = this.#now();
    if (!anyway && this.#known !== undefined && now - this.#knownAt < freshMs) return false;
    const asked = discover(this.#cluster).then(({ resources }) => resources);
    this.#known = asked;
    this.#knownAt = now;
    asked.catch(() => {
      if (this.#known === asked) this.#known = undefined;
    });
    return true;
  }
}
