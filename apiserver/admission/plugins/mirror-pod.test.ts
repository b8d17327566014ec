import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { OwnerReference } from '../../../object/object.ts';
import { MemoryLister } from '../../watch/memory-lister.ts';
import { admissionRequest, makeObject } from '../request-double.ts';
import { checkMirrorPod } from './mirror-pod.ts';

const owner: OwnerReference = {
  apiVersion: 'v1',
  kind: 'Node',
  name: 'n1',
  uid: 'u1',
  controller: true,
};
const user = { name: 'system:node:n1', groups: ['system:nodes'] };

/** Why node n1 may not create the pod; undefined when it may. */
function refusal(
  spec: object,
  metadata: object = {},
  known: string[] = ['n1'],
): string | undefined {
  const nodes = new MemoryLister();
  for (const name of known) {
    nodes.put({ apiVersion: 'v1', kind: 'Node', metadata: { name, uid: 'u1' } });
  }
  const pod = makeObject('Pod', 'p', { spec: { nodeName: 'n1', ...spec } });
  pod.metadata.annotations = { 'kubernetes.io/config.mirror': 'x' };
  pod.metadata.ownerReferences = [owner];
  Object.assign(pod.metadata, metadata);
  try {
    checkMirrorPod('n1', admissionRequest({ of: 'pods', object: pod, user }), nodes);
    return undefined;
  } catch (error) {
    return (error as Error).message.replace(/^pods "p" is forbidden: /, '');
  }
}

test('a kubelet creates mirror pods of its own', () => {
  assert.equal(refusal({ volumes: [{ name: 'v', hostPath: { path: '/' } }] }), undefined);
  const itself = 'node "n1" can only create pods with';
  assert.equal(refusal({ nodeName: 'n2' }), `${itself} spec.nodeName set to itself`);
  assert.equal(
    refusal({}, { annotations: {} }),
    'pod does not have "kubernetes.io/config.mirror" annotation, node "n1" can only create mirror pods',
  );
  const owned = (...ownerReferences: object[]) => refusal({}, { ownerReferences });
  assert.equal(owned(), `${itself} an owner reference set to itself`);
  assert.equal(owned(owner, owner), `${itself} a single owner reference set to itself`);
  for (const wrong of [{ name: 'n2' }, { kind: 'Pod' }, { apiVersion: 'v2' }]) {
    assert.equal(owned({ ...owner, ...wrong }), `${itself} an owner reference set to itself`);
  }
  assert.equal(
    owned({ ...owner, controller: false }),
    `${itself} a controller owner reference set to itself`,
  );
  assert.equal(
    owned({ ...owner, blockOwnerDeletion: true }),
    'node "n1" must not set blockOwnerDeletion on an owner reference',
  );
  assert.equal(owned({ ...owner, uid: 'u2' }), 'node n1 UID mismatch: expected u2 got u1');
  assert.equal(refusal({}, {}, []), 'node "n1" not found');
});

test('and none that needs something of the API', () => {
  const volume = (source: object) => refusal({ volumes: [{ name: 'v', ...source }] });
  const projected = (source: object) => volume({ projected: { sources: [source] } });
  const container = (part: object, list = 'containers') =>
    refusal({ [list]: [{ name: 'c', ...part }] });
  const found: [string | undefined, string][] = [
    [refusal({ serviceAccountName: 'x' }), 'serviceaccounts'],
    [refusal({ imagePullSecrets: [{ name: 'x' }] }), 'secrets'],
    [container({ env: [{ valueFrom: { secretKeyRef: { name: 'x' } } }] }), 'secrets'],
    [container({ envFrom: [{ secretRef: { name: 'x' } }] }, 'initContainers'), 'secrets'],
    [volume({ secret: { secretName: 'x' } }), 'secrets'],
    [volume({ azureFile: { secretName: 'x' } }), 'secrets'],
    [volume({ rbd: { secretRef: { name: 'x' } } }), 'secrets'],
    [volume({ csi: { nodePublishSecretRef: { name: 'x' } } }), 'secrets'],
    [projected({ secret: { name: 'x' } }), 'secrets'],
    [container({ env: [{ valueFrom: { configMapKeyRef: { name: 'x' } } }] }), 'configmaps'],
    [container({ envFrom: [{ configMapRef: { name: 'x' } }] }), 'configmaps'],
    [volume({ configMap: { name: 'x' } }), 'configmaps'],
    [projected({ configMap: { name: 'x' } }), 'configmaps'],
    [refusal({ resourceClaims: [{ name: 'x' }] }), 'resourceclaims'],
    [volume({ secret: {} }), 'secrets (via secret volumes)'],
    [volume({ csi: {} }), 'csidrivers (via CSI volumes)'],
    [volume({ glusterfs: {} }), 'endpoints (via glusterFS volumes)'],
    [volume({ persistentVolumeClaim: {} }), 'persistentvolumeclaims'],
    [volume({ ephemeral: {} }), 'persistentvolumeclaims (via ephemeral volumes)'],
    [projected({ serviceAccountToken: {} }), 'serviceaccounts (via projected volumes)'],
    [projected({ clusterTrustBundle: {} }), 'clustertrustbundles'],
    [projected({ podCertificate: {} }), 'podcertificates'],
  ];
  for (const [said, what] of found) {
    assert.equal(said, `node "n1" can not create pods that reference ${what}`);
  }
  assert.equal(projected({ downwardAPI: { items: [] } }), undefined);
});
