import type { KubeObject } from '../../object/object.ts';
import { hasPodLevelRequests, podRequests } from '../../object/pod-resources.ts';
import { milliOf } from './milli.ts';

interface Container {
  name: string;
  restartPolicy?: string;
  resources?: { requests?: Record<string, string> };
}

/**
 * What each pod asks for of a resource, in thousandths: one container's share, else the pod's own, else that of all
 * containers that go on running. Pure.
 * @param container '' for the whole pod
 * @throws Error where one asks for nothing
 */
export function requestsOf(
  pods: readonly KubeObject[],
  container: string,
  resource: string,
): Map<string, bigint> {
  return new Map(
    pods.map((pod) => {
      const whole = container === '' && hasPodLevelRequests(pod);
      const request = whole ? ofPod(pod, resource) : ofContainers(pod, container, resource);
      return [pod.metadata.name ?? '', request];
    }),
  );
}

function ofPod(pod: KubeObject, resource: string): bigint {
  const amount = podRequests(pod, { overhead: true, status: false }).get(resource);
  if (amount === undefined) {
    throw new Error(`missing pod-level request for ${resource} in Pod ${pod.metadata.name}`);
  }
  return milliOf(amount);
}

function ofContainers(pod: KubeObject, wanted: string, resource: string): bigint {
  const { containers = [], initContainers = [] } = pod.spec ?? {};
  const sidecars = initContainers.filter((c: Container) => c.restartPolicy === 'Always');
  const all: Container[] = [...containers, ...sidecars];
  const counted = wanted === '' ? all : all.filter(({ name }) => name === wanted).slice(0, 1);
  if (wanted !== '' && counted.length === 0) {
    throw new Error(`container ${wanted} not found in Pod ${pod.metadata.name}`);
  }
  let total = 0n;
  for (const { name, resources } of counted) {
    const request = resources?.requests?.[resource];
    if (request === undefined) {
      throw new Error(
        `missing request for ${resource} in container ${name} of Pod ${pod.metadata.name}`,
      );
    }
    total += milliOf(request);
  }
  return total;
}
