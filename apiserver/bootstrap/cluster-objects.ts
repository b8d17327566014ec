import type { KubeObject } from '../../object/object.ts';

/** Objects besides RBAC and flow control that a server makes when they are missing. */

/** pkg/controlplane/controller/systemnamespaces; `default` comes with the kubernetes Service. */
export const systemNamespaces: readonly string[] = [
  'default',
  'kube-system',
  'kube-public',
  'kube-node-lease',
];

export function namespace(name: string): KubeObject {
  return { apiVersion: 'v1', kind: 'Namespace', metadata: { name } };
}

/** pkg/registry/scheduling/rest: value and description of the two system classes. */
export function priorityClasses(): KubeObject[] {
  return [
    priorityClass(
      'system-node-critical',
      2_000_001_000,
      'Used for system critical pods that must not be moved from their current node.',
    ),
    priorityClass(
      'system-cluster-critical',
      2_000_000_000,
      'Used for system critical pods that must run in the cluster, but can be moved to another node if necessary.',
    ),
  ];
}

function priorityClass(name: string, value: number, description: string): KubeObject {
  return {
    apiVersion: 'scheduling.k8s.io/v1',
    kind: 'PriorityClass',
    metadata: { name },
    value,
    description,
    preemptionPolicy: 'PreemptLowerPriority',
  };
}

/** The range(s) of `--service-cluster-ip-range`, as the object controllers allocate from. */
export function defaultServiceCidr(cidrs: readonly string[]): KubeObject {
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'ServiceCIDR',
    metadata: { name: 'kubernetes' },
    spec: { cidrs: [...cidrs] },
  };
}

/** Service `default/kubernetes`: how pods find the API servers. */
export function kubernetesService(options: {
  clusterIP: string;
  servicePort: number;
  /** Port the API servers listen on. */
  targetPort: number;
  /** `--kubernetes-service-node-port`; 0 is none. */
  nodePort?: number;
}): KubeObject {
  const nodePort = options.nodePort ?? 0;
  const family = options.clusterIP.includes(':') ? 'IPv6' : 'IPv4';
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: {
      name: 'kubernetes',
      namespace: 'default',
      labels: { provider: 'kubernetes', component: 'apiserver' },
    },
    spec: {
      type: nodePort === 0 ? 'ClusterIP' : 'NodePort',
      clusterIP: options.clusterIP,
      clusterIPs: [options.clusterIP],
      ipFamilies: [family],
      ipFamilyPolicy: 'SingleStack',
      sessionAffinity: 'None',
      internalTrafficPolicy: 'Cluster',
      ports: [
        {
          name: 'https',
          protocol: 'TCP',
          port: options.servicePort,
          targetPort: options.targetPort,
          ...(nodePort === 0 ? {} : { nodePort }),
        },
      ],
    },
  };
}
