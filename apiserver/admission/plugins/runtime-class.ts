import { semanticEqual } from '../../../object/equal.ts';
import type { KubeObject } from '../../../object/object.ts';
import type { Lister } from '../../watch/view.ts';
import type { AdmissionPlugin, AdmissionRequest } from '../plugin.ts';
import { isFor, refused } from '../refusal.ts';
import { mergeTolerations, type Toleration } from './toleration-merge.ts';

/** A pod takes over its RuntimeClass's overhead and placement. Source: plugin/pkg/admission/runtimeclass. */
export function makeRuntimeClass(options: {
  runtimeClasses: Lister;
  readLive(name: string): Promise<KubeObject | undefined>;
}): AdmissionPlugin {
  async function classOf(request: AdmissionRequest, pod: KubeObject) {
    const name: string | undefined = pod.spec?.runtimeClassName ?? undefined;
    if (name === undefined) return undefined;
    const found = options.runtimeClasses.get('', name) ?? (await options.readLive(name));
    if (found === undefined) {
      throw refused(request, `pod rejected: RuntimeClass ${JSON.stringify(name)} not found`);
    }
    return found;
  }

  return {
    name: 'RuntimeClass',
    mutate(request) {
      const pod = request.object;
      if (!concernsNewPod(request) || pod?.spec?.runtimeClassName == null) return undefined;
      return classOf(request, pod).then((found) => {
        if (found === undefined) return;
        setOverhead(request, pod, found);
        setScheduling(request, pod, found);
      });
    },
    validate(request) {
      const pod = request.object;
      if (!concernsNewPod(request) || pod === undefined) return undefined;
      if (pod.spec?.runtimeClassName == null && pod.spec?.overhead === undefined) return undefined;
      return classOf(request, pod).then((found) => checkOverhead(request, pod, found));
    },
  };
}

function concernsNewPod(request: AdmissionRequest): boolean {
  return request.operation === 'CREATE' && isFor(request, '', 'pods');
}

function setOverhead(request: AdmissionRequest, pod: KubeObject, runtimeClass: KubeObject): void {
  const overhead = runtimeClass.overhead?.podFixed;
  if (runtimeClass.overhead === undefined) return;
  if (isSet(pod.spec.overhead) && !semanticEqual(pod.spec.overhead, overhead)) {
    throw refused(
      request,
      `pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead`,
    );
  }
  pod.spec.overhead = structuredClone(overhead);
}

function isSet(overhead: object | undefined): boolean {
  return Object.keys(overhead ?? {}).length > 0;
}

function setScheduling(request: AdmissionRequest, pod: KubeObject, runtimeClass: KubeObject): void {
  if (runtimeClass.scheduling === undefined) return;
  const { nodeSelector = {}, tolerations = [] } = runtimeClass.scheduling;
  const own: Record<string, string> = pod.spec.nodeSelector ?? {};
  for (const [key, value] of Object.entries<string>(nodeSelector)) {
    if (own[key] === undefined || own[key] === value) continue;
    throw refused(
      request,
      `conflict: runtimeClass.scheduling.nodeSelector[${key}] = ${value}; pod.spec.nodeSelector[${key}] = ${own[key]}`,
    );
  }
  if (Object.keys(nodeSelector).length > 0) pod.spec.nodeSelector = { ...own, ...nodeSelector };
  const kept: Toleration[] = pod.spec.tolerations ?? [];
  const merged = mergeTolerations(kept, structuredClone(tolerations));
  if (merged.length > 0) pod.spec.tolerations = merged;
}

function checkOverhead(
  request: AdmissionRequest,
  pod: KubeObject,
  runtimeClass: KubeObject | undefined,
): void {
  const { overhead } = pod.spec;
  if (!isSet(overhead)) return;
  const wanted = runtimeClass?.overhead;
  if (wanted === undefined) {
    throw refused(
      request,
      'pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead',
    );
  }
  if (semanticEqual(overhead, wanted.podFixed)) return;
  throw refused(
    request,
    `pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead`,
  );
}
