/**
 * What the columns of built-in kinds are said to be (pkg/printers/internalversion/printers.go): under
 * each kind and its group its columns, with a text, or behind an `@` the field whose description it is.
 */
const descriptions = `
Pod
  Ready: The aggregate readiness state of this pod for accepting traffic.
  Status: The aggregate status of the containers in this pod.
  Restarts: The number of times the containers in this pod have been restarted and when the last container in this pod has restarted.
  IP: @core.v1.PodStatus.podIP
  Node: @core.v1.PodSpec.nodeName
  Nominated Node: @core.v1.PodStatus.nominatedNodeName
  Readiness Gates: @core.v1.PodSpec.readinessGates
PodTemplate
  Containers: Names of each container in the template.
  Images: Images referenced by each container in the template.
  Pod Labels: The labels for the pod template.
PodDisruptionBudget.policy
  Min Available: The minimum number of pods that must be available.
  Max Unavailable: The maximum number of pods that may be unavailable.
  Allowed Disruptions: Calculated number of pods that may be disrupted at this time.
ReplicationController
  Desired: @core.v1.ReplicationControllerSpec.replicas
  Current: @core.v1.ReplicationControllerStatus.replicas
  Ready: @core.v1.ReplicationControllerStatus.readyReplicas
  Containers: Names of each container in the template.
  Images: Images referenced by each container in the template.
  Selector: @core.v1.ReplicationControllerSpec.selector
ReplicaSet.apps
  Desired: @apps.v1.ReplicaSetSpec.replicas
  Current: @apps.v1.ReplicaSetStatus.replicas
  Ready: @apps.v1.ReplicaSetStatus.readyReplicas
  Containers: Names of each container in the template.
  Images: Images referenced by each container in the template.
  Selector: @apps.v1.ReplicaSetSpec.selector
DaemonSet.apps
  Desired: @apps.v1.DaemonSetStatus.desiredNumberScheduled
  Current: @apps.v1.DaemonSetStatus.currentNumberScheduled
  Ready: The number of nodes that should be running the daemon pod and have one or more of the daemon pod running and ready.
  Up-to-date: @apps.v1.DaemonSetStatus.updatedNumberScheduled
  Available: @apps.v1.DaemonSetStatus.numberAvailable
  Node Selector: @core.v1.PodSpec.nodeSelector
  Containers: Names of each container in the template.
  Images: Images referenced by each container in the template.
  Selector: @apps.v1.DaemonSetSpec.selector
Job.batch
  Status: Status of the job.
  Completions: @batch.v1.JobStatus.succeeded
  Duration: Time required to complete the job.
  Containers: Names of each container in the template.
  Images: Images referenced by each container in the template.
  Selector: @batch.v1.JobSpec.selector
CronJob.batch
  Schedule: @batch.v1.CronJobSpec.schedule
  Timezone: @batch.v1.CronJobSpec.timeZone
  Suspend: @batch.v1.CronJobSpec.suspend
  Active: @batch.v1.CronJobStatus.active
  Last Schedule: @batch.v1.CronJobStatus.lastScheduleTime
  Containers: Names of each container in the template.
  Images: Images referenced by each container in the template.
  Selector: @batch.v1.JobSpec.selector
Service
  Type: @core.v1.ServiceSpec.type
  Cluster-IP: @core.v1.ServiceSpec.clusterIP
  External-IP: @core.v1.ServiceSpec.externalIPs
  Port(s): @core.v1.ServiceSpec.ports
  Selector: @core.v1.ServiceSpec.selector
Ingress.networking.k8s.io
  Class: The name of the IngressClass resource that should be used for additional configuration
  Hosts: Hosts that incoming requests are matched against before the ingress rule
  Address: Address is a list containing ingress points for the load-balancer
  Ports: Ports of TLS configurations that open
IngressClass.networking.k8s.io
  Controller: Controller that is responsible for handling this class
  Parameters: A reference to a resource with additional parameters
StatefulSet.apps
  Ready: Number of the pod with ready state
  Containers: Names of each container in the template.
  Images: Images referenced by each container in the template.
Endpoints
  Endpoints: @core.v1.Endpoints.subsets
Node
  Status: The status of the node
  Roles: The roles of the node
  Version: @core.v1.NodeSystemInfo.kubeletVersion
  Internal-IP: @core.v1.NodeStatus.addresses
  External-IP: @core.v1.NodeStatus.addresses
  OS-Image: @core.v1.NodeSystemInfo.osImage
  Kernel-Version: @core.v1.NodeSystemInfo.kernelVersion
  Container-Runtime: @core.v1.NodeSystemInfo.containerRuntimeVersion
Event
  Last Seen: @core.v1.Event.lastTimestamp
  Type: @core.v1.Event.type
  Reason: @core.v1.Event.reason
  Object: The object that this event is about.
  Subobject: @core.v1.ObjectReference.fieldPath
  Source: The component reporting this event. Should be a short machine understandable string.
  Message: @core.v1.Event.message
  First Seen: @core.v1.Event.firstTimestamp
  Count: @core.v1.Event.count
Event.events.k8s.io
  Last Seen: @core.v1.Event.lastTimestamp
  Type: @core.v1.Event.type
  Reason: @core.v1.Event.reason
  Object: The object that this event is about.
  Subobject: @core.v1.ObjectReference.fieldPath
  Source: The component reporting this event. Should be a short machine understandable string.
  Message: @core.v1.Event.message
  First Seen: @core.v1.Event.firstTimestamp
  Count: @core.v1.Event.count
Namespace
  Status: The status of the namespace
Secret
  Type: @core.v1.Secret.type
  Data: @core.v1.Secret.data
PersistentVolume
  Capacity: @core.v1.PersistentVolumeSpec.capacity
  Access Modes: @core.v1.PersistentVolumeSpec.accessModes
  Reclaim Policy: @core.v1.PersistentVolumeSpec.persistentVolumeReclaimPolicy
  Status: @core.v1.PersistentVolumeStatus.phase
  Claim: @core.v1.PersistentVolumeSpec.claimRef
  StorageClass: StorageClass of the pv
  VolumeAttributesClass: VolumeAttributesClass of the pv
  Reason: @core.v1.PersistentVolumeStatus.reason
  VolumeMode: @core.v1.PersistentVolumeSpec.volumeMode
PersistentVolumeClaim
  Status: @core.v1.PersistentVolumeClaimStatus.phase
  Volume: @core.v1.PersistentVolumeClaimSpec.volumeName
  Capacity: @core.v1.PersistentVolumeClaimStatus.capacity
  Access Modes: @core.v1.PersistentVolumeClaimStatus.accessModes
  StorageClass: StorageClass of the pvc
  VolumeAttributesClass: VolumeAttributesClass of the pvc
  VolumeMode: @core.v1.PersistentVolumeClaimSpec.volumeMode
ComponentStatus
  Status: Status of the component conditions
  Message: Message of the component conditions
  Error: Error of the component conditions
Deployment.apps
  Ready: Number of the pod with ready state
  Up-to-date: @apps.v1.DeploymentStatus.updatedReplicas
  Available: @apps.v1.DeploymentStatus.availableReplicas
  Containers: Names of each container in the template.
  Images: Images referenced by each container in the template.
  Selector: Label selector for pods. Existing ReplicaSets whose pods are selected by this will be the ones affected by this deployment.
HorizontalPodAutoscaler.autoscaling
  Reference: @autoscaling.v2.HorizontalPodAutoscalerSpec.scaleTargetRef
  Targets: @autoscaling.v2.HorizontalPodAutoscalerSpec.metrics
  MinPods: @autoscaling.v2.HorizontalPodAutoscalerSpec.minReplicas
  MaxPods: @autoscaling.v2.HorizontalPodAutoscalerSpec.maxReplicas
  Replicas: @autoscaling.v2.HorizontalPodAutoscalerStatus.currentReplicas
ConfigMap
  Data: @core.v1.ConfigMap.data
NetworkPolicy.networking.k8s.io
  Pod-Selector: @networking.v1.NetworkPolicySpec.podSelector
RoleBinding.rbac.authorization.k8s.io
  Role: @rbac.v1.RoleBinding.roleRef
  Users: Users in the roleBinding
  Groups: Groups in the roleBinding
  ServiceAccounts: ServiceAccounts in the roleBinding
ClusterRoleBinding.rbac.authorization.k8s.io
  Role: @rbac.v1.ClusterRoleBinding.roleRef
  Users: Users in the clusterRoleBinding
  Groups: Groups in the clusterRoleBinding
  ServiceAccounts: ServiceAccounts in the clusterRoleBinding
CertificateSigningRequest.certificates.k8s.io
  SignerName: @certificates.v1.CertificateSigningRequestSpec.signerName
  Requestor: Base64-encoded PKCS#10 CSR data
  RequestedDuration: @certificates.v1.CertificateSigningRequestSpec.expirationSeconds
  Condition: Conditions applied to the request, such as approval or denial.
Lease.coordination.k8s.io
  Holder: @coordination.v1.LeaseSpec.holderIdentity
StorageClass.storage.k8s.io
  Provisioner: @storage.v1.StorageClass.provisioner
  ReclaimPolicy: @storage.v1.StorageClass.reclaimPolicy
  VolumeBindingMode: @storage.v1.StorageClass.volumeBindingMode
  AllowVolumeExpansion: @storage.v1.StorageClass.allowVolumeExpansion
VolumeAttributesClass.storage.k8s.io
  DriverName: @storage.v1.VolumeAttributesClass.driverName
ControllerRevision.apps
  Controller: Controller of the object
  Revision: revision indicates the revision of the state represented by Data.
ResourceQuota
  Request: Request represents a minimum amount of cpu/memory that a container may consume.
  Limit: Limits control the maximum amount of cpu/memory that a container may use independent of contention on the node.
PriorityClass.scheduling.k8s.io
  Value: @scheduling.v1.PriorityClass.value
  Global-Default: @scheduling.v1.PriorityClass.globalDefault
  PreemptionPolicy: @scheduling.v1.PriorityClass.preemptionPolicy
VolumeAttachment.storage.k8s.io
  Attacher: @storage.v1.VolumeAttachmentSpec.attacher
  PV: @storage.v1.VolumeAttachmentSource.persistentVolumeName
  Node: @storage.v1.VolumeAttachmentSpec.nodeName
  Attached: @storage.v1.VolumeAttachmentStatus.attached
EndpointSlice.discovery.k8s.io
  AddressType: @discovery.v1.EndpointSlice.addressType
  Ports: @discovery.v1.EndpointSlice.ports
  Endpoints: @discovery.v1.EndpointSlice.endpoints
CSINode.storage.k8s.io
  Drivers: Drivers indicates the number of CSI drivers registered on the node
CSIDriver.storage.k8s.io
  AttachRequired: @storage.v1.CSIDriverSpec.attachRequired
  PodInfoOnMount: @storage.v1.CSIDriverSpec.podInfoOnMount
  StorageCapacity: @storage.v1.CSIDriverSpec.storageCapacity
  TokenRequests: @storage.v1.CSIDriverSpec.tokenRequests
  RequiresRepublish: @storage.v1.CSIDriverSpec.requiresRepublish
  Modes: @storage.v1.CSIDriverSpec.volumeLifecycleModes
MutatingWebhookConfiguration.admissionregistration.k8s.io
  Webhooks: Webhooks indicates the number of webhooks registered in this configuration
ValidatingWebhookConfiguration.admissionregistration.k8s.io
  Webhooks: Webhooks indicates the number of webhooks registered in this configuration
ValidatingAdmissionPolicy.admissionregistration.k8s.io
  Validations: Validations indicates the number of validation rules defined in this configuration
  ParamKind: ParamKind specifies the kind of resources used to parameterize this policy
ValidatingAdmissionPolicyBinding.admissionregistration.k8s.io
  PolicyName: PolicyName indicates the policy definition which the policy binding binded to
  ParamRef: ParamRef indicates the param resource which sets the configration param
MutatingAdmissionPolicy.admissionregistration.k8s.io
  Mutations: Mutation indicates the number of mutations rules defined in this configuration
  ParamKind: ParamKind specifies the kind of resources used to parameterize this policy
MutatingAdmissionPolicyBinding.admissionregistration.k8s.io
  PolicyName: PolicyName indicates the policy definition which the policy binding binded to
  ParamRef: ParamRef indicates the param resource which sets the configration param
FlowSchema.flowcontrol.apiserver.k8s.io
  PriorityLevel: @flowcontrol.v1.PriorityLevelConfigurationReference.name
  MatchingPrecedence: @flowcontrol.v1.FlowSchemaSpec.matchingPrecedence
  DistinguisherMethod: @flowcontrol.v1.FlowSchemaSpec.distinguisherMethod
  MissingPL: references a broken or non-existent PriorityLevelConfiguration
PriorityLevelConfiguration.flowcontrol.apiserver.k8s.io
  Type: @flowcontrol.v1.PriorityLevelConfigurationSpec.type
  NominalConcurrencyShares: @flowcontrol.v1.LimitedPriorityLevelConfiguration.nominalConcurrencyShares
  Queues: @flowcontrol.v1.QueuingConfiguration.queues
  HandSize: @flowcontrol.v1.QueuingConfiguration.handSize
  QueueLengthLimit: @flowcontrol.v1.QueuingConfiguration.queueLengthLimit
Scale.autoscaling
  Desired: @autoscaling.v1.ScaleSpec.replicas
  Available: @autoscaling.v1.ScaleStatus.replicas
ResourceClaim.resource.k8s.io
  State: A summary of the current state (allocated, pending, reserved, etc.).
ResourceSlice.resource.k8s.io
  Node: @resource.v1.ResourceSliceSpec.nodeName
  Driver: @resource.v1.ResourceSliceSpec.driver
  Pool: @resource.v1.ResourcePool.name
ServiceCIDR.networking.k8s.io
  CIDRs: @networking.v1.ServiceCIDRSpec.cidrs
IPAddress.networking.k8s.io
  ParentRef: ParentRef references the resource that an IPAddress is attached to. An IPAddress must reference a parent object.
APIService.apiregistration.k8s.io
  Service: The reference to the service that hosts this API endpoint.
  Available: Whether this service is available.
`;

let read: Map<string, Map<string, string>> | undefined;

/** Of a kind with its group, `Deployment.apps`. */
export function describedColumns(kind: string): ReadonlyMap<string, string> | undefined {
  read ??= parsed();
  return read.get(kind);
}

function parsed(): Map<string, Map<string, string>> {
  const kinds = new Map<string, Map<string, string>>();
  let columns = new Map<string, string>();
  for (const line of descriptions.trim().split('\n')) {
    const colon = line.indexOf(': ');
    if (line.startsWith('  ')) columns.set(line.slice(2, colon), line.slice(colon + 2));
    else kinds.set(line, (columns = new Map()));
  }
  return kinds;
}
