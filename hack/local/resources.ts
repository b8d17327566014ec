import type { ResourceRef } from '../../reconciler/cluster.ts';

/** The resources that the local machine reads and writes. */
function ref(group: string, resource: string, kind: string, namespaced: boolean): ResourceRef {
  return { group, version: 'v1', resource, kind, namespaced };
}

export const pods = ref('', 'pods', 'Pod', true);
export const nodes = ref('', 'nodes', 'Node', false);
export const services = ref('', 'services', 'Service', true);
export const secrets = ref('', 'secrets', 'Secret', true);
export const configMaps = ref('', 'configmaps', 'ConfigMap', true);
export const serviceAccounts = ref('', 'serviceaccounts', 'ServiceAccount', true);
export const claims = ref('', 'persistentvolumeclaims', 'PersistentVolumeClaim', true);
export const volumes = ref('', 'persistentvolumes', 'PersistentVolume', false);
export const endpointSlices = ref('discovery.k8s.io', 'endpointslices', 'EndpointSlice', true);
export const leases = ref('coordination.k8s.io', 'leases', 'Lease', true);
export const storageClasses = ref('storage.k8s.io', 'storageclasses', 'StorageClass', false);
export const definitions = ref(
  'apiextensions.k8s.io',
  'customresourcedefinitions',
  'CustomResourceDefinition',
  false,
);
export const controlPlanes: ResourceRef = {
  group: 'quorate.dev',
  version: 'v1alpha1',
  resource: 'controlplanes',
  kind: 'ControlPlane',
  namespaced: true,
};
