import { generateKeyPairSync } from 'node:crypto';
import { silent } from '../log/log.ts';
import type { KubeObject } from '../object/object.ts';
import { parseSigningKey } from '../pki/token-keys.ts';
import type { ResourceRef } from '../reconciler/cluster.ts';
import { InformerSet, writeThrough } from '../reconciler/informer-set.ts';
import { createManager } from '../reconciler/manager.ts';
import { createMemoryCluster, type MemoryCluster } from '../reconciler/memory-cluster.ts';
import type { ControllerContext, ControllerSettings, CreateController } from './context.ts';

/** Controllers over a cluster in memory, for tests: start some, change objects, wait for an outcome. */
export interface Scenario {
  cluster: MemoryCluster;
  events: string[];
  /** Resolves when `check` gives something truthy; rejects with `what` when it does not come. */
  until<T>(what: string, check: () => T | undefined | false): Promise<T>;
  /** The one object of that name in namespace `default` (or cluster-scoped). */
  find(ref: ResourceRef, name: string): KubeObject | undefined;
  /** Edit as somebody else would. */
  edit(
    ref: ResourceRef,
    name: string,
    change: (object: KubeObject) => void,
    subresource?: string,
  ): Promise<void>;
  stop(): Promise<void>;
}

const pem = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({
  type: 'pkcs8',
  format: 'pem',
});
export const tokenKey = parseSigningKey(pem.toString());

const settings: ControllerSettings = {
  rootCa: () => 'CA',
  tokenKey: () => tokenKey,
  signing: undefined,
  nodeMonitorPeriodMs: 20,
  nodeMonitorGraceMs: 200,
  nodeStartupGraceMs: 200,
  terminatedPodThreshold: 0,
  clusterCidr: undefined,
  serviceCidr: undefined,
  allocateNodeCidrs: false,
  nodeCidrMaskSize: 24,
  mirroringMaxEndpointsPerSubset: 1000,
  autoscaler: {
    syncPeriodMs: 20,
    downscaleStabilizationMs: 100,
    tolerance: 0.1,
    cpuInitializationMs: 0,
    initialReadinessMs: 0,
  },
  localVolumePath: '/volumes',
};

export async function startScenario(...create: CreateController[]): Promise<Scenario> {
  const cluster = createMemoryCluster();
  const informers = new InformerSet(cluster, silent);
  const events: string[] = [];
  const context: ControllerContext = {
    cluster: writeThrough(cluster, informers),
    informers,
    events: {
      record: (object, _type, reason) => events.push(`${object.metadata.name} ${reason}`),
    },
    log: silent,
    now: () => new Date(),
    workers: 2,
    settings,
  };
  const manager = createManager(
    informers,
    create.map((c) => c(context)),
    silent,
  );
  await manager.start();
  const find = (ref: ResourceRef, name: string) =>
    cluster.all(ref).find((o) => o.metadata.name === name);
  return {
    cluster,
    events,
    find,
    async until(what, check) {
      for (let i = 0; i < 1000; i++) {
        const found = check();
        if (found !== undefined && found !== false) return found;
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
      throw new Error(`it never came to pass: ${what}`);
    },
    async edit(ref, name, change, subresource) {
      for (;;) {
        const object = find(ref, name);
        if (object === undefined) throw new Error(`no ${ref.resource} ${name}`);
        change(object);
        try {
          await cluster.update(ref, object, subresource);
          return;
        } catch {
          // A controller was faster; again on what it wrote.
        }
      }
    },
    stop: () => manager.stop(),
  };
}

/** What /api or /apis answer where these are served, the preferred versions first; for `cluster.raw`. */
export function discoveryOf(path: string, served: readonly ResourceRef[]): string {
  const here = served.filter(({ group }) => (group === '') === (path === '/api'));
  const items = [...Map.groupBy(here, ({ group }) => group)].map(([name, refs]) => ({
    metadata: { name },
    versions: refs.map(({ version, resource, kind, namespaced }) => ({
      version,
      resources: [
        {
          resource,
          scope: namespaced ? 'Namespaced' : 'Cluster',
          verbs: ['delete', 'list', 'watch'],
          responseKind: { kind },
        },
      ],
    })),
  }));
  return JSON.stringify({ kind: 'APIGroupDiscoveryList', items });
}
