import { type KubeObject, microTimestamp } from '../object/object.ts';

/**
 * The decision of leader election over a coordination.k8s.io Lease, as client-go takes it: clocks of
 * different machines are never compared; a lease is expired when it has not changed for its duration
 * as measured here.
 */
export interface ElectionSettings {
  identity: string;
  leaseName: string;
  leaseNamespace: string;
  leaseDurationMs: number;
  renewDeadlineMs: number;
  retryPeriodMs: number;
}

/** The lease as last seen, and when it was first seen in that form (monotonic ms). */
export interface Observation {
  resourceVersion: string;
  at: number;
}

export type Step =
  | { kind: 'create'; lease: KubeObject }
  | { kind: 'update'; lease: KubeObject }
  /** Somebody else holds it. */
  | { kind: 'wait'; holder: string };

export function observeLease(
  before: Observation | undefined,
  lease: KubeObject,
  now: number,
): Observation {
  const resourceVersion = lease.metadata.resourceVersion ?? '';
  return before?.resourceVersion === resourceVersion ? before : { resourceVersion, at: now };
}

export function electionStep(
  lease: KubeObject | undefined,
  observed: Observation | undefined,
  now: number,
  settings: ElectionSettings,
  wallClock: Date,
): Step {
  const time = microTimestamp(wallClock);
  const duration = Math.max(1, Math.ceil(settings.leaseDurationMs / 1000));
  if (lease === undefined) {
    return {
      kind: 'create',
      lease: {
        apiVersion: 'coordination.k8s.io/v1',
        kind: 'Lease',
        metadata: { name: settings.leaseName, namespace: settings.leaseNamespace },
        spec: {
          holderIdentity: settings.identity,
          leaseDurationSeconds: duration,
          acquireTime: time,
          renewTime: time,
          leaseTransitions: 0,
        },
      },
    };
  }
  const spec = lease.spec ?? {};
  const holder: string = spec.holderIdentity ?? '';
  const mine = holder === settings.identity;
  const validMs = (spec.leaseDurationSeconds ?? duration) * 1000;
  if (holder !== '' && !mine && observed !== undefined && observed.at + validMs > now) {
    return { kind: 'wait', holder };
  }
  return {
    kind: 'update',
    lease: {
      ...lease,
      spec: {
        ...spec,
        holderIdentity: settings.identity,
        leaseDurationSeconds: duration,
        renewTime: time,
        acquireTime: mine ? spec.acquireTime : time,
        leaseTransitions: (spec.leaseTransitions ?? 0) + (mine ? 0 : 1),
      },
    },
  };
}

/** The lease given up on purpose: the next candidate need not wait for it to expire. */
export function releasedLease(lease: KubeObject, wallClock: Date): KubeObject {
  const time = microTimestamp(wallClock);
  return {
    ...lease,
    spec: {
      ...lease.spec,
      holderIdentity: '',
      leaseDurationSeconds: 1,
      renewTime: time,
      acquireTime: time,
    },
  };
}
