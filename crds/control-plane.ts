import type { JsonObject, KubeObject } from '../object/object.ts';

/**
 * ControlPlane, as `crds/control-plane.yaml` lets it through. The API server has validated and
 * defaulted what is read here, also on objects stored by an older schema; the defaults below are
 * the schema's (a test compares them), so that the pure parts can be fed a bare `{}` as well.
 */

export interface Argument {
  name: string;
  value: string;
}

export interface ResourceRequirements {
  requests?: Record<string, string | number>;
  limits?: Record<string, string | number>;
}

export interface PodSettings {
  labels: Record<string, string>;
  annotations: Record<string, string>;
  nodeSelector: Record<string, string>;
  tolerations: JsonObject[];
  affinity: JsonObject | undefined;
  topologySpreadConstraints: JsonObject[];
  priorityClassName: string | undefined;
}

interface ComponentSpec {
  image: string | undefined;
  resources: ResourceRequirements;
  pod: PodSettings;
}

export interface ApiServerSpec extends ComponentSpec {
  replicas: number;
  extraArgs: Argument[];
}

export interface EtcdSpec extends ComponentSpec {
  members: number;
  storage: { size: string | number; className: string | undefined };
}

export interface ControllersSpec extends ComponentSpec {
  replicas: number;
  /** Go durations: `15s`. */
  leaseDuration: string;
  renewDeadline: string;
  retryPeriod: string;
  extraArgs: Argument[];
}

export interface ServiceSpec {
  type: 'LoadBalancer' | 'NodePort' | 'ClusterIP';
  port: number;
  nodePort: number | undefined;
  annotations: Record<string, string>;
  loadBalancerClass: string | undefined;
  loadBalancerSourceRanges: string[];
  externalTrafficPolicy: 'Cluster' | 'Local';
}

export interface NetworkSpec {
  serviceCIDR: string;
  podCIDR: string;
  clusterDomain: string;
  endpoint: string | undefined;
  extraSANs: string[];
  service: ServiceSpec;
}

export interface PkiSpec {
  /** Go durations: `720h`. */
  caDuration: string;
  leafDuration: string;
  renewBefore: string;
  keyAlgorithm: 'ECDSA-P256' | 'ECDSA-P384' | 'RSA-2048' | 'RSA-3072' | 'RSA-4096';
}

export interface ControlPlaneSpec {
  version: string;
  suspend: boolean;
  apiServer: ApiServerSpec;
  etcd: EtcdSpec;
  controllers: ControllersSpec;
  network: NetworkSpec;
  pki: PkiSpec;
}

export interface Condition {
  type: string;
  status: 'True' | 'False' | 'Unknown';
  observedGeneration: number;
  /** RFC 3339. */
  lastTransitionTime: string;
  reason: string;
  message: string;
}

export type MemberPhase = 'Pending' | 'Learner' | 'Voter' | 'Leaving' | 'Gone';

export interface MemberStatus {
  name: string;
  /** Hexadecimal: the numbers are larger than JavaScript's. */
  id?: string;
  phase: MemberPhase;
  healthy: boolean;
  version?: string;
  message?: string;
}

export interface ReplicasStatus {
  replicas: number;
  readyReplicas: number;
  updatedReplicas: number;
  selector: string;
  /** `ready/desired`. */
  summary: string;
}

export interface CertificateStatus {
  /** Name of the Secret. */
  name: string;
  notAfter: string;
  fingerprint: string;
}

export interface ControlPlaneStatus {
  observedGeneration: number;
  conditions: Condition[];
  version?: string;
  endpoint?: string;
  kubeconfigSecret?: string;
  apiServer: ReplicasStatus;
  controllers: ReplicasStatus;
  etcd: { summary: string; clusterID?: string; leader?: string; members: MemberStatus[] };
  certificates: CertificateStatus[];
  certificatesNotAfter?: string;
  nextRenewal?: string;
}

export interface ControlPlane extends KubeObject {
  spec: ControlPlaneSpec;
  status?: ControlPlaneStatus;
}

export const controlPlanes = {
  group: 'quorate.dev',
  version: 'v1alpha1',
  resource: 'controlplanes',
  kind: 'ControlPlane',
  namespaced: true,
} as const;

