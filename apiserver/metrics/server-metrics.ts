import type { ResourceTable } from '../apis/resource-table.ts';
import type { Resource } from '../apis/resource.ts';
import type { FeatureGates } from '../features/feature-gates.ts';
import type { Registry } from '../../metrics/registry.ts';
import { emulatedVersion, versionDocument } from '../discovery/version.ts';
import type { Store } from '../storage/store.ts';

/** What the server says of itself: its gates, its objects, its database. */
export function exposeServerMetrics(
  registry: Registry,
  parts: {
    gates: FeatureGates;
    store: Store;
    resources: ResourceTable;
    /** The cache of a resource; undefined while nobody has asked for it. */
    cacheOf(resource: Resource): { readonly isReady: boolean; readonly size: number } | undefined;
    config: {
      /** False without `--etcd-count-metric-poll-period`. */
      countMetric: boolean;
      /** How long a measured size is good for (`--etcd-db-metric-poll-interval`); 0 is no metric. */
      sizeMetricMs: number;
    };
    gitVersion: string | undefined;
  },
): void {
  registry.collected(
    'kubernetes_feature_enabled',
    '[BETA] This metric records the data about the stage and enablement of a k8s feature.',
    'gauge',
    ['name', 'stage'],
    () =>
      [...parts.gates.list()].map(({ name, gate, enabled }) => ({
        labels: [name, gate.stage],
        value: enabled ? 1 : 0,
      })),
  );
  const { gitVersion } = parts;
  const version = versionDocument(gitVersion === undefined ? {} : { gitVersion });
  const build = buildLabels.map(([, field]) => version[field] ?? '');
  registry.collected(
    'kubernetes_build_info',
    "[BETA] A metric with a constant '1' value labeled by major, minor, git version, git commit, git tree state, build date, Go version, and compiler from which Kubernetes was built, and platform on which it is running.",
    'gauge',
    buildLabels.map(([label]) => label),
    () => [{ labels: build, value: 1 }],
  );
  // to be older is no part of what is served (--emulated-version)
  registry.collected(
    'version_info',
    '[ALPHA] Provides the compatibility version info of the component. The component label is the name of the component, usually kube, but is relevant for aggregated-apiservers.',
    'gauge',
    ['component', 'binary', 'emulation', 'min_compat'],
    () => [{ labels: ['kube', emulatedVersion, emulatedVersion, previousVersion], value: 1 }],
  );
  const { countMetric, sizeMetricMs } = parts.config;
  if (countMetric) {
    const counted = (labels: (group: string, name: string) => string[]) => () =>
      parts.resources.list().flatMap((resource) => {
        const cache = parts.cacheOf(resource);
        const { group, resource: name } = resource;
        return cache?.isReady === true ? [{ labels: labels(group, name), value: cache.size }] : [];
      });
    const help =
      'Number of stored objects at the time of last check split by kind. In case of a fetching error, the value will be -1.';
    registry.collected(
      'apiserver_resource_objects',
      `[ALPHA] ${help}`,
      'gauge',
      ['group', 'resource'],
      counted((group, name) => [group, name]),
    );
    registry.collected(
      'apiserver_storage_objects',
      `[STABLE] (Deprecated since 1.34.0) [DEPRECATED, consider using apiserver_resource_objects instead] ${help}`,
      'gauge',
      ['resource'],
      counted((group, name) => [group === '' ? name : `${name}.${group}`]),
    );
  }
  if (sizeMetricMs > 0) exposeSize(registry, parts.store, sizeMetricMs);
}

const previousVersion = '1.35';

/** Labels, and the fields of /version that they show. */
const buildLabels = [
  ['major', 'major'],
  ['minor', 'minor'],
  ['git_version', 'gitVersion'],
  ['git_commit', 'gitCommit'],
  ['git_tree_state', 'gitTreeState'],
  ['build_date', 'buildDate'],
  ['go_version', 'goVersion'],
  ['compiler', 'compiler'],
  ['platform', 'platform'],
] as const;

function exposeSize(registry: Registry, store: Store, goodForMs: number): void {
  let measured: Promise<number | undefined> | undefined;
  let until = 0;
  registry.collected(
    'apiserver_storage_size_bytes',
    '[STABLE] Size of the storage database file physically allocated in bytes.',
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
