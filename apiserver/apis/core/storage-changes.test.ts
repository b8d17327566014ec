import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { KubeObject } from '../../../object/object.ts';
import type { Plain } from '../plain.ts';
import { causeTexts, newObject } from '../refused.ts';
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
      'its attributes class is replaced and not taken away',
      claim({ volumeAttributesClassName: 'a' }, bound),
      claim({ volumeAttributesClassName: '' }, bound),
      [
        'spec.volumeAttributesClassName: Forbidden: update from non-nil value to an empty string is forbidden',
      ],
    ],
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
      'status.allocatedResourceStatus[storage]: Unsupported value: "storage": supported values: "ControllerResizeInProgress", "ControllerResizeInfeasible", "NodeResizeInProgress", "NodeResizeInfeasible", "NodeResizePending"',
      'status.allocatedResources: Invalid value: "kubernetes.io/x": must be prefixed with a domain other than kubernetes.io, or be \'storage\'',
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
        'spec.persistentvolumesource: Forbidden: spec.persistentvolumesource is immutable after creation',
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
