/**
 * The feature gates that kube-apiserver v1.36 knows, by stage: those of pkg/features, of the generic and
 * the apiextensions server, of component-base, and of client-go.
 */
export type Stage = 'ALPHA' | 'BETA' | '' | 'DEPRECATED';

export interface Gate {
  /** '' is general availability, as the metric spells it. */
  stage: Stage;
  default: boolean;
  /** To its default. */
  locked: boolean;
}

const names = (text: string): string[] => text.trim().split(/\s+/);

const alpha = names(`
  APIServingWithRoutine AllowUnsafeMalformedObjectDeletion CBORServingAndStorage
  CPUManagerPolicyAlphaOptions CRIListStreaming CSIVolumeHealth
  CloudControllerManagerWatchBasedRoutesReconciliation CloudControllerManagerWebhook
  ContainerStopSignals ControllerManagerReleaseLeaderElectionLockOnExit
  CrossNamespaceVolumeDataSource DRAListTypeAttributes DRANodeAllocatableResources
  DRAResourcePoolStatus DRAWorkloadResourceClaims EventedPLEG GangScheduling GenericWorkload
  HPAScaleToZero ClientsAllowCBOR ClientsPreferCBOR
  ImageVolumeWithDigest InPlacePodVerticalScalingExclusiveCPUs
  InPlacePodVerticalScalingExclusiveMemory KubeletInUserNamespace LoggingAlphaOptions
  ManifestBasedAdmissionControlConfig MemoryQoS MutablePVNodeAffinity NativeHistograms
  PersistentVolumeClaimUnusedSinceTime PodAndContainerStatsFromCRI PodLevelResourceManagers
  PodLogsQuerySplitStreams PodsAPI QOSReserved ReduceDefaultCrashLoopBackOffDecay
  RuntimeClassInImageCriApi ShardedListAndWatch StorageCapacityScoring StorageVersionAPI
  TaintTolerationComparisonOperators TopologyAwareWorkloadScheduling
  TopologyManagerPolicyAlphaOptions UserNamespacesHostNetworkSupport VolumeLimitScaling
  WindowsCPUAndMemoryAffinity WorkloadAwarePreemption WorkloadWithJob`);

const betaOff = names(`
  ClusterTrustBundle ClusterTrustBundleProjection ConcurrentWatchObjectDecode
  CoordinatedLeaderElection DRADeviceTaintRules LocalStorageCapacityIsolationFSQuotaMonitoring
  MaxUnavailableStatefulSet PodCertificateRequest SELinuxMount SchedulerAsyncAPICalls
  StorageVersionMigrator`);

const betaOn = names(`
  APIResponseCompression APIServerIdentity AtomicFIFO AllowParsingUserUIDFromCertAuth
  AuthorizePodWebsocketUpgradeCreatePermission CPUManagerPolicyBetaOptions
  CRDObservedGenerationTracking ClearingNominatedNodeNameAfterBinding
  ClientsAllowCARotation ClientsAllowTLSCacheGC ComponentFlagz
  ComponentStatusz ConstrainedImpersonation ContainerCheckpoint ContainerRestartRules
  ContextualLogging DRAConsumableCapacity DRADeviceBindingConditions DRADeviceTaints
  DRAExtendedResource DRAPartitionableDevices DRAResourceClaimDeviceStatus
  DRAResourceClaimGranularStatusAuthorization DRASchedulerFilterTimeout
  DeclarativeValidationBeta DeploymentReplicaSetTerminatingReplicas DetectCacheInconsistency
  EnvFiles ExtendWebSocketsToKubelet GracefulNodeShutdown GracefulNodeShutdownBasedOnPodPriority
  HPAConfigurableTolerance HostnameOverride InPlacePodLevelResourcesVerticalScaling
  InOrderInformersBatchProcess InPlacePodVerticalScalingInitContainers KubeletCrashLoopBackOffMax
  KubeletEnsureSecretPulledImages KubeletSeparateDiskGC
  KubeletServiceAccountTokenForCredentialProviders ListFromCacheSnapshot LoggingBetaOptions
  MatchLabelKeysInPodTopologySpread MatchLabelKeysInPodTopologySpreadSelectorMerge
  MutablePodResourcesForSuspendedJobs MutableSchedulingDirectivesForSuspendedJobs
  NodeDeclaredFeatures NominatedNodeNameForExpectation OpenAPIEnums OpportunisticBatching
  PLEGOnDemandRelist PodDeletionCost PodLevelResources PodReadyToStartContainersCondition
  PodTopologyLabelsAdmission PortForwardWebsockets PreventStaticPodAPIReferences
  RelaxedServiceNameValidation
  ReloadKubeletClientCAFile ReloadKubeletServerCertificateFile RemoteRequestHeaderUID
  ResourceHealthStatus ResourceHealthStatusMessage RestartAllContainersOnContainerExits
  RotateKubeletServerCertificate SchedulerAsyncPreemption SchedulerPopFromBackoffQ
  ServiceAccountNodeAudienceRestriction SizeBasedListCostEstimate
  StaleControllerConsistencyDaemonSet StaleControllerConsistencyJob
  StaleControllerConsistencyReplicaSet StaleControllerConsistencyStatefulSet
  StatefulSetSemanticRevisionComparison StorageVersionHash StrictIPCIDRValidation
  StructuredAuthenticationConfigurationEgressSelector
  StructuredAuthenticationConfigurationJWKSMetrics TokenRequestServiceAccountUIDValidation
  TopologyManagerPolicyBetaOptions TranslateStreamCloseWebsocketRequests
  UnauthenticatedHTTP2DOSMitigation UnknownVersionInteroperabilityProxy UnlockWhileProcessingFIFO
  WatchCacheInitializationPostStartHook WatchList WatchListClient WindowsGracefulNodeShutdown`);

