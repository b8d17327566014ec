import type { ResourceRef } from '../reconciler/cluster.ts';

/** The resources controllers read and write. */
function ref(group: string, version: string, resource: string, kind: string): ResourceRef {
  return { group, version, resource, kind, namespaced: true };
}
function clusterRef(group: string, version: string, resource: string, kind: string): ResourceRef {
  return { group, version, resource, kind, namespaced: false };
}

export const namespaces = clusterRef('', 'v1', 'namespaces', 'Namespace');
export const nodes = clusterRef('', 'v1', 'nodes', 'Node');
export const persistentVolumes = clusterRef('', 'v1', 'persistentvolumes', 'PersistentVolume');
export const pods = ref('', 'v1', 'pods', 'Pod');
export const services = ref('', 'v1', 'services', 'Service');
export const endpoints = ref('', 'v1', 'endpoints', 'Endpoints');
export const configMaps = ref('', 'v1', 'configmaps', 'ConfigMap');
export const secrets = ref('', 'v1', 'secrets', 'Secret');
export const serviceAccounts = ref('', 'v1', 'serviceaccounts', 'ServiceAccount');
export const resourceQuotas = ref('', 'v1', 'resourcequotas', 'ResourceQuota');
export const persistentVolumeClaims = ref(
  '',
  'v1',
  'persistentvolumeclaims',
  'PersistentVolumeClaim',
);
export const replicationControllers = ref(
  '',
  'v1',
  'replicationcontrollers',
  'ReplicationController',
);
export const deployments = ref('apps', 'v1', 'deployments', 'Deployment');
export const replicaSets = ref('apps', 'v1', 'replicasets', 'ReplicaSet');
export const statefulSets = ref('apps', 'v1', 'statefulsets', 'StatefulSet');
export const daemonSets = ref('apps', 'v1', 'daemonsets', 'DaemonSet');
export const controllerRevisions = ref('apps', 'v1', 'controllerrevisions', 'ControllerRevision');
export const jobs = ref('batch', 'v1', 'jobs', 'Job');
export const cronJobs = ref('batch', 'v1', 'cronjobs', 'CronJob');
export const leases = ref('coordination.k8s.io', 'v1', 'leases', 'Lease');
export const endpointSlices = ref('discovery.k8s.io', 'v1', 'endpointslices', 'EndpointSlice');
export const horizontalPodAutoscalers = ref(
  'autoscaling',
  'v2',
  'horizontalpodautoscalers',
  'HorizontalPodAutoscaler',
);
export const podDisruptionBudgets = ref(
  'policy',
  'v1',
  'poddisruptionbudgets',
  'PodDisruptionBudget',
);
export const volumeAttributesClasses = clusterRef(
  'storage.k8s.io',
  'v1',
  'volumeattributesclasses',
  'VolumeAttributesClass',
);
export const volumeAttachments = clusterRef(
  'storage.k8s.io',
  'v1',
  'volumeattachments',
  'VolumeAttachment',
);
export const csiDrivers = clusterRef('storage.k8s.io', 'v1', 'csidrivers', 'CSIDriver');
export const storageClasses = clusterRef('storage.k8s.io', 'v1', 'storageclasses', 'StorageClass');
export const clusterRoles = clusterRef(
  'rbac.authorization.k8s.io',
  'v1',
  'clusterroles',
  'ClusterRole',
);
export const certificateSigningRequests = clusterRef(
  'certificates.k8s.io',
  'v1',
  'certificatesigningrequests',
  'CertificateSigningRequest',
);
export const subjectAccessReviews = clusterRef(
  'authorization.k8s.io',
  'v1',
  'subjectaccessreviews',
  'SubjectAccessReview',
);
export const tokenReviews = clusterRef(
  'authentication.k8s.io',
  'v1',
  'tokenreviews',
  'TokenReview',
);
export const validatingAdmissionPolicies = clusterRef(
  'admissionregistration.k8s.io',
  'v1',
  'validatingadmissionpolicies',
  'ValidatingAdmissionPolicy',
);
export const serviceCidrs = clusterRef('networking.k8s.io', 'v1', 'servicecidrs', 'ServiceCIDR');
export const ipAddresses = clusterRef('networking.k8s.io', 'v1', 'ipaddresses', 'IPAddress');
export const resourceClaims = ref('resource.k8s.io', 'v1', 'resourceclaims', 'ResourceClaim');
export const deviceClasses = clusterRef('resource.k8s.io', 'v1', 'deviceclasses', 'DeviceClass');
