import type { KubeObject } from '../../object/object.ts';
import type { Controller } from '../../reconciler/manager.ts';
import { done, type Result } from '../../reconciler/result.ts';
import { keyFor, keyOf } from '../../reconciler/store.ts';
import { type ControllerContext, createLoop, enqueue, isNamespaceTerminating } from '../context.ts';
import { endpointSlices, nodes, pods, services } from '../resources.ts';
import { isManaged, selects } from './service-pods.ts';
import { managedBy, managedByLabel, planSlices, serviceNameLabel } from './slice-plan.ts';

const zoneLabel = 'topology.kubernetes.io/zone';

/** EndpointSlices of Services with a selector. */
export function endpointSliceController(context: ControllerContext): Controller {
  const { cluster, informers } = context;
  const serviceInformer = informers.of(services);
  const podInformer = informers.of(pods);
  const nodeInformer = informers.of(nodes);
  const sliceInformer = informers.of(endpointSlices);
  sliceInformer.addIndex('service', (o) => [serviceKey(o)]);

  async function reconcile(key: string): Promise<Result> {
    const service = serviceInformer.store.get(key);
    // Slices of a service that is gone are the garbage collector's.
    if (
      service === undefined ||
      service.metadata.deletionTimestamp != null ||
      !isManaged(service)
    ) {
      return done;
    }
    const namespace = service.metadata.namespace ?? '';
    const own = sliceInformer.store
      .indexed('service', key)
      .filter((s) => s.metadata.deletionTimestamp == null && isOurs(s));
    const selected = podInformer.store
      .indexed('namespace', namespace)
      .filter((pod) => selects(service, pod));
    const plan = planSlices(
      service,
      selected,
      own,
      (node) => nodeInformer.store.get(node)?.metadata.labels?.[zoneLabel],
    );
    try {
      for (const slice of plan.create) await cluster.create(endpointSlices, slice);
    } catch (error) {
      if (isNamespaceTerminating(error)) return done;
      throw error;
    }
    for (const slice of plan.update) await cluster.update(endpointSlices, slice);
    for (const { metadata } of plan.remove) {
      await cluster.delete(endpointSlices, namespace, metadata.name ?? '');
    }
    return done;
  }

  const loop = createLoop(context, 'endpointslice', reconcile);
  enqueue(serviceInformer, loop, (o) => [keyOf(o)]);
  enqueue(podInformer, loop, (pod) =>
    servicesOf(serviceInformer.store.indexed('namespace', pod.metadata.namespace ?? ''), pod),
  );
  enqueue(sliceInformer, loop, (o) => (isOurs(o) ? [serviceKey(o)] : []));
  return { name: 'endpointslice', loops: [loop] };
}

export function servicesOf(candidates: readonly KubeObject[], pod: KubeObject): string[] {
  return candidates.filter((service) => selects(service, pod)).map(keyOf);
}

function isOurs(slice: KubeObject): boolean {
  return slice.metadata.labels?.[managedByLabel] === managedBy;
}

function serviceKey(slice: KubeObject): string {
  return keyFor(slice.metadata.namespace, slice.metadata.labels?.[serviceNameLabel] ?? '');
}
