import {
  approvingController,
  cleaningController,
  signingController,
} from './certificate/signing-request.ts';
import { admissionPolicyStatusController } from './admission-policy/status.ts';
import { tokenCleanerController } from './bootstrap/cleaner.ts';
import { bootstrapSignerController } from './bootstrap/signer.ts';
import { clusterRoleAggregationController } from './cluster-role-aggregation.ts';
import { cronJobController } from './cron-job/cron-job.ts';
import { daemonSetController } from './daemon-set/daemon-set.ts';
import { deploymentController } from './deployment/deployment.ts';
import { disruptionController } from './disruption/disruption.ts';
import { endpointSliceController } from './endpoints/endpoint-slice.ts';
import { endpointSliceMirroringController } from './endpoints/endpoint-slice-mirroring.ts';
import { endpointsController } from './endpoints/endpoints.ts';
import type { ControllerEntry } from './entry.ts';
import { garbageCollector } from './garbage-collector/garbage-collector.ts';
import { horizontalPodAutoscalerController } from './horizontal-pod-autoscaler/horizontal-pod-autoscaler.ts';
import { jobController } from './job/job.ts';
import { ttlAfterFinishedController } from './job/ttl-after-finished.ts';
import { namespaceController } from './namespace/namespace.ts';
import { nodeIpamController } from './node/node-ipam.ts';
import { replicaSetController, replicationController } from './replica-set/replica-set.ts';
import { resourceQuotaController } from './resource-quota/resource-quota.ts';
import { rootCaController } from './root-ca.ts';
import { serviceAccountController } from './service-account.ts';
import { serviceCidrController } from './service-cidr/service-cidr.ts';
import { nodeLifecycleController } from './node/node-lifecycle.ts';
import { podGarbageCollector } from './node/pod-gc.ts';
import { taintEvictionController } from './node/taint-eviction.ts';
import { tokenSecretController } from './token-secret.ts';
import { statefulSetController } from './stateful-set/stateful-set.ts';
import { ttlController } from './node/ttl.ts';
import { volumeControllers } from './volume/catalog.ts';

