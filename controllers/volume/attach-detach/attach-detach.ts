import type { KubeObject } from '../../../object/object.ts';
import type { Controller } from '../../../reconciler/manager.ts';
import { done, requeueAfter, type Result } from '../../../reconciler/result.ts';
import { keyFor, keyOf } from '../../../reconciler/store.ts';
import { type ControllerContext, createLoop, enqueue, isCode } from '../../context.ts';
import { conditionOf } from '../../pod.ts';
import {
  csiDrivers,
  nodes,
  persistentVolumeClaims,
  persistentVolumes,
  pods,
  volumeAttachments,
} from '../../resources.ts';
import { claimsUsedBy } from '../protection.ts';
import {
  isExclusive,
  isManaged,
  newAttachment,
  uniqueName,
  type Wanted,
  wantedOn,
} from './attachable.ts';

/** How long a volume that nobody wants may stay mounted on a node that does not answer. */
const unmountPatienceMs = 6 * 60_000;
const outOfService = 'node.kubernetes.io/out-of-service';

/** An attachment of this node, and the volume it is of. */
interface Attached {
  attachment: KubeObject;
  volume: KubeObject;
}

/**
 * Asks CSI drivers to attach volumes to the nodes whose pods use them, by VolumeAttachments, and to detach them when
 * none does and the kubelet has unmounted them; kubelets read in their Node's status what is attached.
 */
