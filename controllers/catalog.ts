import type { ControllerSettings, CreateController } from './context.ts';
import { deploymentController } from './deployment/deployment.ts';
import { endpointSliceController } from './endpoints/endpoint-slice.ts';
import { endpointsController } from './endpoints/endpoints.ts';
import type { ManagerFlags } from './flags.ts';
import { garbageCollector } from './garbage-collector/garbage-collector.ts';
import { namespaceController } from './namespace/namespace.ts';
import { replicaSetController, replicationController } from './replica-set/replica-set.ts';
import { rootCaController } from './root-ca.ts';
import { serviceAccountController } from './service-account.ts';
import { nodeLifecycleController } from './node/node-lifecycle.ts';
import { podGarbageCollector } from './node/pod-gc.ts';
import { taintEvictionController } from './node/taint-eviction.ts';
import { statefulSetController } from './stateful-set/stateful-set.ts';
import { persistentVolumeController } from './volume/persistent-volume.ts';

/** Every controller: upstream's name, the short name --controllers also takes, and its service account. */
export interface ControllerEntry {
  name: string;
  alias: string;
  serviceAccount: string;
  /** Source of its Events where that is not the service account's name. */
  component?: string;
  create: CreateController;
  /** The flag that says how many keys are worked on at once; 1 without. */
  concurrency?: keyof ManagerFlags;
  /** Runs only when asked for or possible. */
  enabled?(settings: ControllerSettings): boolean;
}

export const controllerCatalog: readonly ControllerEntry[] = [
  {
    name: 'namespace-controller',
    alias: 'namespace',
    serviceAccount: 'namespace-controller',
    create: namespaceController,
    concurrency: 'concurrent-namespace-syncs',
  },
  {
    name: 'serviceaccount-controller',
    alias: 'serviceaccount',
    serviceAccount: 'service-account-controller',
    create: serviceAccountController,
  },
  {
    name: 'root-ca-certificate-publisher-controller',
    alias: 'root-ca-cert-publisher',
    serviceAccount: 'root-ca-cert-publisher',
    create: rootCaController,
    enabled: (settings) => settings.rootCa !== undefined,
  },
  {
    name: 'deployment-controller',
    alias: 'deployment',
    serviceAccount: 'deployment-controller',
    create: deploymentController,
    concurrency: 'concurrent-deployment-syncs',
  },
  {
    name: 'replicaset-controller',
    alias: 'replicaset',
    serviceAccount: 'replicaset-controller',
    create: replicaSetController,
    concurrency: 'concurrent-replicaset-syncs',
  },
  {
    name: 'replicationcontroller-controller',
    alias: 'replicationcontroller',
    serviceAccount: 'replication-controller',
    create: replicationController,
    concurrency: 'concurrent-rc-syncs',
  },
  {
    name: 'endpoints-controller',
    alias: 'endpoint',
    serviceAccount: 'endpoint-controller',
    create: endpointsController,
    concurrency: 'concurrent-endpoint-syncs',
  },
  {
    name: 'endpointslice-controller',
    alias: 'endpointslice',
    serviceAccount: 'endpointslice-controller',
    create: endpointSliceController,
    concurrency: 'concurrent-service-endpoint-syncs',
  },
  {
    name: 'garbage-collector-controller',
    alias: 'garbagecollector',
    serviceAccount: 'generic-garbage-collector',
    create: garbageCollector,
    concurrency: 'concurrent-gc-syncs',
  },
  {
    name: 'statefulset-controller',
    alias: 'statefulset',
    serviceAccount: 'statefulset-controller',
    create: statefulSetController,
    concurrency: 'concurrent-statefulset-syncs',
  },
  {
    name: 'persistentvolume-binder-controller',
    alias: 'persistentvolume-binder',
    serviceAccount: 'persistent-volume-binder',
    create: persistentVolumeController,
  },
  {
    name: 'node-lifecycle-controller',
    alias: 'nodelifecycle',
    serviceAccount: 'node-controller',
    create: nodeLifecycleController,
  },
  {
    name: 'taint-eviction-controller',
    alias: 'taint-eviction-controller',
    serviceAccount: 'node-controller',
    create: taintEvictionController,
  },
  {
    name: 'pod-garbage-collector-controller',
    alias: 'podgc',
    serviceAccount: 'pod-garbage-collector',
    create: podGarbageCollector,
  },
];

/** Which of the catalogue `--controllers` means. Throws on a name that is none. */
export function selectControllers(
  catalog: readonly ControllerEntry[],
  wanted: readonly string[],
): ControllerEntry[] {
  const known = new Set(catalog.flatMap((c) => [c.name, c.alias]));
  for (const item of wanted) {
    const name = item.replace(/^-/, '');
    if (item !== '*' && !known.has(name)) {
      throw new Error(
        `--controllers: ${JSON.stringify(name)} is not in the list of known controllers: ${catalog.map((c) => c.name).join(', ')}`,
      );
    }
  }
  return catalog.filter(({ name, alias }) => {
    if (wanted.includes(name) || wanted.includes(alias)) return true;
    if (wanted.includes(`-${name}`) || wanted.includes(`-${alias}`)) return false;
    return wanted.includes('*');
  });
}