/** Every controller, in the order in which they start. */
export const controllerCatalog: readonly ControllerEntry[] = [
  {
    name: 'validatingadmissionpolicy-status-controller',
    alias: 'validatingadmissionpolicy-status',
    serviceAccount: 'validatingadmissionpolicy-status-controller',
    create: admissionPolicyStatusController,
    concurrency: 'concurrent-validating-admission-policy-status-syncs',
  },
  {
    name: 'namespace-controller',
    alias: 'namespace',
    serviceAccount: 'namespace-controller',
    create: namespaceController,
    concurrency: 'concurrent-namespace-syncs',
  },
  {
    name: 'serviceaccount-controller',
    alias: 'serviceaccount',
    serviceAccount: 'service-account-controller',
    create: serviceAccountController,
  },
  {
    name: 'serviceaccount-token-controller',
    alias: 'serviceaccount-token',
    serviceAccount: 'tokens-controller',
    create: tokenSecretController,
    concurrency: 'concurrent-serviceaccount-token-syncs',
    asManager: true,
    enabled: (settings) => settings.tokenKey !== undefined,
  },
  {
    name: 'root-ca-certificate-publisher-controller',
    alias: 'root-ca-cert-publisher',
    serviceAccount: 'root-ca-cert-publisher',
    create: rootCaController,
    enabled: (settings) => settings.rootCa !== undefined,
  },
  {
    name: 'deployment-controller',
    alias: 'deployment',
    serviceAccount: 'deployment-controller',
    create: deploymentController,
    concurrency: 'concurrent-deployment-syncs',
  },
  {
    name: 'replicaset-controller',
    alias: 'replicaset',
    serviceAccount: 'replicaset-controller',
    create: replicaSetController,
    concurrency: 'concurrent-replicaset-syncs',
  },
  {
    name: 'replicationcontroller-controller',
    alias: 'replicationcontroller',
    serviceAccount: 'replication-controller',
    create: replicationController,
    concurrency: 'concurrent-rc-syncs',
  },
  {
    name: 'endpoints-controller',
    alias: 'endpoint',
    serviceAccount: 'endpoint-controller',
    create: endpointsController,
    concurrency: 'concurrent-endpoint-syncs',
  },
  {
    name: 'endpointslice-controller',
    alias: 'endpointslice',
    serviceAccount: 'endpointslice-controller',
    create: endpointSliceController,
    concurrency: 'concurrent-service-endpoint-syncs',
  },
  {
    name: 'endpointslice-mirroring-controller',
    alias: 'endpointslicemirroring',
    serviceAccount: 'endpointslicemirroring-controller',
    component: 'endpoint-slice-mirroring-controller',
    create: endpointSliceMirroringController,
    concurrency: 'mirroring-concurrent-service-endpoint-syncs',
  },
  {
    name: 'garbage-collector-controller',
    alias: 'garbagecollector',
    serviceAccount: 'generic-garbage-collector',
    component: 'garbage-collector-controller',
    create: garbageCollector,
    concurrency: 'concurrent-gc-syncs',
  },
  {
    name: 'statefulset-controller',
    alias: 'statefulset',
    serviceAccount: 'statefulset-controller',
    create: statefulSetController,
    concurrency: 'concurrent-statefulset-syncs',
  },
  ...volumeControllers,
  {
    name: 'node-lifecycle-controller',
    alias: 'nodelifecycle',
    serviceAccount: 'node-controller',
    create: nodeLifecycleController,
  },
  {
    name: 'taint-eviction-controller',
    alias: 'taint-eviction-controller',
    serviceAccount: 'node-controller',
    create: taintEvictionController,
  },
  {
    name: 'pod-garbage-collector-controller',
    alias: 'podgc',
    serviceAccount: 'pod-garbage-collector',
    create: podGarbageCollector,
  },
  {
    name: 'daemonset-controller',
    alias: 'daemonset',
    serviceAccount: 'daemon-set-controller',
    component: 'daemonset-controller',
    create: daemonSetController,
    concurrency: 'concurrent-daemonset-syncs',
  },
  {
    name: 'job-controller',
    alias: 'job',
    serviceAccount: 'job-controller',
    create: jobController,
    concurrency: 'concurrent-job-syncs',
  },
  {
    name: 'ttl-after-finished-controller',
    alias: 'ttl-after-finished',
    serviceAccount: 'ttl-after-finished-controller',
    create: ttlAfterFinishedController,
    concurrency: 'concurrent-ttl-after-finished-syncs',
  },
  {
    name: 'cronjob-controller',
    alias: 'cronjob',
    serviceAccount: 'cronjob-controller',
    create: cronJobController,
    concurrency: 'concurrent-cron-job-syncs',
  },
  {
    name: 'horizontal-pod-autoscaler-controller',
    alias: 'horizontal-pod-autoscaling',
    serviceAccount: 'horizontal-pod-autoscaler',
    create: horizontalPodAutoscalerController,
    concurrency: 'concurrent-horizontal-pod-autoscaler-syncs',
  },
  {
    name: 'disruption-controller',
    alias: 'disruption',
    serviceAccount: 'disruption-controller',
    component: 'controllermanager',
    create: disruptionController,
  },
  {
    name: 'resourcequota-controller',
    alias: 'resourcequota',
    serviceAccount: 'resourcequota-controller',
    create: resourceQuotaController,
    concurrency: 'concurrent-resource-quota-syncs',
  },
  {
    name: 'clusterrole-aggregation-controller',
    alias: 'clusterrole-aggregation',
    serviceAccount: 'clusterrole-aggregation-controller',
    create: clusterRoleAggregationController,
  },
  {
    name: 'ttl-controller',
    alias: 'ttl',
    serviceAccount: 'ttl-controller',
    create: ttlController,
  },
  {
    name: 'node-ipam-controller',
    alias: 'nodeipam',
    serviceAccount: 'node-controller',
    create: nodeIpamController,
    enabled: (settings) => settings.allocateNodeCidrs,
  },
  {
    name: 'certificatesigningrequest-approving-controller',
    alias: 'csrapproving',
    serviceAccount: 'certificate-controller',
    create: approvingController,
  },
  {
    name: 'certificatesigningrequest-signing-controller',
    alias: 'csrsigning',
    serviceAccount: 'certificate-controller',
    create: signingController,
    enabled: (settings) => settings.signing !== undefined,
  },
  {
    name: 'certificatesigningrequest-cleaner-controller',
    alias: 'csrcleaner',
    serviceAccount: 'certificate-controller',
    create: cleaningController,
  },
  {
    name: 'bootstrap-signer-controller',
    alias: 'bootstrapsigner',
    serviceAccount: 'bootstrap-signer',
    create: bootstrapSignerController,
    byNameOnly: true,
  },
  {
    name: 'token-cleaner-controller',
    alias: 'tokencleaner',
    serviceAccount: 'token-cleaner',
    create: tokenCleanerController,
    byNameOnly: true,
  },
  {
    name: 'service-cidr-controller',
    alias: 'service-cidr-controller',
    serviceAccount: 'service-cidrs-controller',
    component: 'service-cidr-controller',
    create: serviceCidrController,
  },
];
