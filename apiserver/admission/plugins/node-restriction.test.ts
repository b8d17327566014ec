import assert from 'node:assert/strict';
import { test } from 'node:test';
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
  const plugin = makeNodeRestriction({ nodes, pods, readPod: async () => undefined, nodeNameOf });
  const judge = async (given: Given) => plugin.validate?.(admissionRequest({ user, ...given }));
  return { pods, judge };
}

test('a kubelet deletes only its own pods', async () => {
  const { judge, pods } = world();
  pods.put(makeObject('Pod', 'other', { spec: { nodeName: 'n2' } }));
  await assert.rejects(
    judge({ of: 'pods', operation: 'DELETE', namespace: 'ns', name: 'other' }),
    /can only delete pods with spec.nodeName set to itself/,
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
    /is not allowed to modify labels: node-restriction.kubernetes.io\/a/,
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

test('tokens for its own pods, its own lease and CSINode', async () => {
  const { judge, pods } = world();
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
  pods.put(makeObject('Pod', 'p', { spec: { nodeName: 'n1' } }));
  await ask(ref);
  const lease = {
    of: 'leases',
    group: 'coordination.k8s.io',
    operation: 'UPDATE' as const,
    namespace: 'kube-node-lease',
  };
  await judge({ ...lease, name: 'n1' });
  await assert.rejects(judge({ ...lease, name: 'n2' }), /same name as the requesting node/);
});
