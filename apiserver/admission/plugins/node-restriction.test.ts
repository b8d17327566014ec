import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { OwnerReference } from '../../../object/object.ts';
import { generateKeys } from '../../../pki/certificate.ts';
import { createSigningRequest } from '../../../pki/signing-request.ts';
import { nodeNameOf } from '../../authz/node.ts';
import { MemoryLister } from '../../watch/memory-lister.ts';
import { admissionRequest, makeObject } from '../request-double.ts';
import { forbiddenLabels } from './node-labels.ts';
import { makeNodeRestriction } from './node-restriction.ts';

const user = { name: 'system:node:n1', groups: ['system:nodes'] };
type Given = Parameters<typeof admissionRequest>[0];

function world() {
  const pods = new MemoryLister();
  const nodes = new MemoryLister();
  nodes.put({ apiVersion: 'v1', kind: 'Node', metadata: { name: 'n1', uid: 'u1' } });
  const [claims, volumes, csiDrivers] = [1, 2, 3].map(() => new MemoryLister()) as [
    MemoryLister,
    MemoryLister,
    MemoryLister,
  ];
  const plugin = makeNodeRestriction({
    nodes,
    pods,
    claims,
    volumes,
    csiDrivers,
    readPod: async () => undefined,
    nodeNameOf,
    authorize: ({ verb, resource, namespace, name }) =>
      `${verb} ${resource} ${namespace}/${name}` ===
      'request-serviceaccounts-token-audience allowed ns/robot'
        ? { verdict: 'allow', reason: '' }
        : { verdict: 'no-opinion', reason: '' },
  });
  const judge = async (given: Given) => {
    const request = admissionRequest({ user, ...given });
    await plugin.mutate?.(request);
    await plugin.validate?.(request);
  };
  return { pods, claims, volumes, csiDrivers, judge, plugin };
}

test('a kubelet deletes only its own pods', async () => {
  const { judge, pods } = world();
  pods.put(makeObject('Pod', 'other', { spec: { nodeName: 'n2' } }));
  await assert.rejects(
    judge({ of: 'pods', operation: 'DELETE', namespace: 'ns', name: 'other' }),
    /can only delete pods with spec.nodeName set to itself/,
  );
  await assert.rejects(judge({ of: 'pods', operation: 'DELETE', namespace: 'ns', name: 'gone' }), {
    code: 404,
    message: 'pod "gone" not found',
  });
  await assert.rejects(
    judge({ of: 'pods', subresource: 'eviction', namespace: 'ns', name: 'other' }),
    /: node n1 can only evict pods with spec.nodeName set to itself$/,
  );
  await judge({
    of: 'pods',
    user: { name: 'alice', groups: [] },
    operation: 'DELETE',
    namespace: 'ns',
    name: 'other',
  });
});

test('its own node, but neither taints nor labels of the system', async () => {
  const { judge } = world();
  const node = (spec: object, labels: Record<string, string> = {}) => ({
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name: 'n1', labels },
    spec,
  });
  const update = (next: ReturnType<typeof node>) =>
    judge({ of: 'nodes', operation: 'UPDATE', object: next, oldObject: node({}) });
  await update(node({}, { 'example.com/x': 'y', 'kubernetes.io/hostname': 'h' }));
  await assert.rejects(
    update(node({ taints: [{ key: 'a' }] })),
    /node "n1" is not allowed to modify taints/,
  );
  await assert.rejects(
    update(node({}, { 'node-restriction.kubernetes.io/a': 'b' })),
    /forbidden: is not allowed to modify labels: node-restriction.kubernetes.io\/a/,
  );
  await assert.rejects(
    judge({ of: 'nodes', operation: 'UPDATE', name: 'n2', object: node({}), oldObject: node({}) }),
    /is not allowed to modify node "n2"/,
  );
  assert.deepEqual(
    forbiddenLabels({ 'foo.k8s.io/a': '1', 'kubelet.kubernetes.io/b': '1', c: '1' }, {}),
    ['foo.k8s.io/a'],
  );
});

test('what it says of pods and claims, and what it does not', async () => {
  const { judge } = world();
  const pod = (status: object) => makeObject('Pod', 'p', { spec: { nodeName: 'n1' }, status });
  const told = (status: object) =>
    judge({
      of: 'pods',
      operation: 'UPDATE',
      subresource: 'status',
      object: pod(status),
      oldObject: pod({}),
    });
  await told({ phase: 'Running' });
  await assert.rejects(
    told({ resourceClaimStatuses: [{ name: 'a' }] }),
    /node "n1" cannot update resource claim statues$/,
  );
  await assert.rejects(
    told({ extendedResourceClaimStatus: {} }),
    /node "n1" cannot update extended resource claim status$/,
  );
  const claim = makeObject('PersistentVolumeClaim', 'c');
  await assert.rejects(
    judge({ of: 'persistentvolumeclaims', operation: 'UPDATE', object: claim, oldObject: claim }),
    /: may only update PVC status$/,
  );
  const statusOf = (status: object) => makeObject('PersistentVolumeClaim', 'c', { status });
  const report = (status: object) =>
    judge({
      of: 'persistentvolumeclaims',
      operation: 'UPDATE',
      subresource: 'status',
      object: statusOf(status),
      oldObject: statusOf({ phase: 'Bound' }),
    });
  await report({ phase: 'Bound', capacity: { storage: '1Gi' }, conditions: [] });
  await assert.rejects(
    report({ phase: 'Lost' }),
    /status.quantity and status.conditions: [^]*\n-  "Phase": "Bound",\n\+  "Phase": "Lost",\n/,
  );
  const node = (owners: OwnerReference[]) => ({
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name: 'n1', ownerReferences: owners },
  });
  const owner = { apiVersion: 'v1', kind: 'Node', name: 'n1', uid: 'u1' };
  for (const [before, after] of [
    [[], [owner]],
    [[owner], []],
  ] as OwnerReference[][][]) {
    const [oldObject, object] = [node(before ?? []), node(after ?? [])];
    await assert.rejects(
      judge({ of: 'nodes', operation: 'UPDATE', object, oldObject }),
      /node "n1" is not allowed to modify ownerReferences$/,
    );
  }
});

