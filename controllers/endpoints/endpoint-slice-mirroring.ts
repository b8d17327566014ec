import type { KubeObject } from '../../object/object.ts';
import type { Controller } from '../../reconciler/manager.ts';
import { done, type Result } from '../../reconciler/result.ts';
import { keyFor, keyOf, splitKey } from '../../reconciler/store.ts';
import { type ControllerContext, createLoop, enqueue } from '../context.ts';
import { endpoints, endpointSlices, services } from '../resources.ts';
import { mirroredBy, planMirror } from './mirror-plan.ts';
import { managedByLabel, serviceNameLabel } from './slice-plan.ts';

const skipLabel = 'endpointslice.kubernetes.io/skip-mirror';
const leaderAnnotation = 'control-plane.alpha.kubernetes.io/leader';

/** EndpointSlices of Services without a selector, from the Endpoints that somebody made by hand. */
export function endpointSliceMirroringController(context: ControllerContext): Controller {
  const { cluster, informers, events, settings } = context;
  const limit = settings.mirroringMaxEndpointsPerSubset;
  const serviceInformer = informers.of(services);
  const endpointsInformer = informers.of(endpoints);
  const sliceInformer = informers.of(endpointSlices);
  sliceInformer.addIndex('service', (o) => [serviceKey(o)]);

  async function reconcile(key: string): Promise<Result> {
    const { namespace } = splitKey(key);
    const own = sliceInformer.store
      .indexed('service', key)
      .filter((slice) => slice.metadata.deletionTimestamp == null && isMirror(slice));
    const object = endpointsInformer.store.get(key);
    const service = serviceInformer.store.get(key);
    if (object === undefined || !isMirrored(object) || service?.spec === undefined) {
      return remove(namespace, own);
    }
    if (service.spec.selector != null) return remove(namespace, own);
    const plan = planMirror(object, own, limit);
    tell(object, plan.invalid, plan.skipped);
    if (object.metadata.deletionTimestamp == null) {
      for (const slice of plan.create) await cluster.create(endpointSlices, slice);
    }
    for (const slice of plan.update) await cluster.update(endpointSlices, slice);
    return remove(namespace, plan.remove);
  }

  async function remove(namespace: string, slices: readonly KubeObject[]): Promise<Result> {
    for (const { metadata } of slices) {
      await cluster.delete(endpointSlices, namespace, metadata.name ?? '');
    }
    return done;
  }

  function tell(object: KubeObject, invalid: number, skipped: number): void {
    if (invalid > 0) {
      const message = `Skipped ${invalid} invalid IP addresses when mirroring to EndpointSlices`;
      events.record(object, 'Warning', 'InvalidIPAddress', message);
    }
    if (skipped > invalid) {
      const message = `A max of ${limit} addresses can be mirrored to EndpointSlices per Endpoints subset. ${skipped} addresses were skipped`;
      events.record(object, 'Warning', 'TooManyAddressesToMirror', message);
    }
  }

  const loop = createLoop(context, 'endpointslicemirroring', reconcile);
  enqueue(endpointsInformer, loop, (o) => (isMirrored(o) ? [keyOf(o)] : []));
  enqueue(serviceInformer, loop, (o) => (o.spec?.selector == null ? [keyOf(o)] : []));
  enqueue(sliceInformer, loop, (o) => (isMirror(o) ? [serviceKey(o)] : []));
  return { name: 'endpointslicemirroring', loops: [loop] };
}

/** Endpoints may ask to be left alone, and those that are a lock of a leader are nobody's addresses. */
function isMirrored({ metadata }: KubeObject): boolean {
  return (
    metadata.labels?.[skipLabel] !== 'true' &&
    metadata.annotations?.[leaderAnnotation] === undefined
  );
}

function isMirror(slice: KubeObject): boolean {
  return slice.metadata.labels?.[managedByLabel] === mirroredBy;
}

function serviceKey(slice: KubeObject): string {
  return keyFor(slice.metadata.namespace, slice.metadata.labels?.[serviceNameLabel] ?? '');
}
