import type { KubeObject } from '../object/object.ts';
import { StatusError } from '../object/status-error.ts';
import type { SigningKey } from '../pki/token-keys.ts';
import type { Cluster, ResourceRef } from '../reconciler/cluster.ts';
import type { EventRecorder } from '../reconciler/events.ts';
import type { Change, Informer } from '../reconciler/informer.ts';
import type { InformerSet } from '../reconciler/informer-set.ts';
import type { Logger } from '../reconciler/log.ts';
import { Loop } from '../reconciler/loop.ts';
import type { Controller } from '../reconciler/manager.ts';
import type { AutoscalerSettings } from './horizontal-pod-autoscaler/autoscaler.ts';
import { done, type Result } from '../reconciler/result.ts';

/** What every controller is given. `cluster` acts under the controller's own identity. */
export interface ControllerContext {
  cluster: Cluster;
  informers: InformerSet;
  events: EventRecorder;
  log: Logger;
  now(): Date;
  /** Keys reconciled at once. */
  workers: number;
  settings: ControllerSettings;
}

/** What flags decide. Milliseconds where not said otherwise. */
export interface ControllerSettings {
  /** The PEM bundle put into every namespace, as it is now; undefined: the publisher does not run. */
  rootCa: (() => string) | undefined;
  /** Signs the tokens of service accounts that Secrets keep, as it is now; undefined: there are none. */
  tokenKey: (() => SigningKey) | undefined;
  /** The CA that signs CertificateSigningRequests, as it is now. */
  signing:
    | { authority: () => { certificate: string; key: string }; durationMs: number }
    | undefined;
  nodeMonitorPeriodMs: number;
  nodeMonitorGraceMs: number;
  nodeStartupGraceMs: number;
  terminatedPodThreshold: number;
  clusterCidr: string | undefined;
  /** Kept out of node CIDRs. */
  serviceCidr: string | undefined;
  allocateNodeCidrs: boolean;
  nodeCidrMaskSize: number;
  /** Addresses of a subset of hand-made Endpoints that EndpointSlices say. */
  mirroringMaxEndpointsPerSubset: number;
  autoscaler: AutoscalerSettings;
  /** Directory on the nodes under which local volumes are made. */
  localVolumePath: string;
}

export type CreateController = (context: ControllerContext) => Controller;

/**
 * Nothing can be created in a namespace that goes away; that it goes away is no failure. `backoff`: of
 * failing keys, where it is another than client-go's.
 */
export function createLoop(
  context: ControllerContext,
  name: string,
  reconcile: (key: string, signal: AbortSignal) => Promise<Result>,
  backoff: { baseMs?: number; maxMs?: number } = {},
): Loop {
  return new Loop({
    ...backoff,
    name,
    workers: context.workers,
    log: context.log,
    async reconcile(key, signal) {
      try {
        return await reconcile(key, signal);
      } catch (error) {
        if (isNamespaceTerminating(error)) return done;
        throw error;
      }
    },
  });
}

/** Add the keys of whatever changed, of its former and its present form. */
export function enqueue(
  informer: Informer,
  loop: Loop,
  keysOf: (object: KubeObject) => readonly string[],
): void {
  informer.on((change: Change) => {
    const keys = new Set(keysOf(change.object));
    if (change.old !== undefined) for (const key of keysOf(change.old)) keys.add(key);
    for (const key of keys) loop.add(key);
  });
}

/** Update one object on its latest form; reruns on conflict. Undefined from `edit`: nothing to do. */
export async function updateLatest(
  cluster: Cluster,
  ref: ResourceRef,
  object: KubeObject,
  edit: (latest: KubeObject) => KubeObject | undefined,
  subresource?: string,
): Promise<KubeObject | undefined> {
  let current: KubeObject | undefined = object;
  for (let attempt = 0; ; attempt++) {
    const next = current === undefined ? undefined : edit(current);
    if (next === undefined) return current;
    try {
      return await cluster.update(ref, next, subresource);
    } catch (error) {
      if (!isCode(error, 409) || attempt >= 4) throw error;
      const { namespace = '', name = '' } = object.metadata;
      current = await cluster.get(ref, namespace, name);
      if (current?.metadata.uid !== object.metadata.uid) return undefined;
    }
  }
}

export function isCode(error: unknown, code: number): boolean {
  return error instanceof StatusError && error.code === code;
}

/** Forbidden because its namespace is going away: nothing to retry. */
export function isNamespaceTerminating(error: unknown): boolean {
  return (
    error instanceof StatusError &&
    error.code === 403 &&
    (error.details?.causes ?? []).some((c) => c.reason === 'NamespaceTerminating')
  );
}
