import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { KindDefinition } from '../resource.ts';
import { createCauses, statusCauses, updateCauses } from '../validation-fixture.ts';
import { csiDriver } from './csi-driver.ts';
import { csiNode } from './csi-node.ts';
import { csiStorageCapacity } from './csi-storage-capacity.ts';
import { storageClass } from './storage-class.ts';
import { volumeAttachment } from './volume-attachment.ts';
import { volumeAttributesClass } from './volume-attributes-class.ts';

function creates(kind: KindDefinition, cases: [parts: object, causes: string[]][]): void {
  for (const [parts, causes] of cases) {
    assert.deepEqual(createCauses(kind, parts), causes, JSON.stringify(parts));
  }
}

const subdomain =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";

test('StorageClass', () => {
  const topologies = (...terms: object[]) => ({ provisioner: 'p', allowedTopologies: terms });
  const term = (...expressions: object[]) => ({ matchLabelExpressions: expressions });
  const zone = { key: 'zone', values: ['a', 'b'] };
  creates(storageClass, [
    [
      topologies({}, term(zone)),
      new Array(2).fill('allowedTopologies[0].matchLabelExpressions: Duplicate value: ""'),
    ],
    [{ provisioner: 'Example.com/P' }, []],
    [{}, ['provisioner: Required value']],
    [
      { provisioner: 'p', reclaimPolicy: 'Recycle', volumeBindingMode: 'Later' },
      [
        'reclaimPolicy: Unsupported value: "Recycle": supported values: "Delete", "Retain"',
        'volumeBindingMode: Unsupported value: "Later": supported values: "Immediate", "WaitForFirstConsumer"',
      ],
    ],
    [
      { provisioner: 'p', parameters: { '': 'x'.repeat(1 << 18), a: 'b' } },
      [
        'parameters: Invalid value: "": field can not be empty.',
        'parameters: Too long: may not be more than 262144 bytes',
      ],
    ],
    [topologies(term(zone), term({ key: 'zone', values: ['a'] })), []],
    [
      topologies(term(zone), term({ key: 'zone', values: ['b', 'a'] })),
      ['allowedTopologies[1].matchLabelExpressions: Duplicate value: ""'],
    ],
    [
      topologies(term({ key: 'a', values: ['b', 'b'] }, { key: 'a' })),
      [
        'allowedTopologies[0].matchLabelExpressions[0].values[1]: Duplicate value: "b"',
        'allowedTopologies[0].matchLabelExpressions[1].values: Required value',
        'allowedTopologies[0].matchLabelExpressions[1].key: Duplicate value: "a"',
      ],
    ],
  ]);
  const next = { provisioner: 'q', parameters: { a: 'b' }, reclaimPolicy: 'Retain' };
  assert.deepEqual(
    updateCauses(
      storageClass,
      { ...next, volumeBindingMode: 'Immediate' },
      {
        provisioner: 'p',
        volumeBindingMode: 'WaitForFirstConsumer',
      },
    ),
    [
      'parameters: Forbidden: updates to parameters are forbidden.',
      'provisioner: Forbidden: updates to provisioner are forbidden.',
      'reclaimPolicy: Forbidden: updates to reclaimPolicy are forbidden.',
      'volumeBindingMode: Invalid value: "Immediate": field is immutable',
    ],
  );
});

test('CSIDriver', () => {
  creates(csiDriver, [
    [{}, []],
    [
      {
        spec: {
          fsGroupPolicy: 'Some',
          volumeLifecycleModes: ['Now'],
          nodeAllocatableUpdatePeriodSeconds: 5,
          tokenRequests: [
            { audience: 'a', expirationSeconds: 60 },
            { audience: 'a' },
            { audience: 'b', expirationSeconds: 2 ** 33 },
          ],
        },
      },
      [
        'spec.fsGroupPolicy: Unsupported value: "Some": supported values: "File", "None", "ReadWriteOnceWithFSType"',
        'spec.tokenRequests[0].expirationSeconds: Invalid value: 60: may not specify a duration less than 10 minutes',
        'spec.tokenRequests[1].audience: Duplicate value: "a"',
        'spec.tokenRequests[2].expirationSeconds: Invalid value: 8589934592: may not specify a duration larger than 2^32 seconds',
        'spec.volumeLifecycleModes: Unsupported value: "Now": supported values: "Persistent", "Ephemeral"',
        'spec.nodeAllocatableUpdatePeriodSeconds: Invalid value: 5: must be greater than or equal to 10 seconds',
      ],
    ],
    [
      { spec: { serviceAccountTokenInSecrets: true, preventPodSchedulingIfMissing: true } },
      [
        'spec.serviceAccountTokenInSecrets: Invalid value: true: serviceAccountTokenInSecrets is set but no tokenRequests are specified',
      ],
    ],
    [{ spec: { serviceAccountTokenInSecrets: true, tokenRequests: [{ audience: 'a' }] } }, []],
  ]);
  assert.deepEqual(
    updateCauses(
      csiDriver,
      {
        spec: { attachRequired: false, volumeLifecycleModes: ['Ephemeral'], fsGroupPolicy: 'None' },
      },
      {},
    ),
    [
      'spec.attachedRequired: Invalid value: false: field is immutable',
      'spec.volumeLifecycleModes: Invalid value: ["Ephemeral"]: field is immutable',
    ],
  );
});

