import type { AdmissionPlugin } from '../plugin.ts';
import { isFor } from '../refusal.ts';

/** Pods stay on a node that went away for so long, unless they say otherwise. */
export function makeDefaultTolerationSeconds(options: {
  /** `--default-not-ready-toleration-seconds`, 300 unless said. */
  notReadySeconds: number;
  /** `--default-unreachable-toleration-seconds`, 300 unless said. */
  unreachableSeconds: number;
}): AdmissionPlugin {
  const taints: [key: string, seconds: number][] = [
    ['node.kubernetes.io/not-ready', options.notReadySeconds],
    ['node.kubernetes.io/unreachable', options.unreachableSeconds],
  ];
  return {
    name: 'DefaultTolerationSeconds',
    mutate(request) {
      const pod = request.object;
      if (pod?.spec === undefined || !isFor(request, '', 'pods')) return;
      if (request.operation !== 'CREATE' && request.operation !== 'UPDATE') return;
      const own: Toleration[] = pod.spec.tolerations ?? [];
      const missing = taints
        .filter(([key]) => !own.some((toleration) => coversNoExecute(toleration, key)))
        .map(([key, tolerationSeconds]) => ({
          key,
          operator: 'Exists',
          effect: 'NoExecute',
          tolerationSeconds,
        }));
      if (missing.length > 0) pod.spec.tolerations = [...own, ...missing];
    },
  };
}

interface Toleration {
  key?: string;
  effect?: string;
}

function coversNoExecute({ key = '', effect = '' }: Toleration, taint: string): boolean {
  return (key === taint || key === '') && (effect === 'NoExecute' || effect === '');
}

const notReady = 'node.kubernetes.io/not-ready';

/** New nodes take no pods until they have been found ready. Source: plugin/pkg/admission/nodetaint. */
export function makeTaintNodesByCondition(): AdmissionPlugin {
  return {
    name: 'TaintNodesByCondition',
    mutate(request) {
      const node = request.object;
      if (node === undefined || request.operation !== 'CREATE' || !isFor(request, '', 'nodes')) {
        return;
      }
      node.spec ??= {};
      const taints: { key: string; effect: string }[] = node.spec.taints ?? [];
      if (taints.some(({ key, effect }) => key === notReady && effect === 'NoSchedule')) return;
      node.spec.taints = [...taints, { key: notReady, effect: 'NoSchedule' }];
    },
  };
}
