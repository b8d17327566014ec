import { describe } from 'node:test';
import { refused } from '../refused.ts';
import { persistentVolume } from './persistent-volume.ts';
import { persistentVolumeClaim } from './persistent-volume-claim.ts';

describe('a PersistentVolume', () => {
  refused(persistentVolume, 'nothing', {}, [
    'spec.accessModes: Required value',
    'spec.capacity: Required value',
    'spec.capacity: Unsupported value: {}: supported values: "storage"',
    'spec: Required value: must specify a volume type',
  ]);
  refused(
    persistentVolume,
    'a plain one',
    { capacity: { storage: '1Gi' }, accessModes: ['ReadWriteOnce'], hostPath: { path: '/x' } },
    [],
  );
  refused(
    persistentVolume,
    'modes and amounts',
    {
      capacity: { cpu: '0' },
      accessModes: ['X', 'ReadWriteOncePod', 'ReadWriteOnce'],
      hostPath: { path: '/' },
      persistentVolumeReclaimPolicy: 'Recycle',
    },
    [
      'spec.accessModes: Unsupported value: "X": supported values: "ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod"',
      'spec.accessModes: Forbidden: may not use ReadWriteOncePod with other access modes',
      'spec.capacity: Unsupported value: {"cpu":"0"}: supported values: "storage"',
      'spec.capacity[cpu]: Invalid value: "0": must be greater than zero',
      "spec.persistentVolumeReclaimPolicy: Forbidden: may not be 'recycle' for a hostPath mount of '/'",
    ],
  );
  refused(
    persistentVolume,
    'two sources, classes',
    {
      capacity: { storage: '1Gi' },
      accessModes: ['ReadWriteOnce'],
      nfs: { server: 's', path: 'x' },
      local: { path: '/a' },
      nodeAffinity: {},
      volumeAttributesClassName: '',
    },
    [
      'spec.nodeAffinity.required: Required value: must specify required node constraints',
      'spec.nfs.path: Invalid value: "x": must be an absolute path',
      'spec.local: Forbidden: may not specify more than 1 volume type',
      'spec.volumeAttributesClassName: Required value: an empty string is disallowed',
      'spec.csi: Required value: has to be specified when using volumeAttributesClassName',
    ],
  );
  refused(
    persistentVolume,
    'local ones have a node',
    { capacity: { storage: '1Gi' }, accessModes: ['ReadWriteOnce'], local: { path: '/a' } },
    ['spec.nodeAffinity: Required value: Local volume requires node affinity'],
  );
});

describe('a PersistentVolumeClaim', () => {
  refused(persistentVolumeClaim, 'nothing', {}, [
    'spec.accessModes: Required value: at least 1 access mode is required',
    'spec.resources[storage]: Required value',
  ]);
  refused(
    persistentVolumeClaim,
    'a plain one',
    { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
    [],
  );
  refused(
    persistentVolumeClaim,
    'mistakes',
    {
      accessModes: ['ReadWriteOnce'],
      resources: { requests: { storage: '0' } },
      dataSource: { kind: 'PersistentVolumeClaim', name: '' },
      volumeMode: 'x',
    },
    [
      'spec.resources[storage]: Invalid value: "0": must be greater than zero',
      'spec.volumeMode: Unsupported value: "x": supported values: "Block", "Filesystem"',
      'spec.dataSource.name: Required value',
      'spec.dataSourceRef.name: Required value',
    ],
  );
  refused(
    persistentVolumeClaim,
    'what it is filled from',
    {
      accessModes: ['ReadWriteOnce'],
      resources: { requests: { storage: '1' } },
      dataSource: { kind: 'PersistentVolumeClaim', name: 'a' },
      dataSourceRef: { kind: 'PersistentVolumeClaim', name: 'b' },
    },
    ['spec: Invalid value: {}: must match dataSourceRef'],
  );
});
