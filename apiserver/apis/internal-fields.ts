/**
 * The fields of upstream's types inside its server, in their order (pkg/apis, types.go of core and of other groups): they have
 * no JSON names, so a refusal that shows one of them shows Go's names. A line is a type and its
 * fields, going on where a line is indented: `Name`, a string; `Name:kind`, of another kind;
 * `Name=json`, where the name in JSON is not simply the same in lower case; `@`, metadata.
 */
export const internalFields = `
PodTemplateSpec @ Spec:PodSpec
PodSpec Volumes:[]Volume InitContainers:[]Container Containers:[]Container
  EphemeralContainers:[]EphemeralContainer RestartPolicy TerminationGracePeriodSeconds:any
  ActiveDeadlineSeconds:any DNSPolicy NodeSelector:map ServiceAccountName
  AutomountServiceAccountToken:any NodeName SecurityContext:*PodSecurityContext
  ImagePullSecrets:[]LocalObjectReference Hostname Subdomain SetHostnameAsFQDN:any
  Affinity:*Affinity SchedulerName Tolerations:[]Toleration HostAliases:[]HostAlias
  PriorityClassName Priority:any PreemptionPolicy:any DNSConfig:*PodDNSConfig
  ReadinessGates:[]PodReadinessGate RuntimeClassName:any Overhead:map EnableServiceLinks:any
  TopologySpreadConstraints:[]TopologySpreadConstraint OS:*PodOS
  SchedulingGates:[]PodSchedulingGate ResourceClaims:[]PodResourceClaim
  Resources:*ResourceRequirements HostnameOverride:any SchedulingGroup:*PodSchedulingGroup
Volume Name HostPath:*HostPathVolumeSource EmptyDir:*EmptyDirVolumeSource
  GCEPersistentDisk:*GCEPersistentDiskVolumeSource
  AWSElasticBlockStore:*AWSElasticBlockStoreVolumeSource GitRepo:*GitRepoVolumeSource
  Secret:*SecretVolumeSource NFS:*NFSVolumeSource ISCSI:*ISCSIVolumeSource
  Glusterfs:*GlusterfsVolumeSource PersistentVolumeClaim:*PersistentVolumeClaimVolumeSource
  RBD:*RBDVolumeSource Quobyte:*QuobyteVolumeSource FlexVolume:*FlexVolumeSource
  Cinder:*CinderVolumeSource CephFS=cephfs:*CephFSVolumeSource Flocker:*FlockerVolumeSource
  DownwardAPI:*DownwardAPIVolumeSource FC:*FCVolumeSource AzureFile:*AzureFileVolumeSource
  ConfigMap:*ConfigMapVolumeSource VsphereVolume:*VsphereVirtualDiskVolumeSource
  AzureDisk:*AzureDiskVolumeSource PhotonPersistentDisk:*PhotonPersistentDiskVolumeSource
  Projected:*ProjectedVolumeSource PortworxVolume:*PortworxVolumeSource
  ScaleIO:*ScaleIOVolumeSource StorageOS=storageos:*StorageOSVolumeSource CSI:*CSIVolumeSource
  Ephemeral:*EphemeralVolumeSource Image:*ImageVolumeSource
HostPathVolumeSource Path Type:any
EmptyDirVolumeSource Medium SizeLimit:any
GCEPersistentDiskVolumeSource PDName FSType Partition:int ReadOnly:bool
AWSElasticBlockStoreVolumeSource VolumeID FSType Partition:int ReadOnly:bool
GitRepoVolumeSource Repository Revision Directory
SecretVolumeSource SecretName Items:[]KeyToPath DefaultMode:any Optional:any
KeyToPath Key Path Mode:any
NFSVolumeSource Server Path ReadOnly:bool
ISCSIVolumeSource TargetPortal IQN Lun:int ISCSIInterface FSType ReadOnly:bool Portals:any
  DiscoveryCHAPAuth=chapAuthDiscovery:bool SessionCHAPAuth=chapAuthSession:bool
  SecretRef:*LocalObjectReference InitiatorName:any
LocalObjectReference Name
GlusterfsVolumeSource EndpointsName=endpoints Path ReadOnly:bool
PersistentVolumeClaimVolumeSource ClaimName ReadOnly:bool
RBDVolumeSource CephMonitors=monitors:any RBDImage=image FSType RBDPool=pool RadosUser=user
  Keyring SecretRef:*LocalObjectReference ReadOnly:bool
QuobyteVolumeSource Registry Volume ReadOnly:bool User Group Tenant
FlexVolumeSource Driver FSType SecretRef:*LocalObjectReference ReadOnly:bool Options:map
CinderVolumeSource VolumeID FSType ReadOnly:bool SecretRef:*LocalObjectReference
CephFSVolumeSource Monitors:any Path User SecretFile SecretRef:*LocalObjectReference ReadOnly:bool
FlockerVolumeSource DatasetName DatasetUUID
DownwardAPIVolumeSource Items:[]DownwardAPIVolumeFile DefaultMode:any
DownwardAPIVolumeFile Path FieldRef:*ObjectFieldSelector ResourceFieldRef:*ResourceFieldSelector
  Mode:any
ObjectFieldSelector APIVersion FieldPath
ResourceFieldSelector ContainerName Resource Divisor:quantity
FCVolumeSource TargetWWNs:any Lun:any FSType ReadOnly:bool WWIDs=wwids:any
AzureFileVolumeSource SecretName ShareName ReadOnly:bool
ConfigMapVolumeSource Name Items:[]KeyToPath DefaultMode:any Optional:any
VsphereVirtualDiskVolumeSource VolumePath FSType StoragePolicyName StoragePolicyID
AzureDiskVolumeSource DiskName DataDiskURI=diskURI CachingMode:any FSType:any ReadOnly:any
  Kind:any
PhotonPersistentDiskVolumeSource PdID FSType
ProjectedVolumeSource Sources:[]VolumeProjection DefaultMode:any
VolumeProjection Secret:*SecretProjection DownwardAPI:*DownwardAPIProjection
  ConfigMap:*ConfigMapProjection ServiceAccountToken:*ServiceAccountTokenProjection
  ClusterTrustBundle:*ClusterTrustBundleProjection PodCertificate:*PodCertificateProjection
SecretProjection Name Items:[]KeyToPath Optional:any
DownwardAPIProjection Items:[]DownwardAPIVolumeFile
ConfigMapProjection Name Items:[]KeyToPath Optional:any
ServiceAccountTokenProjection Audience ExpirationSeconds:any Path
ClusterTrustBundleProjection Name:any SignerName:any LabelSelector:selector Optional:any Path
PodCertificateProjection SignerName KeyType MaxExpirationSeconds:any CredentialBundlePath KeyPath
  CertificateChainPath UserAnnotations:map
PortworxVolumeSource VolumeID FSType ReadOnly:bool
ScaleIOVolumeSource Gateway System SecretRef:*LocalObjectReference SSLEnabled:bool
  ProtectionDomain StoragePool StorageMode VolumeName FSType ReadOnly:bool
StorageOSVolumeSource VolumeName VolumeNamespace FSType ReadOnly:bool
  SecretRef:*LocalObjectReference
CSIVolumeSource Driver ReadOnly:any FSType:any VolumeAttributes:map
  NodePublishSecretRef:*LocalObjectReference
EphemeralVolumeSource VolumeClaimTemplate:*PersistentVolumeClaimTemplate
PersistentVolumeClaimTemplate @ Spec:PersistentVolumeClaimSpec
PersistentVolumeClaimSpec AccessModes:any Selector:selector Resources:VolumeResourceRequirements
  VolumeName StorageClassName:any VolumeMode:any DataSource:*TypedLocalObjectReference
  DataSourceRef:*TypedObjectReference VolumeAttributesClassName:any
VolumeResourceRequirements Limits:map Requests:map
PersistentVolumeClaim @ Spec:PersistentVolumeClaimSpec Status:PersistentVolumeClaimStatus
PersistentVolumeClaimStatus Phase AccessModes:any Capacity:map Conditions:any
  AllocatedResources:map AllocatedResourceStatuses:map CurrentVolumeAttributesClassName:any
  ModifyVolumeStatus:*ModifyVolumeStatus
ModifyVolumeStatus TargetVolumeAttributesClassName Status
ScopeSelector MatchExpressions:[]ScopedResourceSelectorRequirement
ScopedResourceSelectorRequirement ScopeName Operator Values:any
TypedLocalObjectReference APIGroup:any Kind Name
TypedObjectReference APIGroup:any Kind Name Namespace:any
ImageVolumeSource Reference PullPolicy
Container Name Image Command:any Args:any WorkingDir Ports:[]ContainerPort EnvFrom:[]EnvFromSource
  Env:[]EnvVar Resources:ResourceRequirements ResizePolicy:[]ContainerResizePolicy
  RestartPolicy:any RestartPolicyRules:[]ContainerRestartRule VolumeMounts:[]VolumeMount
  VolumeDevices:[]VolumeDevice LivenessProbe:*Probe ReadinessProbe:*Probe StartupProbe:*Probe
  Lifecycle:*Lifecycle TerminationMessagePath TerminationMessagePolicy ImagePullPolicy
  SecurityContext:*SecurityContext Stdin:bool StdinOnce:bool TTY:bool
ContainerPort Name HostPort:int ContainerPort:int Protocol HostIP
EnvFromSource Prefix ConfigMapRef:*ConfigMapEnvSource SecretRef:*SecretEnvSource
ConfigMapEnvSource Name Optional:any
SecretEnvSource Name Optional:any
EnvVar Name Value ValueFrom:*EnvVarSource
EnvVarSource FieldRef:*ObjectFieldSelector ResourceFieldRef:*ResourceFieldSelector
  ConfigMapKeyRef:*ConfigMapKeySelector SecretKeyRef:*SecretKeySelector
  FileKeyRef:*FileKeySelector
ConfigMapKeySelector Name Key Optional:any
SecretKeySelector Name Key Optional:any
FileKeySelector VolumeName Path Key Optional:any
ResourceRequirements Limits:map Requests:map Claims:[]ResourceClaim
ResourceClaim Name Request
ContainerResizePolicy ResourceName RestartPolicy
ContainerRestartRule Action ExitCodes:*ContainerRestartRuleOnExitCodes
ContainerRestartRuleOnExitCodes Operator Values:any
VolumeMount Name ReadOnly:bool RecursiveReadOnly:any MountPath SubPath MountPropagation:any
  SubPathExpr
VolumeDevice Name DevicePath
Probe Exec:*ExecAction HTTPGet:*HTTPGetAction TCPSocket:*TCPSocketAction GRPC:*GRPCAction
  InitialDelaySeconds:int TimeoutSeconds:int PeriodSeconds:int SuccessThreshold:int
  FailureThreshold:int TerminationGracePeriodSeconds:any
ExecAction Command:any
HTTPGetAction Path Port:int Host Scheme HTTPHeaders:[]HTTPHeader
HTTPHeader Name Value
TCPSocketAction Port:int Host
GRPCAction Port:int Service:any
Lifecycle PostStart:*LifecycleHandler PreStop:*LifecycleHandler StopSignal:any
LifecycleHandler Exec:*ExecAction HTTPGet:*HTTPGetAction TCPSocket:*TCPSocketAction
  Sleep:*SleepAction
SleepAction Seconds:int
SecurityContext Capabilities:*Capabilities Privileged:any SELinuxOptions:*SELinuxOptions
  WindowsOptions:*WindowsSecurityContextOptions RunAsUser:any RunAsGroup:any RunAsNonRoot:any
  ReadOnlyRootFilesystem:any AllowPrivilegeEscalation:any ProcMount:any
  SeccompProfile:*SeccompProfile AppArmorProfile:*AppArmorProfile
Capabilities Add:any Drop:any
SELinuxOptions User Role Type Level
WindowsSecurityContextOptions GMSACredentialSpecName:any GMSACredentialSpec:any RunAsUserName:any
  HostProcess:any
SeccompProfile Type LocalhostProfile:any
AppArmorProfile Type LocalhostProfile:any
EphemeralContainer Name Image Command:any Args:any WorkingDir Ports:[]ContainerPort
  EnvFrom:[]EnvFromSource Env:[]EnvVar Resources:ResourceRequirements
  ResizePolicy:[]ContainerResizePolicy RestartPolicy:any RestartPolicyRules:[]ContainerRestartRule
  VolumeMounts:[]VolumeMount VolumeDevices:[]VolumeDevice LivenessProbe:*Probe
  ReadinessProbe:*Probe StartupProbe:*Probe Lifecycle:*Lifecycle TerminationMessagePath
  TerminationMessagePolicy ImagePullPolicy SecurityContext:*SecurityContext Stdin:bool
  StdinOnce:bool TTY:bool TargetContainerName
PodSecurityContext HostNetwork:bool HostPID:bool HostIPC:bool ShareProcessNamespace:any
  HostUsers:any SELinuxOptions:*SELinuxOptions WindowsOptions:*WindowsSecurityContextOptions
  RunAsUser:any RunAsGroup:any RunAsNonRoot:any SupplementalGroups:any
  SupplementalGroupsPolicy:any FSGroup:any FSGroupChangePolicy:any Sysctls:[]Sysctl
  SeccompProfile:*SeccompProfile AppArmorProfile:*AppArmorProfile SELinuxChangePolicy:any
Sysctl Name Value
Affinity NodeAffinity:*NodeAffinity PodAffinity:*PodAffinity PodAntiAffinity:*PodAntiAffinity
NodeAffinity RequiredDuringSchedulingIgnoredDuringExecution:*NodeSelector
  PreferredDuringSchedulingIgnoredDuringExecution:[]PreferredSchedulingTerm
NodeSelector NodeSelectorTerms:[]NodeSelectorTerm
NodeSelectorTerm MatchExpressions:[]NodeSelectorRequirement MatchFields:[]NodeSelectorRequirement
NodeSelectorRequirement Key Operator Values:any
PreferredSchedulingTerm Weight:int Preference:NodeSelectorTerm
PodAffinity RequiredDuringSchedulingIgnoredDuringExecution:[]PodAffinityTerm
  PreferredDuringSchedulingIgnoredDuringExecution:[]WeightedPodAffinityTerm
PodAffinityTerm LabelSelector:selector Namespaces:any TopologyKey NamespaceSelector:selector
  MatchLabelKeys:any MismatchLabelKeys:any
WeightedPodAffinityTerm Weight:int PodAffinityTerm:PodAffinityTerm
PodAntiAffinity RequiredDuringSchedulingIgnoredDuringExecution:[]PodAffinityTerm
  PreferredDuringSchedulingIgnoredDuringExecution:[]WeightedPodAffinityTerm
Toleration Key Operator Value Effect TolerationSeconds:any
HostAlias IP Hostnames:any
PodDNSConfig Nameservers:any Searches:any Options:[]PodDNSConfigOption
PodDNSConfigOption Name Value:any
PodReadinessGate ConditionType
TopologySpreadConstraint MaxSkew:int TopologyKey WhenUnsatisfiable LabelSelector:selector
  MinDomains:any NodeAffinityPolicy:any NodeTaintsPolicy:any MatchLabelKeys:any
PodOS Name
PodSchedulingGate Name
PodResourceClaim Name ResourceClaimName:any ResourceClaimTemplateName:any
PodSchedulingGroup PodGroupName:any
VolumeNodeAffinity Required:*NodeSelector
ResourceClaimSpec Devices:DeviceClaim
DeviceClaim Requests:[]DeviceRequest Constraints:[]DeviceConstraint
  Config:[]DeviceClaimConfiguration
DeviceRequest Name Exactly:*ExactDeviceRequest FirstAvailable:[]DeviceSubRequest
ExactDeviceRequest DeviceClassName Selectors:[]DeviceSelector AllocationMode Count:int
  AdminAccess:any Tolerations:[]DeviceToleration Capacity:*CapacityRequirements
DeviceSelector CEL:*CELDeviceSelector
CELDeviceSelector Expression
DeviceToleration Key Operator Value Effect TolerationSeconds:any
CapacityRequirements Requests:map
DeviceSubRequest Name DeviceClassName Selectors:[]DeviceSelector AllocationMode Count:int
  Tolerations:[]DeviceToleration Capacity:*CapacityRequirements
DeviceConstraint Requests:any MatchAttribute:any DistinctAttribute:any
DeviceClaimConfiguration Requests:any Opaque:*OpaqueDeviceConfiguration
OpaqueDeviceConfiguration Driver Parameters:any
ResourceClaimTemplateSpec @ Spec:ResourceClaimSpec
AllocationResult Devices:DeviceAllocationResult NodeSelector:*NodeSelector AllocationTimestamp:any
DeviceAllocationResult Results:[]DeviceRequestAllocationResult
  Config:[]DeviceAllocationConfiguration
DeviceRequestAllocationResult Request Driver Pool Device AdminAccess:any
  Tolerations:[]DeviceToleration BindingConditions:any BindingFailureConditions:any ShareID:any
  ConsumedCapacity:map
DeviceAllocationConfiguration Source Requests:any Opaque:*OpaqueDeviceConfiguration
DeviceAttribute IntValue=int:any BoolValue=bool:any StringValue=string:any
  VersionValue=version:any IntValues=ints:any BoolValues=bools:any StringValues=strings:any
  VersionValues=versions:any
PersistentVolumeSource GCEPersistentDisk:*GCEPersistentDiskVolumeSource
  AWSElasticBlockStore:*AWSElasticBlockStoreVolumeSource HostPath:*HostPathVolumeSource
  Glusterfs:*GlusterfsPersistentVolumeSource NFS:*NFSVolumeSource RBD:*RBDPersistentVolumeSource
  Quobyte:*QuobyteVolumeSource ISCSI:*ISCSIPersistentVolumeSource
  FlexVolume:*FlexPersistentVolumeSource Cinder:*CinderPersistentVolumeSource
  CephFS=cephfs:*CephFSPersistentVolumeSource FC:*FCVolumeSource Flocker:*FlockerVolumeSource
  AzureFile:*AzureFilePersistentVolumeSource VsphereVolume:*VsphereVirtualDiskVolumeSource
  AzureDisk:*AzureDiskVolumeSource PhotonPersistentDisk:*PhotonPersistentDiskVolumeSource
  PortworxVolume:*PortworxVolumeSource ScaleIO:*ScaleIOPersistentVolumeSource
  Local:*LocalVolumeSource StorageOS=storageos:*StorageOSPersistentVolumeSource
  CSI:*CSIPersistentVolumeSource
GlusterfsPersistentVolumeSource EndpointsName=endpoints Path ReadOnly:bool EndpointsNamespace:any
RBDPersistentVolumeSource CephMonitors=monitors:any RBDImage=image FSType RBDPool=pool
  RadosUser=user Keyring SecretRef:*SecretReference ReadOnly:bool
SecretReference Name Namespace
ISCSIPersistentVolumeSource TargetPortal IQN Lun:int ISCSIInterface FSType ReadOnly:bool
  Portals:any DiscoveryCHAPAuth=chapAuthDiscovery:bool SessionCHAPAuth=chapAuthSession:bool
  SecretRef:*SecretReference InitiatorName:any
FlexPersistentVolumeSource Driver FSType SecretRef:*SecretReference ReadOnly:bool Options:map
CinderPersistentVolumeSource VolumeID FSType ReadOnly:bool SecretRef:*SecretReference
CephFSPersistentVolumeSource Monitors:any Path User SecretFile SecretRef:*SecretReference
  ReadOnly:bool
AzureFilePersistentVolumeSource SecretName ShareName ReadOnly:bool SecretNamespace:any
ScaleIOPersistentVolumeSource Gateway System SecretRef:*SecretReference SSLEnabled:bool
  ProtectionDomain StoragePool StorageMode VolumeName FSType ReadOnly:bool
LocalVolumeSource Path FSType:any
StorageOSPersistentVolumeSource VolumeName VolumeNamespace FSType ReadOnly:bool
  SecretRef:*ObjectReference
ObjectReference Kind Namespace Name UID APIVersion ResourceVersion FieldPath
CSIPersistentVolumeSource Driver VolumeHandle ReadOnly:bool FSType VolumeAttributes:map
  ControllerPublishSecretRef:*SecretReference NodeStageSecretRef:*SecretReference
  NodePublishSecretRef:*SecretReference ControllerExpandSecretRef:*SecretReference
  NodeExpandSecretRef:*SecretReference
StatefulSetUpdateStrategy Type RollingUpdate:*RollingUpdateStatefulSetStrategy
RollingUpdateStatefulSetStrategy Partition:int MaxUnavailable:any
DeploymentStrategy Type RollingUpdate:*RollingUpdateDeployment
RollingUpdateDeployment MaxUnavailable:int MaxSurge:int
DaemonSetUpdateStrategy Type RollingUpdate:*RollingUpdateDaemonSet
RollingUpdateDaemonSet MaxUnavailable:int MaxSurge:int
SuccessPolicy Rules:[]SuccessPolicyRule
SuccessPolicyRule SucceededIndexes:any SucceededCount:any
PodFailurePolicy Rules:[]PodFailurePolicyRule
PodFailurePolicyRule Action OnExitCodes:*PodFailurePolicyOnExitCodesRequirement
  OnPodConditions:[]PodFailurePolicyOnPodConditionsPattern
PodFailurePolicyOnExitCodesRequirement ContainerName:any Operator Values:any
PodFailurePolicyOnPodConditionsPattern Type Status
ParentReference Group Resource Namespace Name
VolumeAttachmentSpec Attacher Source:VolumeAttachmentSource NodeName
VolumeAttachmentSource PersistentVolumeName:any InlineVolumeSpec:any
CSINodeDriver Name NodeID TopologyKeys:any Allocatable:any
RoleRef APIGroup Kind Name
PodDisruptionBudgetSpec MinAvailable:any Selector:selector MaxUnavailable:any
  UnhealthyPodEvictionPolicy:any
FlowSchemaSpec PriorityLevelConfiguration:PriorityLevelConfigurationReference
  MatchingPrecedence:int DistinguisherMethod:*FlowDistinguisherMethod
  Rules:[]PolicyRulesWithSubjects
PriorityLevelConfigurationReference Name
FlowDistinguisherMethod Type
PolicyRulesWithSubjects Subjects:[]FlowSchemaSubject ResourceRules:[]ResourcePolicyRule
  NonResourceRules:[]NonResourcePolicyRule
FlowSchemaSubject Kind User:*UserSubject Group:*GroupSubject ServiceAccount:*ServiceAccountSubject
UserSubject Name
GroupSubject Name
ServiceAccountSubject Namespace Name
ResourcePolicyRule Verbs:any APIGroups:any Resources:any ClusterScope:bool Namespaces:any
NonResourcePolicyRule Verbs:any NonResourceURLs:any
HorizontalPodAutoscalerBehavior ScaleUp:*HPAScalingRules ScaleDown:*HPAScalingRules
HPAScalingRules StabilizationWindowSeconds:any SelectPolicy:any Policies:[]HPAScalingPolicy
  Tolerance:any
HPAScalingPolicy Type Value:int PeriodSeconds:int
PriorityLevelConfigurationSpec Type Limited:*LimitedPriorityLevelConfiguration
  Exempt:*ExemptPriorityLevelConfiguration
LimitedPriorityLevelConfiguration NominalConcurrencyShares:int LimitResponse:LimitResponse
  LendablePercent:any BorrowingLimitPercent:any
LimitResponse Type Queuing:*QueuingConfiguration
QueuingConfiguration Queues:int HandSize:int QueueLengthLimit:int
ExemptPriorityLevelConfiguration NominalConcurrencyShares:any LendablePercent:any
`;
