import type { ResourceTable } from '../apis/resource-table.ts';
import type { Resource } from '../apis/resource.ts';
import type { FeatureGates } from '../features/feature-gates.ts';
import type { Registry } from '../../metrics/registry.ts';
import type { Store } from '../storage/store.ts';

/** What the server says of itself: its gates, its objects, its database. */
export function exposeServerMetrics(
  registry: Registry,
  parts: {
    gates: FeatureGates;
    store: Store;
    resources: ResourceTable;
    /** Objects in the cache of a resource; undefined while nobody has asked for it. */
    count(resource: Resource): number | undefined;
    /** False without `--etcd-count-metric-poll-period`. */
    countObjects: boolean;
    /** How long a measured size is good for (`--etcd-db-metric-poll-interval`); 0 is no metric. */
    sizeMs: number;
  },
): void {
  registry.collected(
    'kubernetes_feature_enabled',
    'Whether a feature gate is on, by name and stage.',
    'gauge',
    ['name', 'stage'],
    () =>
      [...parts.gates.list()].map(({ name, gate, enabled }) => ({
        labels: [name, gate.stage],
        value: enabled ? 1 : 0,
      })),
  );
  if (parts.countObjects) {
    registry.collected(
      'apiserver_resource_objects',
      'Stored objects by group and resource, as the cache has them.',
      'gauge',
      ['group', 'resource'],
      () =>
        parts.resources.list().flatMap((resource) => {
          const value = parts.count(resource);
          const { group, resource: name } = resource;
          return value === undefined ? [] : [{ labels: [group, name], value }];
        }),
    );
  }
  if (parts.sizeMs > 0) exposeSize(registry, parts.store, parts.sizeMs);
}

function exposeSize(registry: Registry, store: Store, goodForMs: number): void {
  let measured: Promise<number | undefined> | undefined;
  let until = 0;
  registry.collected(
    'apiserver_storage_size_bytes',
    'Size of the database file in bytes.',
    'gauge',
    ['storage_cluster_id'],
    async () => {
      if (measured === undefined || performance.now() >= until) {
        until = performance.now() + goodForMs;
        measured = store.sizeBytes().catch(() => undefined);
      }
      const value = await measured;
      return value === undefined ? [] : [{ labels: ['etcd-0'], value }];
    },
  );
}
