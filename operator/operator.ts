import { controlPlanes } from '../crds/control-plane.ts';
import { deepEqual } from '../object/equal.ts';
import type { Cluster } from '../reconciler/cluster.ts';
import { createEventRecorder } from '../reconciler/events.ts';
import { type Change, Informer } from '../reconciler/informer.ts';
import type { Logger } from '../reconciler/log.ts';
import { Loop } from '../reconciler/loop.ts';
import { keyOf } from '../reconciler/store.ts';
import { Children } from './control-plane/children.ts';
import type { Images } from './control-plane/picture.ts';
import { ControlPlaneReconciler } from './control-plane/reconcile.ts';

export interface OperatorOptions {
  cluster: Cluster;
  /** Empty: all. */
  namespace: string;
  images: Images;
  workers: number;
  log: Logger;
  now?: () => Date;
}

export interface Operator {
  /** Begin to watch; cheap, so standbys do it too and take over with a full picture. */
  watch(): void;
  /** Begin to act. Only for the leader. */
  act(): void;
  readonly hasSynced: boolean;
  stop(): Promise<void>;
}

/** A change that the operator did not make itself by writing status. */
function matters({ type, object, old }: Change): boolean {
  if (type !== 'modified' || old === undefined) return true;
  const { generation, deletionTimestamp, finalizers } = object.metadata;
  const before = old.metadata;
  return (
    generation !== before.generation ||
    deletionTimestamp !== before.deletionTimestamp ||
    !deepEqual(finalizers, before.finalizers)
  );
}

export function createOperator(options: OperatorOptions): Operator {
  const { cluster, log, images, workers } = options;
  const query = options.namespace === '' ? {} : { namespace: options.namespace };
  const informer = new Informer({ cluster, ref: controlPlanes, query, log });
  const children = new Children(cluster, query, log);
  const events = createEventRecorder(cluster, 'quorate-operator', log);
  const reconciler = new ControlPlaneReconciler({
    cluster,
    controlPlanes: informer,
    children,
    events,
    log,
    images,
    ...(options.now === undefined ? {} : { now: options.now }),
  });
  const loop = new Loop({
    name: 'control-plane',
    reconcile: (key) => reconciler.reconcile(key),
    workers,
    log,
    baseMs: 20,
    maxMs: 10_000,
  });
  informer.on((change) => {
    if (matters(change)) loop.add(keyOf(change.object));
  });
  children.onChange((key) => {
    if (informer.store.get(key) !== undefined) loop.add(key);
  });
  let stopped = false;
  return {
    watch() {
      informer.start();
      children.start();
    },
    act() {
      void Promise.all([informer.synced, children.synced()]).then(() => {
        if (!stopped) loop.start();
      });
    },
    get hasSynced() {
      return informer.hasSynced && children.hasSynced;
    },
    async stop() {
      stopped = true;
      await loop.stop();
      await Promise.all([informer.stop(), children.stop()]);
      reconciler.close();
    },
  };
}
