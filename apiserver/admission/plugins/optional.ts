import { semanticEqual } from '../../../object/equal.ts';
import type { KubeObject } from '../../../object/object.ts';
import { forbidden } from '../../../object/status-error.ts';
import { isExtended } from '../../apis/core/resources-validation.ts';
import type { Plain } from '../../apis/plain.ts';
import type { Lister } from '../../watch/view.ts';
import type { AdmissionPlugin, AdmissionRequest } from '../plugin.ts';
import { isFor, refused } from '../refusal.ts';
import type { Toleration } from './toleration-merge.ts';

/** Small plugins, most of them off unless asked for. */

export function makeAlwaysAdmit(): AdmissionPlugin {
  return { name: 'AlwaysAdmit' };
}

export function makeAlwaysDeny(): AdmissionPlugin {
  return {
    name: 'AlwaysDeny',
    validate(request) {
      throw refused(request, 'admission control is denying all modifications');
    },
  };
}

/** Source: plugin/pkg/admission/network/denyserviceexternalips. */
export function makeDenyServiceExternalIPs(): AdmissionPlugin {
  return {
    name: 'DenyServiceExternalIPs',
    validate(request) {
      if (!isFor(request, '', 'services')) return;
      const before = new Set<string>(request.oldObject?.spec?.externalIPs ?? []);
      const wanted: string[] = request.object?.spec?.externalIPs ?? [];
      if (wanted.every((address) => before.has(address))) return;
      throw refused(request, 'Use of external IPs is denied by admission control');
    },
  };
}

const hostname = 'kubernetes.io/hostname';

/** Pods keep each other off a node, nothing larger. Source: plugin/pkg/admission/antiaffinity. */
export function makeLimitPodHardAntiAffinityTopology(): AdmissionPlugin {
  return {
    name: 'LimitPodHardAntiAffinityTopology',
    validate(request) {
      const pod = writtenPod(request);
      const required: { topologyKey?: string }[] =
        pod?.spec?.affinity?.podAntiAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? [];
      const other = required.find(({ topologyKey }) => topologyKey !== hostname);
      if (other === undefined) return;
      throw forbidden(
        request.resource,
        pod?.metadata.name ?? '',
        `affinity.PodAntiAffinity.RequiredDuringScheduling has TopologyKey ${other.topologyKey ?? ''} but only key ${hostname} is allowed`,
      );
    },
  };
}

/** Nodes with devices are tainted by the name of these. Source: plugin/pkg/admission/extendedresourcetoleration. */
export function makeExtendedResourceToleration(): AdmissionPlugin {
  return {
    name: 'ExtendedResourceToleration',
    mutate(request) {
      const spec = writtenPod(request)?.spec;
      const holders: Plain[] = [...(spec?.containers ?? []), ...(spec?.initContainers ?? [])];
      const asked = new Set(
        holders.flatMap(({ resources }) => Object.keys(resources?.requests ?? {})),
      );
      for (const key of [...asked].filter(isExtended).sort()) {
        const added: Toleration = { key, operator: 'Exists', effect: 'NoSchedule' };
        const own: Toleration[] = spec.tolerations ?? [];
        if (!own.some((toleration) => semanticEqual(toleration, added))) {
          spec.tolerations = [...own, added];
        }
      }
    },
  };
}

function writtenPod(request: AdmissionRequest): KubeObject | undefined {
  const written = request.operation === 'CREATE' || request.operation === 'UPDATE';
  return written && isFor(request, '', 'pods') ? request.object : undefined;
}

const topology = ['topology.kubernetes.io/zone', 'topology.kubernetes.io/region'];

/** A bound pod learns where its node stands. Source: plugin/pkg/admission/podtopologylabels. */
export function makePodTopologyLabels(options: { nodes: Lister }): AdmissionPlugin {
  return {
    name: 'PodTopologyLabels',
    mutate(request) {
      const { object, operation } = request;
      if (operation !== 'CREATE' || object === undefined) return;
      const binding = isFor(request, '', 'pods', 'binding');
      if (!binding && !isFor(request, '', 'pods')) return;
      const name: string | undefined = binding ? object.target?.name : object.spec?.nodeName;
      const labels = name ? options.nodes.get('', name)?.metadata.labels : undefined;
      for (const key of topology) {
        const value = labels?.[key];
        if (value !== undefined)
          object.metadata.labels = { ...object.metadata.labels, [key]: value };
      }
    },
  };
}
