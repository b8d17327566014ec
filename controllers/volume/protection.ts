import type { KubeObject } from '../../object/object.ts';
import { claimNameOf, type PodVolume } from '../../object/pod-volume.ts';
import type { ResourceRef } from '../../reconciler/cluster.ts';
import type { Controller } from '../../reconciler/manager.ts';
import { done, type Result } from '../../reconciler/result.ts';
import { keyFor, keyOf } from '../../reconciler/store.ts';
import { type ControllerContext, createLoop, enqueue, isCode } from '../context.ts';
import { isFinished } from '../pod.ts';
import {
  persistentVolumeClaims,
  persistentVolumes,
  pods,
  volumeAttributesClasses,
} from '../resources.ts';

/** Claims and volumes in use are not deleted under those who use them: a finalizer holds them. */
export function claimsUsedBy(pod: KubeObject): string[] {
  const volumes: PodVolume[] = pod.spec?.volumes ?? [];
  return volumes.flatMap((volume) => {
    const name = claimNameOf(pod, volume);
    return name === undefined ? [] : [keyFor(pod.metadata.namespace, name)];
  });
}

export function claimProtectionController(context: ControllerContext): Controller {
  const podInformer = context.informers.of(pods);
  podInformer.addIndex('claim', (pod) => (isFinished(pod) ? [] : claimsUsedBy(pod)));
  return protection(context, {
    name: 'pvc-protection',
    ref: persistentVolumeClaims,
    finalizer: 'kubernetes.io/pvc-protection',
    // A pod that was never assigned uses nothing yet.
    isUsed: (claim) =>
      podInformer.store
        .indexed('claim', keyOf(claim))
        .some((pod) => (pod.spec?.nodeName ?? '') !== ''),
    async isUsedForCertain(claim) {
      const { items } = await context.cluster.list(pods, {
        namespace: claim.metadata.namespace ?? '',
      });
      return items.some(
        (pod) =>
          !isFinished(pod) &&
          (pod.spec?.nodeName ?? '') !== '' &&
          claimsUsedBy(pod).includes(keyOf(claim)),
      );
    },
    attach: (loop) => enqueue(podInformer, loop, claimsUsedBy),
  });
}

export function volumeProtectionController(context: ControllerContext): Controller {
  return protection(context, {
    name: 'pv-protection',
    ref: persistentVolumes,
    finalizer: 'kubernetes.io/pv-protection',
    isUsed: (volume) => volume.status?.phase === 'Bound',
    isUsedForCertain: async () => false,
    attach: () => {},
  });
}

function classesOfClaim({ spec, status }: KubeObject): string[] {
  return [
    spec?.volumeAttributesClassName,
    status?.currentVolumeAttributesClassName,
    status?.modifyVolumeStatus?.targetVolumeAttributesClassName,
  ].filter((name) => (name ?? '') !== '');
}

function classesOfVolume({ spec }: KubeObject): string[] {
  return [spec?.volumeAttributesClassName].filter((name) => (name ?? '') !== '');
}

/** As upstream's it believes its informers: asking for all claims and volumes would cost too much. */
export function attributesClassProtectionController(context: ControllerContext): Controller {
  const claims = context.informers.of(persistentVolumeClaims);
  const volumes = context.informers.of(persistentVolumes);
  claims.addIndex('attributes class', classesOfClaim);
  volumes.addIndex('attributes class', classesOfVolume);
  return protection(context, {
    name: 'vac-protection',
    ref: volumeAttributesClasses,
    finalizer: 'kubernetes.io/vac-protection',
    isUsed: ({ metadata: { name = '' } }) =>
      [claims, volumes].some(({ store }) => store.indexed('attributes class', name).length > 0),
    isUsedForCertain: async () => false,
    attach: (loop) => {
      enqueue(claims, loop, classesOfClaim);
      enqueue(volumes, loop, classesOfVolume);
    },
  });
}

interface Rule {
  name: string;
  ref: ResourceRef;
  finalizer: string;
  isUsed(object: KubeObject): boolean;
  /** Asked of the API before the finalizer goes: the informer may be behind. */
  isUsedForCertain(object: KubeObject): Promise<boolean>;
  attach(loop: ReturnType<typeof createLoop>): void;
}

function protection(context: ControllerContext, rule: Rule): Controller {
  const { cluster, informers } = context;
  const informer = informers.of(rule.ref);

  async function reconcile(key: string): Promise<Result> {
    const object = informer.store.get(key);
    if (object === undefined) return done;
    const finalizers = object.metadata.finalizers ?? [];
    const has = finalizers.includes(rule.finalizer);
    if (object.metadata.deletionTimestamp == null) {
      if (!has) await write(object, [...finalizers, rule.finalizer]);
    } else if (has && !rule.isUsed(object) && !(await rule.isUsedForCertain(object))) {
      await write(
        object,
        finalizers.filter((f) => f !== rule.finalizer),
      );
    }
    return done;
  }

  async function write(object: KubeObject, finalizers: string[]): Promise<void> {
    const metadata = { ...object.metadata, finalizers };
    try {
      await cluster.update(rule.ref, { ...object, metadata });
    } catch (error) {
      if (!isCode(error, 404)) throw error;
    }
  }

  const loop = createLoop(context, rule.name, reconcile);
  enqueue(informer, loop, (o) => [keyOf(o)]);
  rule.attach(loop);
  return { name: rule.name, loops: [loop] };
}
