import type { Lister } from '../../watch/view.ts';
import type { AdmissionPlugin } from '../plugin.ts';
import { isFor, refused } from '../refusal.ts';

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
