import type { Logger } from '../log/log.ts';
import type { Cluster } from '../reconciler/cluster.ts';
import { type ConnectedCluster, connectCluster } from '../reconciler/cluster-client.ts';
import { createEventRecorder } from '../reconciler/events.ts';
import { type InformerSet, writeThrough } from '../reconciler/informer-set.ts';
import type { Controller } from '../reconciler/manager.ts';
import { controllerCatalog } from './catalog.ts';
import type { ControllerEntry } from './entry.ts';
import { selectControllers } from './select.ts';
import type { ControllerContext, ControllerSettings } from './context.ts';
import type { ManagerFlags } from './flags.ts';
import { schedulerName } from './scheduler/schedule.ts';
import { schedulerController } from './scheduler/scheduler.ts';
import { serviceAccountToken } from './service-account-token.ts';

/** Makes the controllers of one process, each with its identity. */
interface Build {
  flags: ManagerFlags;
  settings: ControllerSettings;
  cluster: ConnectedCluster;
  informers: InformerSet;
  log: Logger;
}

export function buildControllers(build: Build): Controller[] {
  const { flags, settings, log } = build;
  const chosen = selectControllers(controllerCatalog, flags.controllers);
  return chosen
    .filter((entry) => {
      const possible = entry.enabled?.(settings) ?? true;
      if (!possible) log.info({ controller: entry.name }, 'controller not configured');
      return possible;
    })
    .map((entry) => entry.create(contextOf(build, entry)));
}

function contextOf(build: Build, entry: ControllerEntry): ControllerContext {
  const { flags, cluster, log } = build;
  const own = flags['use-service-account-credentials'] && entry.asManager !== true;
  const identity: Cluster = own
    ? cluster.as(
        `kube-controller-manager/system:serviceaccount:kube-system:${entry.serviceAccount}`,
        serviceAccountToken(cluster, entry.serviceAccount),
      )
    : cluster;
  const workers = entry.concurrency === undefined ? 1 : Number(flags[entry.concurrency]);
  return context(build, identity, entry.component ?? entry.serviceAccount, workers, log);
}

function context(
  { informers, settings }: Build,
  identity: Cluster,
  component: string,
  workers: number,
  log: Logger,
): ControllerContext {
  return {
    cluster: writeThrough(identity, informers),
    informers,
    events: createEventRecorder(identity, component, log),
    log,
    now: () => new Date(),
    workers,
    settings,
  };
}

/** The scheduler: its own identity when one is given, the manager's informers in any case. */
export function buildScheduler(build: Build): Controller[] {
  const { flags, cluster, log } = build;
  const kubeconfig = flags['scheduler-kubeconfig'];
  const identity =
    kubeconfig === '' ? cluster : connectCluster({ kubeconfig, userAgent: 'kube-scheduler' });
  return [schedulerController(context(build, identity, schedulerName, 1, log))];
}
