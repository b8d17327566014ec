import { type ControlPlane, controlPlanes } from '../../crds/control-plane.ts';
import { apiVersionOf, type OwnerReference } from '../../object/object.ts';
import type { ResourceRef } from '../../reconciler/cluster.ts';

/** Names of everything a control plane consists of: fixed, so that people and tools can rely on them. */

export const fieldManager = 'quorate-operator';
/** On every child; the value is the ControlPlane's name. What the operator watches children by. */
export const controlPlaneLabel = 'quorate.dev/control-plane';
export const componentLabel = 'app.kubernetes.io/component';
export const finalizer = 'quorate.dev/control-plane';

export type Component = 'etcd' | 'api-server' | 'controller-manager';

export const ports = { apiServer: 6443, etcdClient: 2379, etcdPeer: 2380, etcdMetrics: 2381 };

export interface Names {
  namespace: string;
  controlPlane: string;
  /** Deployment, Service, PodDisruptionBudget, NetworkPolicy. */
  apiServer: string;
  /** StatefulSet, headless Service, PodDisruptionBudget, NetworkPolicy. */
  etcd: string;
  /** Deployment, PodDisruptionBudget, NetworkPolicy. */
  controllers: string;
  /** ConfigMap with one record per member. */
  etcdMembers: string;
  secrets: {
    clusterAuthority: string;
    etcdAuthority: string;
    frontProxyAuthority: string;
    serviceAccount: string;
    apiServer: string;
    apiServerEtcdClient: string;
    apiServerKubeletClient: string;
    frontProxyClient: string;
    etcdServer: string;
    etcdPeer: string;
    operatorEtcdClient: string;
    controllersKubeconfig: string;
    schedulerKubeconfig: string;
    adminKubeconfig: string;
  };
}

export function namesOf(namespace: string, controlPlane: string): Names {
  const name = (suffix: string) => `${controlPlane}-${suffix}`;
  return {
    namespace,
    controlPlane,
    apiServer: name('api-server'),
    etcd: name('etcd'),
    controllers: name('controller-manager'),
    etcdMembers: name('etcd-members'),
    secrets: {
      clusterAuthority: name('ca'),
      etcdAuthority: name('etcd-ca'),
      frontProxyAuthority: name('front-proxy-ca'),
      serviceAccount: name('service-account'),
      apiServer: name('api-server'),
      apiServerEtcdClient: name('api-server-etcd-client'),
      apiServerKubeletClient: name('api-server-kubelet-client'),
      frontProxyClient: name('front-proxy-client'),
      etcdServer: name('etcd-server'),
      etcdPeer: name('etcd-peer'),
      operatorEtcdClient: name('operator-etcd-client'),
      controllersKubeconfig: name('controller-manager-kubeconfig'),
      schedulerKubeconfig: name('scheduler-kubeconfig'),
      adminKubeconfig: name('admin-kubeconfig'),
    },
  };
}

export function memberName(names: Names, ordinal: number): string {
  return `${names.etcd}-${ordinal}`;
}

/** DNS name of a member; `cluster.local` is left to the search path of the pod. */
export function memberHost(names: Names, member: string): string {
  return `${member}.${names.etcd}.${names.namespace}.svc`;
}

export function peerURL(names: Names, member: string): string {
  return `https://${memberHost(names, member)}:${ports.etcdPeer}`;
}

export function serviceHost(names: Names): string {
  return `${names.apiServer}.${names.namespace}.svc`;
}

/** What selects the pods of a component; never changes, selectors are immutable. */
export function selectorOf(names: Names, component: Component): Record<string, string> {
  return { [controlPlaneLabel]: names.controlPlane, [componentLabel]: component };
}

export function labelsOf(names: Names, component?: Component): Record<string, string> {
  return {
    [controlPlaneLabel]: names.controlPlane,
    'app.kubernetes.io/name': 'quorate',
    'app.kubernetes.io/instance': names.controlPlane,
    'app.kubernetes.io/managed-by': fieldManager,
    ...(component === undefined ? {} : { [componentLabel]: component }),
  };
}

export function ownerOf(controlPlane: ControlPlane): OwnerReference {
  return {
    apiVersion: apiVersionOf(controlPlanes),
    kind: controlPlanes.kind,
    name: controlPlane.metadata.name ?? '',
    uid: controlPlane.metadata.uid ?? '',
    controller: true,
    blockOwnerDeletion: true,
  };
}

function ref(group: string, version: string, resource: string, kind: string): ResourceRef {
  return { group, version, resource, kind, namespaced: true };
}

/** The kinds of children, in the order in which they are made. */
export const kinds = {
  secret: ref('', 'v1', 'secrets', 'Secret'),
  configMap: ref('', 'v1', 'configmaps', 'ConfigMap'),
  service: ref('', 'v1', 'services', 'Service'),
  networkPolicy: ref('networking.k8s.io', 'v1', 'networkpolicies', 'NetworkPolicy'),
  podDisruptionBudget: ref('policy', 'v1', 'poddisruptionbudgets', 'PodDisruptionBudget'),
  statefulSet: ref('apps', 'v1', 'statefulsets', 'StatefulSet'),
  deployment: ref('apps', 'v1', 'deployments', 'Deployment'),
  pod: ref('', 'v1', 'pods', 'Pod'),
  claim: ref('', 'v1', 'persistentvolumeclaims', 'PersistentVolumeClaim'),
} as const;

export type ChildKind = keyof typeof kinds;
