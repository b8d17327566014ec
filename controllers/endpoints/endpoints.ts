import { semanticEqual } from '../../object/equal.ts';
import type { Controller } from '../../reconciler/manager.ts';
import { done, type Result } from '../../reconciler/result.ts';
import { keyOf, splitKey } from '../../reconciler/store.ts';
import { type ControllerContext, createLoop, enqueue, isNamespaceTerminating } from '../context.ts';
import { endpoints, pods, services } from '../resources.ts';
import { servicesOf } from './endpoint-slice.ts';
import { planSubsets } from './endpoints-plan.ts';
import { isHeadless, isManaged, selects } from './service-pods.ts';
import { headlessLabel } from './slice-plan.ts';

const overCapacity = 'endpoints.kubernetes.io/over-capacity';
const managedByLabel = 'endpoints.kubernetes.io/managed-by';

/** Endpoints of Services with a selector, for those who do not read EndpointSlices yet. */
export function endpointsController(context: ControllerContext): Controller {
  const { cluster, informers } = context;
  const serviceInformer = informers.of(services);
  const podInformer = informers.of(pods);
  const informer = informers.of(endpoints);

  async function reconcile(key: string): Promise<Result> {
    const service = serviceInformer.store.get(key);
    const current = informer.store.get(key);
    if (service === undefined || service.metadata.deletionTimestamp != null) {
      const { namespace, name } = splitKey(key);
      // Ours alone: hand-made Endpoints may exist without a Service.
      if (current?.metadata.labels?.[managedByLabel] === 'endpoint-controller') {
        await cluster.delete(endpoints, namespace, name);
      }
      return done;
    }
    if (!isManaged(service)) return done;
    const selected = podInformer.store
      .indexed('namespace', service.metadata.namespace ?? '')
      .filter((pod) => selects(service, pod));
    const { subsets, truncated } = planSubsets(service, selected);
    const { [headlessLabel]: _, ...serviceLabels } = service.metadata.labels ?? {};
    const labels = {
      ...serviceLabels,
      [managedByLabel]: 'endpoint-controller',
      ...(isHeadless(service) ? { [headlessLabel]: '' } : {}),
    };
    const { [overCapacity]: __, ...annotations } = current?.metadata.annotations ?? {};
    if (truncated) annotations[overCapacity] = 'truncated';
    const { namespace = '', name = '' } = service.metadata;
    if (current === undefined) {
      try {
        await cluster.create(endpoints, {
          apiVersion: 'v1',
          kind: 'Endpoints',
          metadata: { name, namespace, labels, annotations },
          subsets,
        });
      } catch (error) {
        if (!isNamespaceTerminating(error)) throw error;
      }
      return done;
    }
    if (
      semanticEqual(current.subsets, subsets) &&
      semanticEqual(current.metadata.labels, labels) &&
      semanticEqual(current.metadata.annotations, annotations)
    ) {
      return done;
    }
    const metadata = { ...current.metadata, labels, annotations };
    await cluster.update(endpoints, { ...current, metadata, subsets });
    return done;
  }

  const loop = createLoop(context, 'endpoint', reconcile);
  enqueue(serviceInformer, loop, (o) => [keyOf(o)]);
  enqueue(podInformer, loop, (pod) =>
    servicesOf(serviceInformer.store.indexed('namespace', pod.metadata.namespace ?? ''), pod),
  );
  enqueue(informer, loop, (o) => (o.metadata.name === 'kubernetes' ? [] : [keyOf(o)]));
  return { name: 'endpoint', loops: [loop] };
}