test('CSINode', () => {
  const of = (...drivers: object[]) => ({ spec: { drivers } });
  creates(csiNode, [
    [of({ name: 'a.b', nodeID: 'n' }), []],
    [
      of({ name: 'a', nodeID: 'x'.repeat(257), allocatable: { count: -1 } }, { name: 'a' }),
      [
        `spec.drivers[0].nodeID: Invalid value: "${'x'.repeat(257)}": must be 256 characters or less`,
        'spec.drivers[0].allocatable.count: Invalid value: -1: must be greater than or equal to 0',
        'spec.drivers[1].nodeID: Required value',
        'spec.drivers[1].name: Duplicate value: "a"',
      ],
    ],
    [
      of({ nodeID: 'n', topologyKeys: ['a', 'a'] }),
      [
        'spec.drivers[0].name: Required value',
        `spec.drivers[0].name: Invalid value: "": ${subdomain}`,
        'spec.drivers[0]: Duplicate value: "a"',
      ],
    ],
  ]);
  const driver = { name: 'a', nodeID: 'n' };
  assert.deepEqual(
    updateCauses(csiNode, of({ ...driver, allocatable: { count: 1 } }), of(driver)),
    [],
  );
  assert.deepEqual(updateCauses(csiNode, of({ ...driver, nodeID: 'm' }), of(driver)), [
    'spec.drivers: Invalid value: {"Name":"a","NodeID":"m","TopologyKeys":null,"Allocatable":null}: field is immutable',
  ]);
});

test('CSIStorageCapacity', () => {
  creates(csiStorageCapacity, [
    [{ storageClassName: 'a', capacity: '1Gi' }, []],
    [
      { capacity: '-1' },
      [
        `storageClassName: Invalid value: "": ${subdomain}`,
        'capacity: Invalid value: "-1": must be greater than or equal to 0',
      ],
    ],
  ]);
  assert.deepEqual(
    updateCauses(csiStorageCapacity, { storageClassName: 'a' }, { storageClassName: 'b' }),
    ['storageClassName: Invalid value: "a": field is immutable'],
  );
});

test('VolumeAttachment', () => {
  const spec = (source: object, rest: object = {}) => ({
    spec: { attacher: 'a.b', nodeName: 'n', source, ...rest },
  });
  const one = 'must specify exactly one of inlineVolumeSpec and persistentVolumeName';
  creates(volumeAttachment, [
    [spec({ persistentVolumeName: 'pv' }), []],
    [spec({}), [`spec.source: Required value: ${one}`]],
    [
      spec({ persistentVolumeName: 'pv', inlineVolumeSpec: {} }),
      [`spec.source: Forbidden: ${one}`],
    ],
    [
      spec({ persistentVolumeName: 'P' }, { attacher: 'A_', nodeName: '' }),
      [
        `spec.nodeName: Invalid value: "": ${subdomain}`,
        `spec.attacher: Invalid value: "A_": ${subdomain}`,
        `spec.source.persistentVolumeName: Invalid value: "P": ${subdomain}`,
      ],
    ],
  ]);
  const path = 'spec.source.inlineVolumeSpec';
  const inline = (volume: object) => spec({ inlineVolumeSpec: volume });
  const csi = { driver: 'd.e', volumeHandle: 'h' };
  const mayNot = 'may not be specified in the context of inline volumes';
  creates(volumeAttachment, [
    [inline({ accessModes: ['ReadWriteOnce'], csi }), []],
    [
      inline({
        accessModes: ['ReadWriteOnce'],
        csi,
        persistentVolumeReclaimPolicy: 'Retain',
        volumeMode: 'Filesystem',
      }),
      [],
    ],
    [
      inline({}),
      [
        `${path}.csi: Required value: has to be specified in the context of inline volumes`,
        `${path}.accessModes: Required value`,
        `${path}: Required value: must specify a volume type`,
      ],
    ],
    [
      inline({
        accessModes: ['ReadWriteOnce'],
        csi,
        claimRef: {},
        capacity: { storage: '1Gi' },
        persistentVolumeReclaimPolicy: 'Delete',
        nodeAffinity: {},
        storageClassName: 'A',
        volumeMode: 'Block',
      }),
      [
        `${path}.claimRef: Forbidden: ${mayNot}`,
        `${path}.capacity: Forbidden: ${mayNot}`,
        `${path}.persistentVolumeReclaimPolicy: Forbidden: may only be Retain in the context of inline volumes`,
        `${path}.nodeAffinity: Forbidden: ${mayNot}`,
        `${path}.storageClassName: Forbidden: ${mayNot}`,
        `${path}.volumeMode: Forbidden: may not specify volumeMode other than Filesystem in the context of inline volumes`,
      ],
    ],
  ]);
  const old = spec({ persistentVolumeName: 'pv' });
  const message = 'x'.repeat(1025);
  assert.deepEqual(
    statusCauses(
      volumeAttachment,
      { ...old, status: { attachError: { message }, detachError: { errorCode: -1 } } },
      old,
    ),
    [
      'status.attachError.message: Too long: may not be more than 262144 bytes',
      'status.detachError.errorCode: Invalid value: -1: must be between 0 and 2147483647, inclusive',
    ],
  );
});

test('VolumeAttributesClass', () => {
  creates(volumeAttributesClass, [
    [{ driverName: 'd', parameters: { a: 'b' } }, []],
    [
      {},
      [
        'driverName: Required value',
        'parameters: Required value: must contain at least one key/value pair',
      ],
    ],
  ]);
  assert.deepEqual(
    updateCauses(
      volumeAttributesClass,
      { driverName: 'e', parameters: { a: 'c' } },
      { driverName: 'd', parameters: { a: 'b' } },
    ),
    [
      'driverName: Forbidden: updates to driverName are forbidden.',
      'parameters: Forbidden: updates to parameters are forbidden.',
    ],
  );
});