test('certificates for itself only', async () => {
  const { judge } = world();
  const { privateKeyPem } = await generateKeys();
  const ask = (signer: string, pem: string) =>
    judge({
      of: 'certificatesigningrequests',
      group: 'certificates.k8s.io',
      object: makeObject('CertificateSigningRequest', 'csr', {
        spec: { signerName: signer, request: Buffer.from(pem).toString('base64') },
      }),
    });
  const of = (commonName: string) => createSigningRequest({ commonName }, {}, privateKeyPem);
  for (const signer of ['kubelet-serving', 'kube-apiserver-client-kubelet']) {
    await ask(`kubernetes.io/${signer}`, of('system:node:n1'));
    await assert.rejects(
      ask(`kubernetes.io/${signer}`, of('system:node:n2')),
      /"csr" is forbidden: can only create a node CSR with CN=system:node:n1$/,
    );
    await assert.rejects(ask(`kubernetes.io/${signer}`, 'none'), /: unable to parse csr: /);
  }
  await ask('example.com/any', of('system:node:n2'));
});

test('tokens for those its pods speak to', async () => {
  const { judge, pods, claims, volumes, csiDrivers } = world();
  const driver = (name: string, audience: string) =>
    makeObject('CSIDriver', name, { spec: { tokenRequests: [{ audience }] } });
  for (const made of [driver('d1', 'inline'), driver('d2', 'claimed'), driver('d3', 'made')]) {
    csiDrivers.put({ ...made, metadata: { name: made.metadata.name ?? '' } });
  }
  for (const [name, of] of [
    ['v2', 'd2'],
    ['v3', 'd3'],
  ] as const) {
    const spec = { csi: { driver: of } };
    volumes.put({ apiVersion: 'v1', kind: 'PersistentVolume', metadata: { name }, spec });
  }
  claims.put(makeObject('PersistentVolumeClaim', 'c', { spec: { volumeName: 'v2' } }));
  claims.put(makeObject('PersistentVolumeClaim', 'p-e', { spec: { volumeName: 'v3' } }));
  const parts = [
    { name: 'a', projected: { sources: [{ serviceAccountToken: { audience: 'vault' } }] } },
    { name: 'b', csi: { driver: 'd1' } },
    { name: 'c', persistentVolumeClaim: { claimName: 'c' } },
    { name: 'e', ephemeral: { volumeClaimTemplate: {} } },
  ];
  pods.put(makeObject('Pod', 'p', { spec: { nodeName: 'n1', volumes: parts } }));
  const boundObjectRef = { kind: 'Pod', apiVersion: 'v1', name: 'p', uid: 'uid-p' };
  const ask = (...audiences: string[]) =>
    judge({
      of: 'serviceaccounts',
      subresource: 'token',
      namespace: 'ns',
      name: 'robot',
      object: makeObject('TokenRequest', 'robot', { spec: { boundObjectRef, audiences } }),
    });
  for (const audience of ['vault', 'inline', 'claimed', 'made', 'allowed']) await ask(audience);
  await assert.rejects(ask('vault', 'inline'), /: node may only request 0 or 1 audiences$/);
  await assert.rejects(
    ask('other'),
    /: audience "other" not found in pod spec volume, system:node:n1 is not authorized to request tokens for this audience$/,
  );
  await assert.rejects(ask(), /: audience "" not found in pod spec volume/);
});

test('tokens for its own pods, its own lease and CSINode', async () => {
  const { judge, plugin, pods } = world();
  pods.put(makeObject('Pod', 'p', { spec: { nodeName: 'n2' } }));
  const ask = (boundObjectRef?: object) =>
    judge({
      of: 'serviceaccounts',
      subresource: 'token',
      namespace: 'ns',
      name: 'robot',
      object: makeObject('TokenRequest', 'robot', { spec: { boundObjectRef } }),
    });
  await assert.rejects(ask(), /node requested token not bound to a pod/);
  const ref = { kind: 'Pod', apiVersion: 'v1', name: 'p', uid: 'uid-p' };
  await assert.rejects(ask(ref), /scheduled on a different node/);
  const token = { name: 't', projected: { sources: [{ serviceAccountToken: {} }] } };
  pods.put(makeObject('Pod', 'p', { spec: { nodeName: 'n1', volumes: [token] } }));
  await ask(ref);
  assert.equal(
    plugin.validate?.(admissionRequest({ user, of: 'serviceaccounts', subresource: 'token' })),
    undefined,
    'its audiences are filled in by then',
  );
  const lease = {
    of: 'leases',
    group: 'coordination.k8s.io',
    operation: 'UPDATE' as const,
    namespace: 'kube-node-lease',
  };
  await judge({ ...lease, name: 'n1' });
  await assert.rejects(judge({ ...lease, name: 'n2' }), /same name as the requesting node/);
});