const stableLocked = names(`
  APIServerTracing AnonymousAuthConfigurableEndpoints AuthorizeNodeWithSelectors
  AuthorizeWithSelectors BtreeWatchCache CPUManagerPolicyOptions CRDValidationRatcheting
  CSIServiceAccountTokenSecrets ConsistentListFromCache CustomResourceFieldSelectors
  DRAAdminAccess DeclarativeValidation DisableAllocatorDualWrite DynamicResourceAllocation
  ExecProbeTimeout ExternalServiceAccountTokenSigner ImageMaximumGCAge ImageVolume
  InOrderInformers InPlacePodVerticalScaling JobManagedBy JobPodReplacementPolicy KubeletCgroupDriverFromCRI
  KubeletFineGrainedAuthz KubeletPSI KubeletPodResourcesDynamicResources KubeletPodResourcesGet
  KubeletTracing MatchLabelKeysInPodAffinity MultiCIDRServiceAllocator
  MutableCSINodeAllocatableCount NFTablesProxyMode NodeInclusionPolicyInPodTopologySpread
  NodeLogQuery NodeSwap OrderedNamespaceDeletion PodLifecycleSleepAction
  PodLifecycleSleepActionAllowZero PodObservedGenerationTracking PodSchedulingReadiness
  PreferSameTrafficDistribution ProcMountType RecoverVolumeExpansionFailure
  RecursiveReadOnlyMounts RelaxedDNSSearchValidation RelaxedEnvironmentVariableValidation
  ResilientWatchCacheInitialization RetryGenerateName SELinuxChangePolicy SELinuxMountReadWriteOncePod
  SchedulerQueueingHints SeparateTaintEvictionController ServiceAccountTokenJTI
  ServiceAccountTokenNodeBinding ServiceAccountTokenNodeBindingValidation
  ServiceAccountTokenPodNodeInfo StreamingCollectionEncodingToJSON
  StreamingCollectionEncodingToProtobuf StructuredAuthenticationConfiguration
  SupplementalGroupsPolicy SystemdWatchdog TopologyManagerPolicyOptions UserNamespacesSupport
  VolumeAttributesClass WinDSR WinOverlay`);

const stable = names(`
  AllowServiceExternalIPs CustomCPUCFSQuotaPeriod DRAPrioritizedList InformerResourceVersion
  MutatingAdmissionPolicy`);

const deprecatedOn = names(`
  DisableCPUQuotaWithExclusiveCPUs KubeletPodResourcesListUseActivePods
  ServiceCIDRStatusFieldWiping StorageNamespaceIndex`);
const deprecatedOff = names(`
  AllowDNSOnlyNodeCSR AllowInsecureKubeletCertificateSigningRequests
  ChangeContainerStatusOnKubeletRestart DeclarativeValidationTakeover KMSv1
  KubeletRegistrationGetOnExistsOnly WindowsHostNetwork`);
const deprecatedLockedOn = names(`AggregatedDiscoveryRemoveBetaType DisableNodeKubeProxyVersion`);
const deprecatedLockedOff = names(`
  AllowOverwriteTerminationGracePeriodSeconds GitRepoVolumeDriver SeparateCacheWatchRPC`);

const table = (list: readonly string[], stage: Stage, value: boolean, locked = false) =>
  list.map((name): [string, Gate] => [name, { stage, default: value, locked }]);

/** By name, in the order of names. */
export const gates: ReadonlyMap<string, Gate> = new Map(
  [
    ...table(['AllAlpha', ...alpha], 'ALPHA', false),
    ...table(['AllBeta', ...betaOff], 'BETA', false),
    ...table(betaOn, 'BETA', true),
    ...table(stableLocked, '', true, true),
    ...table(stable, '', true),
    ...table(deprecatedOn, 'DEPRECATED', true),
    ...table(deprecatedOff, 'DEPRECATED', false),
    ...table(deprecatedLockedOn, 'DEPRECATED', true, true),
    ...table(deprecatedLockedOff, 'DEPRECATED', false, true),
  ].toSorted(([a], [b]) => (a < b ? -1 : 1)),
);

