import { type KubeObject, type OwnerReference, apiVersionOf } from '../object/object.ts';
import { type LabelSelector, matches } from '../object/selector.ts';
import type { Cluster, ResourceRef } from '../reconciler/cluster.ts';
import { isCode } from './context.ts';

/** Which objects belong to which (controllerRef; KEP-less rule of pkg/controller's RefManager). */

export function controllerOf(object: KubeObject): OwnerReference | undefined {
  return object.metadata.ownerReferences?.find((owner) => owner.controller === true);
}

export function controllerReference(parent: KubeObject, ref: ResourceRef): OwnerReference {
  return {
    apiVersion: apiVersionOf(ref),
    kind: ref.kind,
    name: parent.metadata.name ?? '',
    uid: parent.metadata.uid ?? '',
    controller: true,
    blockOwnerDeletion: true,
  };
}

export type Claim = 'own' | 'adopt' | 'release' | 'ignore';

/** Orphans that match are adopted, own children that no longer match are released. */
export function claimOf(parent: KubeObject, selector: LabelSelector, child: KubeObject): Claim {
  const owner = controllerOf(child);
  const match = matches(selector, child.metadata.labels);
  if (owner !== undefined) {
    if (owner.uid !== parent.metadata.uid) return 'ignore';
    if (match) return 'own';
    return parent.metadata.deletionTimestamp == null ? 'release' : 'ignore';
  }
  const ending =
    parent.metadata.deletionTimestamp != null || child.metadata.deletionTimestamp != null;
  return match && !ending ? 'adopt' : 'ignore';
}

/** Which children there may be. */
export interface ChildRef extends ResourceRef {
  /** Comes with what is adopted, and goes with what is released. */
  finalizer?: string;
}

/** The children that belong to `parent`, after adopting and releasing. */
export async function claimChildren(
  cluster: Cluster,
  parentRef: ResourceRef,
  parent: KubeObject,
  childRef: ChildRef,
  selector: LabelSelector,
  candidates: Iterable<KubeObject>,
): Promise<KubeObject[]> {
  const claimed: KubeObject[] = [];
  let mayAdopt: boolean | undefined;
  for (const child of candidates) {
    const claim = claimOf(parent, selector, child);
    if (claim === 'own') claimed.push(child);
    if (claim === 'release') await release(cluster, parent, childRef, child);
    if (claim !== 'adopt') continue;
    mayAdopt ??= await stillThere(cluster, parentRef, parent);
    if (!mayAdopt) continue;
    const adopted = await adopt(cluster, parentRef, parent, childRef, child);
    if (adopted !== undefined) claimed.push(adopted);
  }
  return claimed;
}

/** A deleted parent must not adopt; the informer may not know yet, so the API is asked. */
async function stillThere(
  cluster: Cluster,
  ref: ResourceRef,
  parent: KubeObject,
): Promise<boolean> {
  const { namespace = '', name = '', uid } = parent.metadata;
  const fresh = await cluster.get(ref, namespace, name);
  return fresh?.metadata.uid === uid && fresh?.metadata.deletionTimestamp == null;
}

async function adopt(
  cluster: Cluster,
  parentRef: ResourceRef,
  parent: KubeObject,
  childRef: ChildRef,
  child: KubeObject,
): Promise<KubeObject | undefined> {
  const ownerReferences = [
    ...(child.metadata.ownerReferences ?? []),
    controllerReference(parent, parentRef),
  ];
  const { finalizer } = childRef;
  const before = child.metadata.finalizers ?? [];
  const more =
    finalizer === undefined || before.includes(finalizer)
      ? {}
      : { finalizers: [...before, finalizer] };
  return patchOwners(cluster, childRef, child, { ownerReferences, ...more });
}

async function release(
  cluster: Cluster,
  parent: KubeObject,
  childRef: ChildRef,
  child: KubeObject,
): Promise<void> {
  const owners = child.metadata.ownerReferences ?? [];
  const ownerReferences = owners.filter((owner) => owner.uid !== parent.metadata.uid);
  const { finalizer } = childRef;
  const before = child.metadata.finalizers ?? [];
  const less =
    finalizer === undefined || !before.includes(finalizer)
      ? {}
      : { finalizers: before.filter((f) => f !== finalizer) };
  await patchOwners(cluster, childRef, child, { ownerReferences, ...less });
}

async function patchOwners(
  cluster: Cluster,
  ref: ResourceRef,
  child: KubeObject,
  change: { ownerReferences: OwnerReference[]; finalizers?: string[] },
): Promise<KubeObject | undefined> {
  const { namespace = '', name = '', uid, resourceVersion } = child.metadata;
  const body = { metadata: { uid, resourceVersion, ...change } };
  try {
    return await cluster.patch(ref, { namespace, name }, 'merge', body);
  } catch (error) {
    if (isCode(error, 404) || isCode(error, 422)) return undefined; // Gone, or another of that name.
    throw error;
  }
}
