import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { KubeObject } from '../../../object/object.ts';
import type { Plain } from '../plain.ts';
import { causeTexts, newObject } from '../refused.ts';
import { createCauses, updateCauses } from '../validation-fixture.ts';
import { validateClaimStatus, validateClaimUpdate } from './persistent-volume-claim-update.ts';
import { persistentVolumeClaim } from './persistent-volume-claim.ts';
import { validateVolumeUpdate } from './persistent-volume-validation.ts';
import { persistentVolume } from './persistent-volume.ts';

const old = 'volume.beta.kubernetes.io/storage-class';

function claim(spec: Plain, status: Plain = {}, annotations?: Plain): KubeObject {
  const made = newObject(persistentVolumeClaim, {
    accessModes: ['ReadWriteOnce'],
    resources: { requests: { storage: '2Gi' } },
    ...spec,
  });
  if (annotations !== undefined) made.metadata.annotations = annotations;
  return { ...made, status };
}

const asked = (storage: string) => ({ resources: { requests: { storage } } });
const bound = { phase: 'Bound', capacity: { storage: '1Gi' } };

describe('a claim changes', () => {
  const fixed = /^spec: Forbidden: spec is immutable after creation except resources\.requests/;
  const applied = { currentVolumeAttributesClassName: 'a' };
  const table: [string, KubeObject, KubeObject, (string | RegExp)[]][] = [
    ['it is bound', claim({}), claim({ volumeName: 'v' }), []],
    ['it gets a class', claim({}), claim({ storageClassName: 'a' }), []],
    [
      'not another class',
      claim({ storageClassName: 'a' }),
      claim({ storageClassName: 'b' }),
      [fixed],
    ],
    [
      'its class moves from the annotation',
      claim({}, {}, { [old]: 'a' }),
      claim({ storageClassName: 'a' }, {}, { [old]: 'a' }),
      [],
    ],
    [
      'not the annotation',
      claim({}, {}, { [old]: 'a' }),
      claim({}, {}, { [old]: 'b' }),
      [`metadata.annotations.${old}: Invalid value: "b": field is immutable`],
    ],
    ['it grows once bound', claim({}, bound), claim(asked('3Gi'), bound), []],
    ['not before', claim({}), claim(asked('3Gi')), [fixed]],
    ['a failed growth is taken back', claim({}, bound), claim(asked('1500Mi'), bound), []],
    [
      'never below what there is',
      claim({}, bound),
      claim(asked('1Gi'), bound),
      ['spec.resources.requests.storage: Forbidden: field can not be less than status.capacity'],
    ],
    [
      'its attributes class is replaced and, once applied, not taken away',
      claim({ volumeAttributesClassName: 'a' }, { ...bound, ...applied }),
      claim({ volumeAttributesClassName: '' }, { ...bound, ...applied }),
      [
        'spec.volumeAttributesClassName: Forbidden: update to empty string is forbidden when status.currentVolumeAttributesClassName is not nil',
      ],
    ],
    [
      'nor left out',
      claim({ volumeAttributesClassName: 'a' }, { ...bound, ...applied }),
      claim({}, { ...bound, ...applied }),
      [
        'spec.volumeAttributesClassName: Forbidden: update to nil is forbidden when status.currentVolumeAttributesClassName is not nil',
      ],
    ],
    ['before that it is', claim({ volumeAttributesClassName: 'a' }, bound), claim({}, bound), []],
  ];
  for (const [name, before, after, expected] of table) {
    test(name, () => {
      const causes = causeTexts(validateClaimUpdate(after, before));
      assert.equal(causes.length, expected.length, causes.join('\n'));
      for (const [i, text] of expected.entries()) {
        if (typeof text === 'string') assert.equal(causes[i], text);
        else assert.match(causes[i] ?? '', text);
      }
    });
  }

  test('what its status may say', () => {
    const status = {
      capacity: { storage: '-1' },
      allocatedResourceStatuses: { storage: 'Growing' },
      allocatedResources: { 'kubernetes.io/x': '1' },
    };
    assert.deepEqual(causeTexts(validateClaimStatus(claim({}, status))), [
      'status.capacity[storage]: Invalid value: "-1": must be a valid resource quantity',
      'status.allocatedResourceStatuses: Unsupported value: "storage": supported values: "ControllerResizeInProgress", "ControllerResizeInfeasible", "NodeResizeInProgress", "NodeResizeInfeasible", "NodeResizePending"',
      'status.allocatedResources: Unsupported value: "kubernetes.io/x": supported values: "storage"',
    ]);
  });

  test('what it is filled from says the same twice, within the namespace', () => {
    const source = { kind: 'PersistentVolumeClaim', name: 'a' };
    const both = claim({ dataSource: source }).spec;
    assert.deepEqual(both.dataSourceRef, source);
    assert.equal(claim({ dataSource: { kind: 'Pod', name: 'a' } }).spec.dataSource, undefined);
    const elsewhere = { ...source, namespace: 'other' };
    assert.equal(claim({ dataSourceRef: elsewhere }).spec.dataSourceRef, undefined);
  });
});

