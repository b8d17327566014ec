import type { KubeObject } from '../object/object.ts';
import { semanticEqual } from '../object/equal.ts';
import type { ResourceRef } from '../reconciler/cluster.ts';
import { type ControllerContext, isCode } from './context.ts';
import { contentHash } from './hash.ts';
import { controllerReference } from './owner.ts';
import { controllerRevisions } from './resources.ts';

/** ControllerRevisions of StatefulSets and DaemonSets: each template there was, numbered. */
export const hashLabel = 'controller.kubernetes.io/hash';
export const revisionLabel = 'controller-revision-hash';

/** The two kinds have never agreed on the label that says a revision's hash. */
const hashLabelOf = (ref: ResourceRef): string =>
  ref.resource === 'daemonsets' ? revisionLabel : hashLabel;

const byRevision = (a: KubeObject, b: KubeObject): number =>
  (a.revision ?? 0) - (b.revision ?? 0) ||
  (a.metadata.name ?? '').localeCompare(b.metadata.name ?? '');

/** What a revision stores: a strategic merge patch that restores the template. */
export function revisionData(object: KubeObject): unknown {
  return { spec: { template: { ...object.spec.template, $patch: 'replace' } } };
}

export function templateOf(revision: KubeObject): KubeObject['spec'] {
  const { $patch: _, ...template } = revision.data?.spec?.template ?? {};
  return template;
}

export interface Revisions {
  /** The one of the present template. */
  update: KubeObject;
  /** All, oldest first, `update` included. */
  all: KubeObject[];
  collisionCount: number;
}

/** The revision of the present template exists and has the highest number. */
export async function ensureRevision(
  context: ControllerContext,
  ref: ResourceRef,
  object: KubeObject,
  known: readonly KubeObject[],
): Promise<Revisions> {
  const { cluster } = context;
  const data = revisionData(object);
  const sorted = known.toSorted(byRevision);
  const next = (sorted.at(-1)?.revision ?? 0) + 1;
  const equal = sorted.findLast((r) => semanticEqual(normal(r.data), normal(data)));
  let collisionCount: number = object.status?.collisionCount ?? 0;
  if (equal !== undefined) {
    if (equal === sorted.at(-1)) return { update: equal, all: sorted, collisionCount };
    // Rolled back: the old revision becomes the newest.
    const update = await cluster.update(controllerRevisions, { ...equal, revision: next });
    return { update, all: [...sorted.filter((r) => r !== equal), update], collisionCount };
  }
  for (;;) {
    const hash = contentHash(data, collisionCount);
    const name = `${(object.metadata.name ?? '').slice(0, 223)}-${hash}`;
    const namespace = object.metadata.namespace ?? '';
    try {
      const update = await cluster.create(controllerRevisions, {
        apiVersion: 'apps/v1',
        kind: 'ControllerRevision',
        metadata: {
          name,
          namespace,
          labels: { ...object.spec.template?.metadata?.labels, [hashLabelOf(ref)]: hash },
          annotations: { ...object.metadata.annotations },
          ownerReferences: [controllerReference(object, ref)],
        },
        data,
        revision: next,
      });
      return { update, all: [...sorted, update], collisionCount };
    } catch (error) {
      if (!isCode(error, 409)) throw error;
      const there = await cluster.get(controllerRevisions, namespace, name);
      if (there !== undefined && semanticEqual(normal(there.data), normal(data))) {
        return { update: there, all: [...sorted, there], collisionCount };
      }
      collisionCount++;
    }
  }
}

function normal(data: KubeObject['data']): unknown {
  const template = data?.spec?.template ?? {};
  const { creationTimestamp: _, ...metadata } = template.metadata ?? {};
  return { ...template, metadata };
}

/** Deletes the oldest revisions nobody uses beyond `limit`. */
export async function truncateRevisions(
  context: ControllerContext,
  all: readonly KubeObject[],
  live: ReadonlySet<string>,
  limit: number,
): Promise<void> {
  const unused = all.filter((r) => !live.has(r.metadata.name ?? ''));
  for (const { metadata } of unused.slice(0, Math.max(0, unused.length - limit))) {
    await context.cluster.delete(
      controllerRevisions,
      metadata.namespace ?? '',
      metadata.name ?? '',
    );
  }
}