export function attachDetachController(context: ControllerContext): Controller {
  const { cluster, informers, events } = context;
  const nodeInformer = informers.of(nodes);
  const podInformer = informers.of(pods);
  const claims = informers.of(persistentVolumeClaims);
  const volumes = informers.of(persistentVolumes);
  const attachments = informers.of(volumeAttachments);
  const drivers = informers.of(csiDrivers);
  podInformer.addIndex('attach node', ({ spec }) => (spec?.nodeName ? [spec.nodeName] : []));
  podInformer.addIndex('attach claim', claimsUsedBy);
  attachments.addIndex('node', ({ spec }) => [spec.nodeName]);
  attachments.addIndex('volume', ({ spec }) => {
    const name = spec.source?.persistentVolumeName;
    return name === undefined ? [] : [name];
  });
  /** Nodes that wait for a volume to leave another one. */
  const waiting = new Map<string, Set<string>>();
  /** By name of the attachment: since when nobody wants it, and what failure was told of. */
  const unwantedSince = new Map<string, number>();
  const told = new Map<string, string>();

  async function reconcile(name: string): Promise<Result> {
    const node = nodeInformer.store.get(name);
    const wanted =
      node === undefined
        ? new Map<string, Wanted>()
        : wantedOn(node, podInformer.store.indexed('attach node', name), {
            claim: (namespace, claim) => claims.store.get(keyFor(namespace, claim)),
            volume: (volume) => volumes.store.get(volume),
            driver: (driver) => drivers.store.get(driver),
          });
    const here = attachmentsOf(name);
    const leaving = here.filter(({ volume }) => !wanted.has(volume.metadata.name ?? ''));
    const detachable = leaving.filter(
      (attached) => isUnmounted(attached, node) || isForced(attached, node),
    );
    // First the kubelet must know that it cannot count on it any more.
    await report(node, here, detachable, wanted);
    if (detachable.length > 0) await detach(name, detachable);
    for (const [volume, entry] of wanted) await attach(name, volume, entry);
    return detachable.length < leaving.length ? requeueAfter(unmountPatienceMs) : done;
  }

  function attachmentsOf(node: string): Attached[] {
    return attachments.store.indexed('node', node).flatMap((attachment) => {
      const volume = volumes.store.get(attachment.spec.source?.persistentVolumeName ?? '');
      return volume?.spec?.csi === undefined ? [] : [{ attachment, volume }];
    });
  }

  /** As far as its kubelet has said; a node that is gone may still run what it ran. */
  function isUnmounted({ volume }: Attached, node: KubeObject | undefined): boolean {
    const inUse: string[] = node?.status?.volumesInUse ?? [];
    return node !== undefined && isManaged(node) && !inUse.includes(uniqueName(volume));
  }

  /** Whatever its kubelet has said. */
  function isForced({ attachment }: Attached, node: KubeObject | undefined): boolean {
    const { name = '', deletionTimestamp } = attachment.metadata;
    if (deletionTimestamp != null) return true;
    if (node !== undefined && !isManaged(node)) return false;
    const now = context.now().getTime();
    const since = unwantedSince.get(name) ?? now;
    unwantedSince.set(name, since);
    const taints: { key: string }[] = node?.spec?.taints ?? [];
    if (taints.some(({ key }) => key === outOfService)) return true;
    const healthy = node !== undefined && conditionOf(node, 'Ready')?.status === 'True';
    return !healthy && now - since >= unmountPatienceMs;
  }

  async function report(
    node: KubeObject | undefined,
    here: readonly Attached[],
    detachable: readonly Attached[],
    wanted: ReadonlyMap<string, Wanted>,
  ): Promise<void> {
    if (node === undefined || !isManaged(node)) return;
    const before: { name: string }[] = node.status?.volumesAttached ?? [];
    const attached = here.filter(
      (a) => a.attachment.status?.attached === true && !detachable.includes(a),
    );
    const names = new Set(attached.map(({ volume }) => uniqueName(volume)));
    const had = new Set(before.map(({ name }) => name));
    const added = attached.filter(({ volume }) => !had.has(uniqueName(volume)));
    if (added.length === 0 && before.every(({ name }) => names.has(name))) return;
    const volumesAttached = [...names].map((name) => ({ name, devicePath: '' }));
    const target = { namespace: '', name: node.metadata.name ?? '', subresource: 'status' };
    await cluster.patch(nodes, target, 'strategic', { status: { volumesAttached } });
    for (const { volume } of added) {
      const name = volume.metadata.name ?? '';
      const message = `AttachVolume.Attach succeeded for volume ${JSON.stringify(name)} `;
      for (const pod of wanted.get(name)?.pods ?? []) {
        events.record(pod, 'Normal', 'SuccessfulAttachVolume', message);
      }
    }
  }

  /** A mount may have begun since the node was last seen: only the server knows. */
  async function detach(nodeName: string, detachable: readonly Attached[]): Promise<void> {
    const node = await cluster.get(nodes, '', nodeName);
    for (const attached of detachable) {
      const { name = '', uid = '', deletionTimestamp } = attached.attachment.metadata;
      if (deletionTimestamp != null) continue;
      if (!isUnmounted(attached, node) && !isForced(attached, node)) continue;
      await cluster.delete(volumeAttachments, '', name, { uid });
    }
  }

  async function attach(
    node: string,
    name: string,
    { volume, pods: users }: Wanted,
  ): Promise<void> {
    const wanted = newAttachment(volume, node);
    const key = wanted.metadata.name ?? '';
    unwantedSince.delete(key);
    const existing = attachments.store.get(key);
    if (existing !== undefined) {
      tellFailure(existing, name, users);
      return;
    }
    const elsewhere = attachments.store.indexed('volume', name);
    if (isExclusive(volume) && elsewhere.length > 0) {
      waiting.set(name, (waiting.get(name) ?? new Set()).add(node));
      tellMultiAttach(node, name, users, elsewhere);
      return;
    }
    told.delete(`${name} ${node}`);
    try {
      await cluster.create(volumeAttachments, wanted);
    } catch (error) {
      if (!isCode(error, 409)) throw error;
    }
  }

  function tellFailure(attachment: KubeObject, name: string, users: readonly KubeObject[]): void {
    const key = attachment.metadata.name ?? '';
    const { message, time = '' } = attachment.status?.attachError ?? {};
    if (message === undefined || attachment.status?.attached === true) {
      told.delete(key);
      return;
    }
    if (told.get(key) === `${time} ${message}`) return;
    told.set(key, `${time} ${message}`);
    const text = `AttachVolume.Attach failed for volume ${JSON.stringify(name)} : ${message}`;
    for (const pod of users) events.record(pod, 'Warning', 'FailedAttachVolume', text);
  }

  /** Once for each node, until it gets the volume. */
  function tellMultiAttach(
    node: string,
    name: string,
    users: readonly KubeObject[],
    elsewhere: readonly KubeObject[],
  ): void {
    const key = `${name} ${node}`;
    if (told.has(key)) return;
    told.set(key, '');
    const others = elsewhere.flatMap(({ spec }) => usersOn(spec.nodeName, name));
    const intro = `Multi-Attach error for volume ${JSON.stringify(name)} `;
    for (const pod of users) {
      const { namespace } = pod.metadata;
      const near = others.filter(({ metadata }) => metadata.namespace === namespace);
      const far = others.length - near.length;
      events.record(
        pod,
        'Warning',
        'FailedAttachVolume',
        intro +
          multiAttachReason(
            near.map(({ metadata }) => metadata.name ?? ''),
            far,
          ),
      );
    }
  }

  function usersOn(node: string, volume: string): KubeObject[] {
    const ref = volumes.store.get(volume)?.spec?.claimRef;
    const key = keyFor(ref?.namespace, ref?.name ?? '');
    const using = podInformer.store.indexed('attach claim', key);
    return using.filter(({ spec }) => spec?.nodeName === node);
  }

  // One at a time: two nodes must not find an exclusive volume free.
  const loop = createLoop({ ...context, workers: 1 }, 'attach-detach', reconcile);
  const nodesOfClaim = (key: string) =>
    podInformer.store
      .indexed('attach claim', key)
      .flatMap(({ spec }) => (spec?.nodeName ? [spec.nodeName as string] : []));
  enqueue(nodeInformer, loop, (node) => [keyOf(node)]);
  enqueue(podInformer, loop, ({ spec }) => (spec?.nodeName ? [spec.nodeName] : []));
  enqueue(claims, loop, (claim) => nodesOfClaim(keyOf(claim)));
  enqueue(volumes, loop, ({ spec }) =>
    spec?.claimRef == null ? [] : nodesOfClaim(keyFor(spec.claimRef.namespace, spec.claimRef.name)),
  );
  attachments.on(({ type, object }) => {
    loop.add(object.spec.nodeName);
    if (type !== 'deleted') return;
    const name: string = object.spec.source?.persistentVolumeName ?? '';
    unwantedSince.delete(object.metadata.name ?? '');
    told.delete(object.metadata.name ?? '');
    for (const node of waiting.get(name) ?? []) loop.add(node);
    waiting.delete(name);
  });
  drivers.on(() => {
    for (const key of nodeInformer.store.keys()) loop.add(key);
  });
  return { name: 'persistentvolume-attach-detach', loops: [loop] };
}

/** In upstream's words: other pods of its namespace by name, those of others by number. */
function multiAttachReason(near: readonly string[], far: number): string {
  const names = `Volume is already used by pod(s) ${near.join(', ')}`;
  if (near.length > 0)
    return far === 0 ? names : `${names} and ${far} pod(s) in different namespaces`;
  return far > 0
    ? `Volume is already used by ${far} pod(s) in different namespaces`
    : "Volume is already exclusively attached to one node and can't be attached to another";
}
