import type { KubeObject } from '../../object/object.ts';
import { deepEqual } from '../../object/equal.ts';
import type { Controller } from '../../reconciler/manager.ts';
import { done, type Result } from '../../reconciler/result.ts';
import { keyFor, keyOf } from '../../reconciler/store.ts';
import { type ControllerContext, createLoop, enqueue, isCode } from '../context.ts';
import { persistentVolumeClaims, persistentVolumes, storageClasses } from '../resources.ts';
import { localProvisioner, localVolume, provisionedBy, selectedNode } from './local-volume.ts';
import { bestVolume, isReservedFor, lateClass, mismatch } from './match.ts';

const bindCompleted = 'pv.kubernetes.io/bind-completed';
const boundByController = 'pv.kubernetes.io/bound-by-controller';
/** Who is to make the volume; external provisioners read both. */
const storageProvisioner = 'volume.kubernetes.io/storage-provisioner';
const betaStorageProvisioner = 'volume.beta.kubernetes.io/storage-provisioner';

/**
 * Binds claims to volumes, makes volumes of the local class, and lets go of those whose claim is gone
 * (pkg/controller/volume/persistentvolume).
 */
export function persistentVolumeController(context: ControllerContext): Controller {
  const { cluster, informers, settings } = context;
  const claims = informers.of(persistentVolumeClaims);
  const volumes = informers.of(persistentVolumes);
  const classes = informers.of(storageClasses);
  claims.addIndex('volume', (claim) => [claim.spec?.volumeName ?? '']);

  /** Keys are `claim <ns>/<name>` and `volume <name>`. */
  async function reconcile(key: string): Promise<Result> {
    const [kind, name = ''] = key.split(' ');
    if (kind === 'volume') return reconcileVolume(name);
    const claim = claims.store.get(name);
    if (claim === undefined || claim.metadata.deletionTimestamp != null) return done;
    const wanted: string = claim.spec?.volumeName ?? '';
    const volume = volumes.store.get(wanted);
    if (claim.metadata.annotations?.[bindCompleted] !== undefined) return keep(claim, volume);
    return wanted === '' ? findOrMake(claim) : bindWanted(claim, volume);
  }

  /** A claim that was bound stays so, or has lost its data. */
  async function keep(claim: KubeObject, volume: KubeObject | undefined): Promise<Result> {
    if ((claim.spec?.volumeName ?? '') === '') {
      return lose(claim, 'ClaimLost', 'Bound claim has lost reference to PersistentVolume.');
    }
    if (volume === undefined) {
      return lose(claim, 'ClaimLost', 'Bound claim has lost its PersistentVolume.');
    }
    if (volume.spec?.claimRef == null) return bind(claim, volume);
    if (isReservedFor(volume, claim)) return complete(claim, volume);
    const text = 'Two claims are bound to the same volume, this one is bound incorrectly';
    return setPhase(claim, 'Lost', { type: 'Warning', reason: 'ClaimMisbound', text });
  }

  function lose(claim: KubeObject, reason: string, what: string): Promise<Result> {
    const text = `${what} Data on the volume is lost!`;
    return setPhase(claim, 'Lost', { type: 'Warning', reason, text });
  }

  /** Somebody asked for this very volume: it may still come, or be given back. */
  async function bindWanted(claim: KubeObject, volume: KubeObject | undefined): Promise<Result> {
    if (volume === undefined) return setPhase(claim, 'Pending');
    if (isReservedFor(volume, claim)) return bind(claim, volume);
    const refused = refusalOf(claim, volume);
    return refused === undefined
      ? bind(claim, volume)
      : wait(claim, 'Warning', refused.reason, refused.text);
  }

  async function findOrMake(claim: KubeObject): Promise<Result> {
    const className: string = claim.spec?.storageClassName ?? '';
    const storageClass = classes.store.get(className);
    const waits = storageClass?.volumeBindingMode === 'WaitForFirstConsumer';
    const selected = claim.metadata.annotations?.[selectedNode] !== undefined;
    const volume = bestVolume(claim, volumes.store.values());
    if (volume !== undefined && (isReservedFor(volume, claim) || !waits))
      return bind(claim, volume);
    const late = lateClass(claim, [...classes.store.values()]);
    if (late !== undefined) {
      // Its change comes back here.
      const spec = { ...claim.spec, storageClassName: late };
      await cluster.update(persistentVolumeClaims, { ...claim, spec });
      return done;
    }
    if (waits && !selected) {
      const text = 'waiting for first consumer to be created before binding';
      return wait(claim, 'Normal', 'WaitForFirstConsumer', text);
    }
    if (className === '') {
      const text = 'no persistent volumes available for this claim and no storage class is set';
      return wait(claim, 'Normal', 'FailedBinding', text);
    }
    if (storageClass === undefined) {
      const text = `storageclass.storage.k8s.io "${className}" not found`;
      return wait(claim, 'Warning', 'ProvisioningFailed', text);
    }
    if (storageClass.provisioner === 'kubernetes.io/no-provisioner') {
      return setPhase(claim, 'Pending');
    }
    if (storageClass.provisioner !== localProvisioner) return delegate(claim, storageClass);
    const wanted = localVolume(claim, storageClass, settings.localVolumePath);
    try {
      const volume = await cluster.create(persistentVolumes, wanted);
      const text = `Successfully provisioned volume ${volume.metadata.name}`;
      context.events.record(claim, 'Normal', 'ProvisioningSucceeded', text);
      return await bind(claim, volume);
    } catch (error) {
      if (!isCode(error, 409)) throw error;
      return done;
    }
  }

  function wait(
    claim: KubeObject,
    type: 'Normal' | 'Warning',
    reason: string,
    message: string,
  ): Promise<Result> {
    context.events.record(claim, type, reason, message);
    return setPhase(claim, 'Pending');
  }

  /** Somebody else's class: say so on the claim and wait for the volume. */
  async function delegate(claim: KubeObject, { provisioner }: KubeObject): Promise<Result> {
    let current = claim;
    if (claim.metadata.annotations?.[storageProvisioner] !== provisioner) {
      const annotations = {
        ...claim.metadata.annotations,
        [storageProvisioner]: provisioner,
        [betaStorageProvisioner]: provisioner,
      };
      const metadata = { ...claim.metadata, annotations };
      current = await cluster.update(persistentVolumeClaims, { ...claim, metadata });
    }
    const text = `Waiting for a volume to be created either by the external provisioner '${provisioner}' or manually by the system administrator. If volume creation is delayed, please verify that the provisioner is running and correctly registered.`;
    return wait(current, 'Normal', 'ExternalProvisioning', text);
  }

  async function bind(claim: KubeObject, volume: KubeObject): Promise<Result> {
    const { namespace = '', name = '', uid } = claim.metadata;
    let reserved = volume;
    // Only what we chose is ours to undo.
    const chosen = (by: boolean) => (by ? { [boundByController]: 'yes' } : {});
    if (volume.spec.claimRef?.uid !== uid) {
      const claimRef = { apiVersion: 'v1', kind: 'PersistentVolumeClaim', namespace, name, uid };
      const ours = volume.spec.claimRef == null;
      const annotations = { ...volume.metadata.annotations, ...chosen(ours) };
      reserved = await cluster.update(persistentVolumes, {
        ...volume,
        metadata: { ...volume.metadata, annotations },
        spec: { ...volume.spec, claimRef },
      });
    }
    const annotations = {
      ...claim.metadata.annotations,
      [bindCompleted]: 'yes',
      ...chosen((claim.spec?.volumeName ?? '') === ''),
    };
    const next = await cluster.update(persistentVolumeClaims, {
      ...claim,
      metadata: { ...claim.metadata, annotations },
      spec: { ...claim.spec, volumeName: reserved.metadata.name },
    });
    return complete(next, reserved);
  }

  /** Both sides say that they are bound. */
  async function complete(claim: KubeObject, volume: KubeObject): Promise<Result> {
    const status = {
      phase: 'Bound',
      accessModes: volume.spec.accessModes,
      capacity: volume.spec.capacity,
    };
    if (!deepEqual(claim.status, status)) {
      await cluster.update(persistentVolumeClaims, { ...claim, status }, 'status');
    }
    await setVolumePhase(volume, 'Bound');
    return done;
  }

  async function setPhase(
    claim: KubeObject,
    phase: string,
    said?: { type: 'Normal' | 'Warning'; reason: string; text: string },
  ): Promise<Result> {
    if (claim.status?.phase === phase) return done;
    const status = { ...claim.status, phase };
    const next = await cluster.update(persistentVolumeClaims, { ...claim, status }, 'status');
    if (said !== undefined) context.events.record(next, said.type, said.reason, said.text);
    return done;
  }

  async function setVolumePhase(volume: KubeObject, phase: string): Promise<void> {
    if (volume.status?.phase === phase) return;
    const status = { ...volume.status, phase };
    await cluster.update(persistentVolumes, { ...volume, status }, 'status');
  }

  /** A volume whose claim is gone is released; one that we made goes with its claim. */
  async function reconcileVolume(name: string): Promise<Result> {
    const volume = volumes.store.get(name);
    if (volume === undefined) return done;
    const ref = volume.spec?.claimRef;
    if (ref === undefined || ref === null) {
      await setVolumePhase(volume, 'Available');
      return done;
    }
    if (!ref.uid) return done;
    const claim = claims.store.get(keyFor(ref.namespace, ref.name));
    if (claim !== undefined && claim.metadata.uid === ref.uid) {
      loop.add(`claim ${keyOf(claim)}`);
      return done;
    }
    // the cache may be behind the claim's creation: only the API knows that it is gone
    const live = await cluster.get(persistentVolumeClaims, ref.namespace, ref.name);
    if (live?.metadata.uid === ref.uid) return done;
    // Said before the deletion: a volume that counts as bound is protected from it.
    await setVolumePhase(volume, 'Released');
    const ours = volume.metadata.annotations?.[provisionedBy] === localProvisioner;
    const ending = volume.metadata.deletionTimestamp != null;
    if (ours && !ending && volume.spec.persistentVolumeReclaimPolicy === 'Delete') {
      await cluster.delete(persistentVolumes, '', name);
    }
    return done;
  }

  const loop = createLoop(context, 'persistent-volume-binder', reconcile);
  enqueue(claims, loop, (claim) => [`claim ${keyOf(claim)}`, ...volumeKey(claim.spec?.volumeName)]);
  const retryClaims = (volume: string) => {
    for (const claim of claims.store.indexed('volume', volume)) loop.add(`claim ${keyOf(claim)}`);
  };
  // A new class or a free volume may be what a claim waits for.
  classes.on(() => retryClaims(''));
  enqueue(volumes, loop, (volume) => {
    const ref = volume.spec?.claimRef;
    if (ref === undefined || ref === null) retryClaims('');
    retryClaims(keyOf(volume));
    return [
      `volume ${keyOf(volume)}`,
      ...(ref ? [`claim ${keyFor(ref.namespace, ref.name)}`] : []),
    ];
  });
  return { name: 'persistentvolume-binder-controller', loops: [loop] };
}

function volumeKey(name: string | undefined): string[] {
  return name === undefined || name === '' ? [] : [`volume ${name}`];
}

/** Why a claim cannot have the volume that it names and that is not reserved for it. */
function refusalOf(
  claim: KubeObject,
  volume: KubeObject,
): { reason: string; text: string } | undefined {
  const name = `"${volume.metadata.name}"`;
  if (volume.spec?.claimRef != null) {
    const text = `volume ${name} already bound to a different claim.`;
    return { reason: 'FailedBinding', text };
  }
  const problem = mismatch(volume, claim);
  if (problem === undefined) return undefined;
  const text = `Cannot bind to requested volume ${name}: ${problem}`;
  return { reason: 'VolumeMismatch', text };
}
