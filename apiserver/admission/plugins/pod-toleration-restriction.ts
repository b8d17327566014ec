import type { KubeObject } from '../../../object/object.ts';
import { notFound, StatusError } from '../../../object/status-error.ts';
import { podQosClass } from '../../apis/core/pod-qos.ts';
import type { AdmissionPlugin, AdmissionRequest } from '../plugin.ts';
import { isFor } from '../refusal.ts';
import { findNamespace, type NamespaceReader } from './namespace-presence.ts';
import { areAllowed, mergeTolerations, type Toleration } from './toleration-merge.ts';

/**
 * The taints that pods of a namespace tolerate, and those they may tolerate.
 * Source: plugin/pkg/admission/podtolerationrestriction.
 */
export interface PodTolerationOptions extends NamespaceReader {
  /** For namespaces that say nothing; from the configuration file. */
  cluster?: TolerationLists | undefined;
}

export interface TolerationLists {
  default: Toleration[];
  whitelist: Toleration[];
}

const prefix = 'scheduler.alpha.kubernetes.io';
/** No pod that asks for something leaves a node that is short of memory. */
const memoryPressure: Toleration = {
  key: 'node.kubernetes.io/memory-pressure',
  operator: 'Exists',
  effect: 'NoSchedule',
};

export function makePodTolerationRestriction(options: PodTolerationOptions): AdmissionPlugin {
  async function namespaceOf({ namespace }: AdmissionRequest): Promise<KubeObject> {
    const found = await findNamespace(options, namespace);
    if (found === undefined) throw notFound({ group: '', resource: 'namespaces' }, namespace);
    return found;
  }

  async function check(request: AdmissionRequest, pod: KubeObject): Promise<void> {
    const tolerations: Toleration[] = pod.spec.tolerations ?? [];
    if (tolerations.length === 0) return;
    const namespace = await namespaceOf(request);
    const allowed = annotated(namespace, `${prefix}/tolerationsWhitelist`);
    if (areAllowed(tolerations, allowed ?? options.cluster?.whitelist ?? [])) return;
    throw withoutStatus(
      'pod tolerations (possibly merged with namespace default tolerations) conflict with its namespace whitelist',
    );
  }

  return {
    name: 'PodTolerationRestriction',
    async mutate(request) {
      const pod = podOf(request);
      if (pod?.spec === undefined) return;
      let tolerations: Toleration[] = pod.spec.tolerations ?? [];
      if (request.operation === 'CREATE') {
        const own = annotated(await namespaceOf(request), `${prefix}/defaultTolerations`);
        const usual = own ?? options.cluster?.default ?? [];
        if (tolerations.length === 0) tolerations = usual.map((one) => ({ ...one }));
        else if (usual.length > 0) tolerations = mergeTolerations(usual, tolerations);
      }
      if (podQosClass(pod.spec) !== 'BestEffort') {
        tolerations = mergeTolerations(tolerations, [{ ...memoryPressure }]);
      }
      if (tolerations.length > 0) pod.spec.tolerations = tolerations;
      await check(request, pod);
    },
    async validate(request) {
      const pod = podOf(request);
      if (pod?.spec !== undefined) await check(request, pod);
    },
  };
}

function podOf(request: AdmissionRequest): KubeObject | undefined {
  if (request.operation !== 'CREATE' && request.operation !== 'UPDATE') return undefined;
  return isFor(request, '', 'pods') ? request.object : undefined;
}

/** Undefined: the namespace says nothing, which is not the same as none. */
function annotated({ metadata }: KubeObject, key: string): Toleration[] | undefined {
  const text = metadata.annotations?.[key];
  if (text === undefined) return undefined;
  if (text === '') return [];
  try {
    return JSON.parse(text) ?? [];
  } catch (error) {
    throw withoutStatus((error as Error).message);
  }
}

function withoutStatus(text: string): StatusError {
  return new StatusError(500, '', text);
}
