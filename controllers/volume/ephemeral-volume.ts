import type { KubeObject } from '../../object/object.ts';
import { ephemeralClaimName, type PodVolume } from '../../object/pod-volume.ts';
import type { Controller } from '../../reconciler/manager.ts';
import { done, type Result } from '../../reconciler/result.ts';
import { keyFor, keyOf } from '../../reconciler/store.ts';
import { type ControllerContext, createLoop } from '../context.ts';
import { controllerReference } from '../owner.ts';
import { notOwner } from '../pod.ts';
import { persistentVolumeClaims, pods } from '../resources.ts';

/**
 * Makes the claims of a pod's generic ephemeral volumes (pkg/controller/volume/ephemeral). They go with the pod: it
 * owns them. A claim that goes before is made again.
 */
export function ephemeralVolumeController(context: ControllerContext): Controller {
  const { cluster, informers, events } = context;
  const podInformer = informers.of(pods);
  const claims = informers.of(persistentVolumeClaims);
  podInformer.addIndex('ephemeral claim', (pod) =>
    ephemeralVolumes(pod).map((v) => keyFor(pod.metadata.namespace, ephemeralClaimName(pod, v))),
  );

  async function reconcile(key: string): Promise<Result> {
    const pod = podInformer.store.get(key);
    if (pod === undefined || pod.metadata.deletionTimestamp != null) return done;
    for (const volume of ephemeralVolumes(pod)) {
      try {
        await makeClaim(pod, volume);
      } catch (error) {
        const message = `ephemeral volume ${volume.name}: ${(error as Error).message}`;
        events.record(pod, 'Warning', 'FailedBinding', message);
        throw new Error(`pod ${key}, ${message}`);
      }
    }
    return done;
  }

  async function makeClaim(pod: KubeObject, volume: PodVolume): Promise<void> {
    const { namespace = '' } = pod.metadata;
    const name = ephemeralClaimName(pod, volume);
    const claim = claims.store.get(keyFor(namespace, name));
    if (claim !== undefined) {
      const why = notOwner(pod, claim);
      if (why !== undefined) throw new Error(why);
      return;
    }
    const { metadata, spec } = volume.ephemeral?.volumeClaimTemplate ?? {};
    const { annotations, labels } = metadata ?? {};
    const ownerReferences = [controllerReference(pod, pods)];
    try {
      await cluster.create(persistentVolumeClaims, {
        apiVersion: 'v1',
        kind: 'PersistentVolumeClaim',
        metadata: {
          name,
          namespace,
          ownerReferences,
          ...(annotations === undefined ? {} : { annotations }),
          ...(labels === undefined ? {} : { labels }),
        },
        spec,
      });
    } catch (error) {
      throw new Error(`create PVC ${name}: ${(error as Error).message}`);
    }
  }

  const loop = createLoop(context, 'ephemeral_volume', reconcile);
  // A pod's volumes never change.
  podInformer.on(({ type, object }) => {
    if (type === 'added' && ephemeralVolumes(object).length > 0) loop.add(keyOf(object));
  });
  claims.on(({ type, object }) => {
    if (type !== 'deleted') return;
    for (const pod of podInformer.store.indexed('ephemeral claim', keyOf(object))) {
      loop.add(keyOf(pod));
    }
  });
  return { name: 'ephemeral-volume', loops: [loop] };
}

function ephemeralVolumes(pod: KubeObject): PodVolume[] {
  const volumes: PodVolume[] = pod.spec?.volumes ?? [];
  return volumes.filter(({ ephemeral }) => ephemeral != null);
}
