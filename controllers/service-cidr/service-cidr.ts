import { type KubeObject, timestamp } from '../../object/object.ts';
import type { Controller } from '../../reconciler/manager.ts';
import { done, requeueAfter, type Result } from '../../reconciler/result.ts';
import { type ControllerContext, createLoop, enqueue, isCode } from '../context.ts';
import { ipAddresses, serviceCidrs } from '../resources.ts';
import { contains, familyOf, givesOut, overlaps, type Prefix, prefixOf } from './prefix.ts';

const name = 'service-cidr-controller';
const finalizer = 'networking.k8s.io/service-cidr-finalizer';

/** API servers have seen by then that the range goes away, and take no address of it any more. */
const deletionGraceMs = 10_000;

const inUse =
  'There are still IPAddresses referencing the ServiceCIDR, please remove them or create a new ServiceCIDR';

/**
 * ServiceCIDRs are ready from the start, and stay while addresses are theirs alone: a finalizer holds
 * them (pkg/controller/servicecidrs).
 */
export function serviceCidrController(context: ControllerContext): Controller {
  const { cluster, informers, events } = context;
  const ranges = informers.of(serviceCidrs);
  const addresses = informers.of(ipAddresses);

  async function reconcile(key: string): Promise<Result> {
    const range = ranges.store.get(key);
    if (range === undefined) return done;
    if (range.metadata.deletionTimestamp != null) return release(range);
    const finalizers = range.metadata.finalizers ?? [];
    if (!finalizers.includes(finalizer)) await write(range, [...finalizers, finalizer]);
    try {
      await setReady(range, {
        status: 'True',
        reason: '',
        message: 'Kubernetes Service CIDR is ready',
      });
    } catch (error) {
      const text = 'The ServiceCIDR Status can not be set to Ready=True';
      events.record(range, 'Warning', 'KubernetesServiceCIDRError', text);
      throw error;
    }
    return done;
  }

  async function release(range: KubeObject): Promise<Result> {
    const finalizers = range.metadata.finalizers ?? [];
    if (!canGo(range, [...ranges.store.values()], [...addresses.store.values()])) {
      await setReady(range, { status: 'False', reason: 'Terminating', message: inUse });
      return done;
    }
    const since = Date.parse(range.metadata.deletionTimestamp ?? '');
    const left = deletionGraceMs - (context.now().getTime() - since);
    if (left > 0) return requeueAfter(left);
    if (finalizers.includes(finalizer)) {
      await write(
        range,
        finalizers.filter((f) => f !== finalizer),
      );
    }
    return done;
  }

  async function write(range: KubeObject, finalizers: string[]): Promise<void> {
    try {
      await cluster.update(serviceCidrs, {
        ...range,
        metadata: { ...range.metadata, finalizers },
      });
    } catch (error) {
      if (!isCode(error, 404)) throw error;
    }
  }

  /** Only what changes is written: the time alone would make every write the reason of the next. */
  async function setReady(
    range: KubeObject,
    condition: { status: string; reason: string; message: string },
  ): Promise<void> {
    const ready: Record<string, string> | undefined = conditions(range).find(
      ({ type }) => type === 'Ready',
    );
    const fields = ['status', 'reason', 'message'] as const;
    if (ready !== undefined && fields.every((f) => (ready[f] ?? '') === condition[f])) return;
    const lastTransitionTime = timestamp(context.now());
    await cluster.apply(
      serviceCidrs,
      {
        apiVersion: 'networking.k8s.io/v1',
        kind: 'ServiceCIDR',
        metadata: { name: range.metadata.name ?? '' },
        status: { conditions: [{ type: 'Ready', ...condition, lastTransitionTime }] },
      },
      { fieldManager: name, force: true, subresource: 'status' },
    );
  }

  const loop = createLoop(context, name, reconcile);
  enqueue(ranges, loop, (range) => {
    const own = prefixesOf(range);
    const near = [...ranges.store.values()].filter((other) =>
      prefixesOf(other).some((p) => own.some((q) => overlaps(p, q))),
    );
    return [range, ...near].map(({ metadata }) => metadata.name ?? '');
  });
  enqueue(addresses, loop, (address) =>
    isManaged(address)
      ? [...ranges.store.values()]
          .filter((range) => holds(range, address))
          .map(({ metadata }) => metadata.name ?? '')
      : [],
  );
  return { name, loops: [loop] };
}

function conditions(range: KubeObject): Record<string, string>[] {
  return range.status?.conditions ?? [];
}

function prefixesOf({ spec }: KubeObject): Prefix[] {
  return (spec?.cidrs ?? []).map(prefixOf);
}

function holds(range: KubeObject, { metadata }: KubeObject): boolean {
  return prefixesOf(range).some((prefix) => givesOut(prefix, metadata.name ?? ''));
}

/** Made by an API server for a Service. */
function isManaged({ metadata }: KubeObject): boolean {
  return metadata.labels?.['ipaddress.kubernetes.io/managed-by'] === 'ipallocator.k8s.io';
}

/** Whether other ranges hold every address of this one, or every address of it that is taken. */
export function canGo(
  range: KubeObject,
  ranges: readonly KubeObject[],
  addresses: readonly KubeObject[],
): boolean {
  const own = prefixesOf(range);
  const others = ranges.filter(({ metadata }) => metadata.name !== range.metadata.name);
  const covered = own.every((prefix) =>
    others.some((other) => prefixesOf(other).some((p) => contains(p, prefix))),
  );
  if (covered) return true;
  const families = new Set(own.map(({ address }) => familyOf(address)));
  return !addresses.some(
    (address) =>
      isManaged(address) &&
      families.has(familyOf(address.metadata.name ?? '')) &&
      holds(range, address) &&
      !others.some((other) => holds(other, address)),
  );
}