type Fields = Record<string, unknown>;

function fields(value: unknown): Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Fields)
    : {};
}

function read<T>(from: Fields, name: string, otherwise: T): T {
  const value = from[name];
  return value === undefined || value === null ? otherwise : (value as T);
}

function optional<T>(from: Fields, name: string): T | undefined {
  return read<T | undefined>(from, name, undefined);
}

function parseResources(value: unknown): ResourceRequirements {
  const from = fields(value);
  const requests = optional<Record<string, string>>(from, 'requests');
  const limits = optional<Record<string, string>>(from, 'limits');
  return {
    ...(requests === undefined ? {} : { requests }),
    ...(limits === undefined ? {} : { limits }),
  };
}

function parsePod(value: unknown): PodSettings {
  const from = fields(value);
  return {
    labels: read(from, 'labels', {}),
    annotations: read(from, 'annotations', {}),
    nodeSelector: read(from, 'nodeSelector', {}),
    tolerations: read(from, 'tolerations', []),
    affinity: optional(from, 'affinity'),
    topologySpreadConstraints: read(from, 'topologySpreadConstraints', []),
    priorityClassName: optional(from, 'priorityClassName'),
  };
}

function parseComponent(from: Fields): ComponentSpec {
  return {
    image: optional(from, 'image'),
    resources: parseResources(from.resources),
    pod: parsePod(from.pod),
  };
}

function parseNetwork(from: Fields): NetworkSpec {
  const service = fields(from.service);
  return {
    serviceCIDR: read(from, 'serviceCIDR', '10.96.0.0/12'),
    podCIDR: read(from, 'podCIDR', '10.244.0.0/16'),
    clusterDomain: read(from, 'clusterDomain', 'cluster.local'),
    endpoint: optional(from, 'endpoint'),
    extraSANs: read(from, 'extraSANs', []),
    service: {
      type: read(service, 'type', 'LoadBalancer'),
      port: read(service, 'port', 6443),
      nodePort: optional(service, 'nodePort'),
      annotations: read(service, 'annotations', {}),
      loadBalancerClass: optional(service, 'loadBalancerClass'),
      loadBalancerSourceRanges: read(service, 'loadBalancerSourceRanges', []),
      externalTrafficPolicy: read(service, 'externalTrafficPolicy', 'Cluster'),
    },
  };
}

/** Reads `spec` of a ControlPlane, filling the schema's defaults. */
export function parseSpec(value: unknown): ControlPlaneSpec {
  const spec = fields(value);
  const apiServer = fields(spec.apiServer);
  const etcd = fields(spec.etcd);
  const storage = fields(etcd.storage);
  const controllers = fields(spec.controllers);
  const pki = fields(spec.pki);
  return {
    version: read(spec, 'version', 'v1.36'),
    suspend: read(spec, 'suspend', false),
    apiServer: {
      replicas: read(apiServer, 'replicas', 2),
      extraArgs: read(apiServer, 'extraArgs', []),
      ...parseComponent(apiServer),
    },
    etcd: {
      members: read(etcd, 'members', 3),
      storage: { size: read(storage, 'size', '8Gi'), className: optional(storage, 'className') },
      ...parseComponent(etcd),
    },
    controllers: {
      replicas: read(controllers, 'replicas', 2),
      leaseDuration: read(controllers, 'leaseDuration', '15s'),
      renewDeadline: read(controllers, 'renewDeadline', '10s'),
      retryPeriod: read(controllers, 'retryPeriod', '2s'),
      extraArgs: read(controllers, 'extraArgs', []),
      ...parseComponent(controllers),
    },
    network: parseNetwork(fields(spec.network)),
    pki: {
      caDuration: read(pki, 'caDuration', '87600h'),
      leafDuration: read(pki, 'leafDuration', '2160h'),
      renewBefore: read(pki, 'renewBefore', '720h'),
      keyAlgorithm: read(pki, 'keyAlgorithm', 'ECDSA-P256'),
    },
  };
}

/** A stored object with its spec completed. */
export function parseControlPlane(object: KubeObject): ControlPlane {
  return { ...object, spec: parseSpec(object.spec) } as ControlPlane;
}
