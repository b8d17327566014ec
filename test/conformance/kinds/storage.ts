import type { TitledKind } from '../life-cycle.ts';
import { time } from './parts.ts';

/** Kinds of storage and devices. */
export const storageKinds: readonly TitledKind[] = [
  {
    title: 'CSIStorageCapacity should support CSIStorageCapacities API operations',
    group: 'storage.k8s.io',
    resource: 'csistoragecapacities',
    kind: 'CSIStorageCapacity',
    namespaced: true,
    body: { storageClassName: 'some-sc', capacity: '100Gi', nodeTopology: {} },
  },
  {
    title: 'StorageClasses should run through the lifecycle of a StorageClass',
    group: 'storage.k8s.io',
    resource: 'storageclasses',
    kind: 'StorageClass',
    body: {
      provisioner: 'e2e-fake-provisioner',
      reclaimPolicy: 'Delete',
      volumeBindingMode: 'Immediate',
    },
  },
  {
    title: 'CSIInlineVolumes should run through the lifecycle of a CSIDriver',
    group: 'storage.k8s.io',
    resource: 'csidrivers',
    kind: 'CSIDriver',
    body: { spec: { volumeLifecycleModes: ['Ephemeral', 'Persistent'] } },
  },
  {
    title: 'CSINodes should run through the lifecycle of a csinode',
    group: 'storage.k8s.io',
    resource: 'csinodes',
    kind: 'CSINode',
    body: { spec: { drivers: [] } },
  },
  {
    title: 'VolumeAttachment should run through the lifecycle of a VolumeAttachment',
    group: 'storage.k8s.io',
    resource: 'volumeattachments',
    kind: 'VolumeAttachment',
    body: { spec: { attacher: 'e2e-va', nodeName: 'n', source: { persistentVolumeName: 'pv' } } },
    status: { patch: { attached: true }, path: 'attached', value: true, alone: true },
  },
  {
    title: 'VolumeAttributesClass should run through the lifecycle of a VolumeAttributesClass',
    group: 'storage.k8s.io',
    resource: 'volumeattributesclasses',
    kind: 'VolumeAttributesClass',
    body: { driverName: 'e2e-driver', parameters: { a: 'b' } },
  },
  {
    title: 'DRA DeviceClass',
    group: 'resource.k8s.io',
    resource: 'deviceclasses',
    kind: 'DeviceClass',
    body: { spec: { selectors: [{ cel: { expression: 'device.driver == "a.example.com"' } }] } },
  },
  {
    title: 'DRA ResourceClaim',
    group: 'resource.k8s.io',
    resource: 'resourceclaims',
    kind: 'ResourceClaim',
    namespaced: true,
    body: { spec: { devices: { requests: [{ name: 'r', exactly: { deviceClassName: 'c' } }] } } },
    status: {
      patch: {
        allocation: {
          devices: { results: [{ request: 'r', driver: 'd.example.com', pool: 'p', device: 'x' }] },
        },
      },
      path: 'allocation.devices.results.0.device',
      value: 'x',
      alone: true,
    },
  },
  {
    title: 'DRA ResourceClaimTemplate',
    group: 'resource.k8s.io',
    resource: 'resourceclaimtemplates',
    kind: 'ResourceClaimTemplate',
    namespaced: true,
    body: {
      spec: { spec: { devices: { requests: [{ name: 'r', exactly: { deviceClassName: 'c' } }] } } },
    },
  },
  {
    title: 'DRA ResourceSlice',
    group: 'resource.k8s.io',
    resource: 'resourceslices',
    kind: 'ResourceSlice',
    body: {
      spec: {
        driver: 'd.example.com',
        nodeName: 'n',
        pool: { name: 'p', generation: 1, resourceSliceCount: 1 },
        devices: [],
      },
    },
  },
  {
    title: 'PersistentVolumes CSI Conformance should run through the lifecycle of a PV',
    group: '',
    resource: 'persistentvolumes',
    kind: 'PersistentVolume',
    body: {
      spec: {
        capacity: { storage: '1Gi' },
        accessModes: ['ReadWriteOnce'],
        hostPath: { path: '/tmp/data' },
        persistentVolumeReclaimPolicy: 'Retain',
        storageClassName: 's',
      },
    },
    status: {
      patch: { message: 'StatusPatched', reason: 'E2E patchStatus' },
      path: 'message',
      value: 'StatusPatched',
    },
  },
  {
    title: 'PersistentVolumes CSI Conformance should run through the lifecycle of a PVC',
    group: '',
    resource: 'persistentvolumeclaims',
    kind: 'PersistentVolumeClaim',
    namespaced: true,
    body: {
      spec: {
        accessModes: ['ReadWriteOnce'],
        resources: { requests: { storage: '1Gi' } },
        storageClassName: 's',
      },
    },
    status: {
      patch: { conditions: [{ type: 'StatusPatched', status: 'True', lastTransitionTime: time }] },
      path: 'conditions.0.type',
      value: 'StatusPatched',
    },
  },
];