describe('a volume changes', () => {
  function volume(spec: Plain): KubeObject {
    return newObject(persistentVolume, { capacity: { storage: '1Gi' }, ...spec });
  }
  const csi = { driver: 'd', volumeHandle: 'h' };
  const zone = (key: string) => ({
    required: {
      nodeSelectorTerms: [{ matchExpressions: [{ key, operator: 'In', values: ['z'] }] }],
    },
  });
  const beta = zone('failure-domain.beta.kubernetes.io/zone');
  const table: [string, Plain, Plain, string[]][] = [
    ['its class and reclaim policy', { csi }, { csi, storageClassName: 'a' }, []],
    [
      'not where it is',
      { csi },
      { csi: { ...csi, volumeHandle: 'i' } },
      [
        `spec.persistentvolumesource: Forbidden: spec.persistentvolumesource is immutable after creation
@@ -22,7 +22,7 @@
  "StorageOS": null,
  "CSI": {
   "Driver": "d",
-  "VolumeHandle": "h",
+  "VolumeHandle": "i",
   "ReadOnly": false,
   "FSType": "",
   "VolumeAttributes": null,
`,
      ],
    ],
    [
      'a secret to grow with, once',
      { csi },
      { csi: { ...csi, controllerExpandSecretRef: { name: 's', namespace: 'n' } } },
      [],
    ],
    [
      'labels of its nodes to their stable names',
      { csi, nodeAffinity: beta },
      { csi, nodeAffinity: zone('topology.kubernetes.io/zone') },
      [],
    ],
    [
      'not its nodes',
      { csi, nodeAffinity: beta },
      { csi },
      [
        'nodeAffinity: Invalid value: null: field is immutable, except for updating from beta label to GA',
      ],
    ],
  ];
  for (const [name, before, after, expected] of table) {
    test(name, () => {
      const causes = validateVolumeUpdate(volume(after), volume(before));
      assert.deepEqual(causeTexts(causes), expected);
    });
  }

  test('warnings', () => {
    const spec = { rbd: {}, persistentVolumeReclaimPolicy: 'Recycle' };
    const made = newObject(persistentVolume, spec, { annotations: { [old]: 'a' } });
    assert.deepEqual(persistentVolume.warnings?.(made, undefined), [
      `metadata.annotations[${old}]: deprecated since v1.8; use "storageClassName" attribute instead`,
      'spec.persistentVolumeReclaimPolicy: The Recycle reclaim policy is deprecated. Instead, the recommended approach is to use dynamic provisioning.',
      'spec.rbd: deprecated in v1.28, non-functional in v1.31+',
    ]);
  });
});

test('what is stored by older rules stays', () => {
  const wrong = { matchExpressions: [{ key: 'a', operator: 'In', values: ['-'] }] };
  const label =
    "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";
  const relabelled = (parts: Plain): Plain => ({
    ...parts,
    metadata: { name: 'x', labels: { a: 'b' } },
  });
  const resources = { requests: { storage: '1Gi' } };
  const accessModes = ['ReadWriteOnce'];
  const asking = { spec: { accessModes, resources, selector: wrong } };
  const causes = [`spec.selector.matchExpressions[0].values[0]: Invalid value: "-": ${label}`];
  assert.deepEqual(createCauses(persistentVolumeClaim, asking), causes);
  assert.deepEqual(updateCauses(persistentVolumeClaim, relabelled(asking), asking), []);

  const dataSource = { apiGroup: 'A', kind: 'k', name: 'n' };
  const from = { spec: { accessModes, resources, dataSource, dataSourceRef: dataSource } };
  assert.match(createCauses(persistentVolumeClaim, from)[0] ?? '', /apiGroup: Invalid value: "A"/);
  assert.deepEqual(updateCauses(persistentVolumeClaim, relabelled(from), from), []);

  const volume = {
    spec: {
      accessModes,
      capacity: { storage: '1Gi' },
      hostPath: { path: '/x' },
      nodeAffinity: { required: { nodeSelectorTerms: [wrong] } },
    },
  };
  assert.deepEqual(createCauses(persistentVolume, volume), [
    `spec.nodeAffinity.required.nodeSelectorTerms[0].matchExpressions[0].values[0]: Invalid value: "-": ${label}`,
  ]);
  assert.deepEqual(updateCauses(persistentVolume, relabelled(volume), volume), []);
});

test('the root of a node is not recycled, however it is written', () => {
  const spec = {
    accessModes: ['ReadWriteOnce'],
    capacity: { storage: '1Gi' },
    hostPath: { path: '//x/..' },
    persistentVolumeReclaimPolicy: 'Recycle',
  };
  assert.deepEqual(createCauses(persistentVolume, { spec }).slice(-1), [
    "spec.persistentVolumeReclaimPolicy: Forbidden: may not be 'recycle' for a hostPath mount of '/'",
  ]);
});

test('what a claim may not change is shown, but not the volume it is bound to now', () => {
  const spec = { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } };
  const next = { spec: { ...spec, accessModes: ['ReadWriteMany'], volumeName: 'v' } };
  assert.deepEqual(updateCauses(persistentVolumeClaim, next, { spec }), [
    `spec: Forbidden: spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims
@@ -1,6 +1,6 @@
 {
  "AccessModes": [
-  "ReadWriteOnce"
+  "ReadWriteMany"
  ],
  "Selector": null,
  "Resources": {
`,
  ]);
});
