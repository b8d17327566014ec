import type { Plain } from '../plain.ts';
import { eachContainer } from './pod-containers.ts';

/**
 * Fields whose feature gate is off in v1.36: what is not in use already is dropped before anything
 * looks at it (pkg/api/pod DropDisabledPodFields). Also for the specs of pod templates.
 */
export function dropDisabledPodFields(spec: Plain | undefined, old?: Plain): void {
  if (spec === undefined) return;
  // ClusterTrustBundleProjection, PodCertificateRequest
  for (const kind of ['clusterTrustBundle', 'podCertificate']) {
    if (projections(old).some((source) => source[kind] !== undefined)) continue;
    for (const source of projections(spec)) delete source[kind];
  }
  // GenericWorkload
  if (old?.schedulingGroup === undefined) delete spec.schedulingGroup;
  // ContainerStopSignals
  if (!usesStopSignals(old)) dropStopSignals(spec);
}

function projections(spec: Plain | undefined): Plain[] {
  return (spec?.volumes ?? []).flatMap((volume: Plain) => volume.projected?.sources ?? []);
}

function usesStopSignals(spec: Plain | undefined): boolean {
  if (spec === undefined) return false;
  return eachContainer(spec, '').some((c) => c.container.lifecycle?.stopSignal !== undefined);
}

function dropStopSignals(spec: Plain): void {
  for (const { container } of eachContainer(spec, '')) {
    if (container.lifecycle?.stopSignal === undefined) continue;
    delete container.lifecycle.stopSignal;
    if (Object.keys(container.lifecycle).length === 0) delete container.lifecycle;
  }
}