/** Gates whose two values this server has. */
export const switched: ReadonlySet<string> = new Set([
  'AllowParsingUserUIDFromCertAuth',
  'APIResponseCompression',
  'ComponentFlagz',
  'ComponentStatusz',
  'MutatingAdmissionPolicy',
  'RemoteRequestHeaderUID',
  'StorageVersionHash',
  'WatchList',
]);

/**
 * Gates that kube-apiserver takes and that change nothing of its API: those of other components,
 * which get the same flag, and those that choose between two inner ways to the same answers.
 */
export const withoutEffect: ReadonlySet<string> = new Set(
  names(`
  APIServingWithRoutine ConcurrentWatchObjectDecode DetectCacheInconsistency ListFromCacheSnapshot
  SizeBasedListCostEstimate StorageNamespaceIndex WatchCacheInitializationPostStartHook
  ContextualLogging LoggingAlphaOptions LoggingBetaOptions
  CPUManagerPolicyAlphaOptions CPUManagerPolicyBetaOptions CRIListStreaming CSIVolumeHealth
  ChangeContainerStatusOnKubeletRestart ContainerCheckpoint CustomCPUCFSQuotaPeriod
  DisableCPUQuotaWithExclusiveCPUs EventedPLEG GracefulNodeShutdown
  GracefulNodeShutdownBasedOnPodPriority InPlacePodVerticalScalingExclusiveCPUs
  InPlacePodVerticalScalingExclusiveMemory KubeletCrashLoopBackOffMax
  KubeletEnsureSecretPulledImages KubeletInUserNamespace KubeletPodResourcesListUseActivePods
  KubeletRegistrationGetOnExistsOnly KubeletSeparateDiskGC
  KubeletServiceAccountTokenForCredentialProviders LocalStorageCapacityIsolationFSQuotaMonitoring
  MemoryQoS PLEGOnDemandRelist PodAndContainerStatsFromCRI PodLevelResourceManagers
  PodReadyToStartContainersCondition PodsAPI QOSReserved ReduceDefaultCrashLoopBackOffDecay
  ReloadKubeletClientCAFile ReloadKubeletServerCertificateFile RotateKubeletServerCertificate
  RuntimeClassInImageCriApi TopologyManagerPolicyAlphaOptions TopologyManagerPolicyBetaOptions
  WindowsCPUAndMemoryAffinity WindowsGracefulNodeShutdown WindowsHostNetwork
  ClearingNominatedNodeNameAfterBinding DRASchedulerFilterTimeout OpportunisticBatching
  SchedulerAsyncAPICalls SchedulerAsyncPreemption SchedulerPopFromBackoffQ StorageCapacityScoring
  CloudControllerManagerWatchBasedRoutesReconciliation CloudControllerManagerWebhook
  ControllerManagerReleaseLeaderElectionLockOnExit PodDeletionCost
  StaleControllerConsistencyDaemonSet StaleControllerConsistencyJob
  StaleControllerConsistencyReplicaSet StaleControllerConsistencyStatefulSet
  StatefulSetSemanticRevisionComparison AtomicFIFO ClientsAllowCARotation ClientsAllowCBOR
  ClientsAllowTLSCacheGC ClientsPreferCBOR GangScheduling InOrderInformersBatchProcess
  InformerResourceVersion PreventStaticPodAPIReferences UnlockWhileProcessingFIFO WatchListClient
  WorkloadAwarePreemption`),
);

/**
 * Gates that cannot be on without others; those that wait for a gate that is always on are left out.
 * Source: pkg/features/kube_features.go, defaultKubernetesFeatureGateDependencies.
 */
export const dependencies: ReadonlyMap<string, readonly string[]> = new Map(
  Object.entries({
    ClusterTrustBundleProjection: ['ClusterTrustBundle'],
    DRADeviceBindingConditions: ['DRAResourceClaimDeviceStatus'],
    DRADeviceTaintRules: ['DRADeviceTaints'],
    GangScheduling: ['GenericWorkload'],
    GracefulNodeShutdownBasedOnPodPriority: ['GracefulNodeShutdown'],
    InPlacePodLevelResourcesVerticalScaling: ['NodeDeclaredFeatures', 'PodLevelResources'],
    MatchLabelKeysInPodTopologySpreadSelectorMerge: ['MatchLabelKeysInPodTopologySpread'],
    RestartAllContainersOnContainerExits: ['ContainerRestartRules', 'NodeDeclaredFeatures'],
    StorageVersionAPI: ['APIServerIdentity'],
    TopologyAwareWorkloadScheduling: ['GenericWorkload'],
    UnknownVersionInteroperabilityProxy: ['APIServerIdentity'],
    WindowsGracefulNodeShutdown: ['GracefulNodeShutdown'],
    WorkloadAwarePreemption: ['GangScheduling'],
    WorkloadWithJob: ['GenericWorkload'],
  }),
);
