import { semanticEqual } from '../../../object/equal.ts';
import type { KubeObject } from '../../../object/object.ts';
import { isSidecar } from '../../apis/core/pod-containers.ts';
import type { Plain } from '../../apis/plain.ts';
import type { Lister } from '../../watch/view.ts';
import type { AdmissionPlugin } from '../plugin.ts';
import { isFor, refused } from '../refusal.ts';

/**
 * What is asked of a running pod its node can do, as it says in status.declaredFeatures.
 * Source: plugin/pkg/admission/nodedeclaredfeatures, k8s.io/component-helpers nodedeclaredfeatures.
 */
export function makeNodeDeclaredFeatureValidator(options: { nodes: Lister }): AdmissionPlugin {
  return {
    name: 'NodeDeclaredFeatureValidator',
    validate(request) {
      const { operation, object: pod, oldObject: old } = request;
      if (operation !== 'UPDATE' || pod === undefined || old === undefined) return;
      if (!isFor(request, '', 'pods') && !isFor(request, '', 'pods', 'resize')) return;
      const name: string = pod.spec?.nodeName ?? '';
      const needed = name === '' ? [] : featuresFor(pod, old);
      if (needed.length === 0) return;
      const quoted = JSON.stringify(name);
      const node = options.nodes.get('', name);
      if (node === undefined) throw refused(request, `node ${quoted} not found`);
      const known: string[] = node.status?.declaredFeatures ?? [];
      const missing = needed.filter((feature) => !known.includes(feature));
      if (missing.length === 0) return;
      throw refused(
        request,
        `pod update requires features ${missing.join(', ')} which are not available on node ${quoted}`,
      );
    },
  };
}

/** Those of v1.36 that a change of a pod can need, by name. */
function featuresFor({ spec: now }: KubeObject, { spec: before }: KubeObject): string[] {
  const init: Plain[] = now.initContainers ?? [];
  const resized = ((before.initContainers ?? []) as Plain[]).some(
    (container, i) =>
      !isSidecar(container) && !semanticEqual(container.resources, init[i]?.resources),
  );
  return [
    ...(semanticEqual(now.resources, before.resources)
      ? []
      : ['InPlacePodLevelResourcesVerticalScaling']),
    ...(resized ? ['InPlacePodVerticalScalingInitContainers'] : []),
  ];
}
