import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pod as podDefinition } from '../apis/core/pod.ts';
import { MemoryListers } from '../watch/memory-lister.ts';
import { makeNodeAuthorizer } from './node.ts';
import { makeAuthorizationWebhook } from './webhook.ts';
import type { Attributes } from './authorizer.ts';

const kubelet = { name: 'system:node:n1', groups: ['system:nodes'] };
const meta = (name: string, namespace = 'ns') => ({ name, namespace });

function world() {
  const listers = new MemoryListers();
  const authorizer = makeNodeAuthorizer({ listers });
  const ask = (verb: string, what: string, more: Partial<Attributes> = {}) => {
    const [resource = '', subresource = ''] = what.split('/');
    const decision = authorizer.authorize({
      user: kubelet,
      verb,
      resourceRequest: true,
      group: '',
      version: 'v1',
      resource,
      subresource,
      namespace: 'ns',
      name: '',
      path: '',
      ...more,
    });
    assert.ok(!(decision instanceof Promise));
    return decision.verdict === 'allow' || decision.reason;
  };
  return { listers, ask };
}

test('a node reads what its pods use, from the moment they are bound to it', () => {
  const { listers, ask } = world();
  assert.equal(
    ask('get', 'secrets', { name: 's' }),
    "no relationship found between node 'n1' and this object",
  );
  const pods = listers.lister('', 'pods');
  pods.selectableFields = podDefinition.selectableFields ?? pods.selectableFields;
  const pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: meta('p'),
    spec: {
      serviceAccountName: 'robot',
      imagePullSecrets: [{ name: 'pull' }],
      containers: [{ name: 'c', env: [{ name: 'E', valueFrom: { secretKeyRef: { name: 's' } } }] }],
      volumes: [
        { name: 'v', projected: { sources: [{ configMap: { name: 'ca' } }] } },
        { name: 'w', persistentVolumeClaim: { claimName: 'claim' } },
      ],
    },
  };
  pods.put(pod);
  assert.notEqual(ask('get', 'secrets', { name: 's' }), true, 'not bound yet');
  pods.put({ ...pod, spec: { ...pod.spec, nodeName: 'n1' } });
  assert.equal(ask('get', 'secrets', { name: 's' }), true);
  assert.equal(ask('get', 'secrets', { name: 'pull' }), true);
  assert.equal(ask('watch', 'configmaps', { name: 'ca' }), true);
  assert.notEqual(ask('get', 'secrets', { name: 's', namespace: 'other' }), true);
  assert.equal(ask('create', 'serviceaccounts/token', { name: 'robot' }), true);
  assert.equal(ask('get', 'persistentvolumeclaims', { name: 'claim' }), true);
  assert.notEqual(ask('list', 'secrets'), true);
  listers.lister('', 'persistentvolumeclaims').put({
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: meta('claim'),
    spec: { volumeName: 'vol' },
  });
  listers.lister('', 'persistentvolumes').put({
    apiVersion: 'v1',
    kind: 'PersistentVolume',
    metadata: { name: 'vol' },
    spec: {
      claimRef: meta('claim'),
      csi: { nodeStageSecretRef: { name: 'disk', namespace: 'infra' } },
    },
  });
  assert.equal(ask('get', 'persistentvolumes', { name: 'vol', namespace: '' }), true);
  assert.equal(ask('get', 'secrets', { name: 'disk', namespace: 'infra' }), true);
  pods.remove('ns', 'p');
  assert.notEqual(ask('get', 'secrets', { name: 's' }), true);
});

test('its own node, lease and pods, by the static rules for the rest', () => {
  const { ask } = world();
  assert.equal(ask('get', 'nodes', { name: 'n1', namespace: '' }), true);
  assert.equal(
    ask('list', 'nodes', { namespace: '' }),
    "node 'n1' cannot read all nodes, only its own Node object",
  );
  assert.equal(ask('list', 'pods', { fieldSelector: 'spec.nodeName=n1' }), true);
  assert.equal(ask('list', 'pods'), 'can only list/watch pods with spec.nodeName field selector');
  const lease = { group: 'coordination.k8s.io', namespace: 'kube-node-lease' };
  assert.equal(ask('update', 'leases', { ...lease, name: 'n1' }), true);
  assert.notEqual(ask('update', 'leases', { ...lease, name: 'n2' }), true);
  assert.equal(ask('list', 'services'), true);
  assert.equal(ask('delete', 'services'), '');
  assert.equal(ask('list', 'services', { user: { name: 'system:node:n1', groups: [] } }), '');
});

test('an authorization webhook is asked once, and no answer is no opinion with an error', async () => {
  const bodies: unknown[] = [];
  let up = true;
  const webhook = makeAuthorizationWebhook({
    version: 'v1',
    authorizedTtlMs: 1000,
    unauthorizedTtlMs: 0,
    onFailure: 'NoOpinion',
    post: async (body) => {
      if (!up) throw new Error('down');
      bodies.push(body);
      return { status: { allowed: true, reason: 'fine' } };
    },
  });
  const asked: Attributes = {
    user: kubelet,
    verb: 'get',
    resourceRequest: true,
    group: '',
    version: 'v1',
    resource: 'pods',
    subresource: '',
    namespace: '',
    name: '',
    path: '',
  };
  assert.deepEqual(await webhook.authorize(asked), { verdict: 'allow', reason: 'fine' });
  up = false;
  assert.deepEqual(webhook.authorize(asked), { verdict: 'allow', reason: 'fine' });
  assert.deepEqual(await webhook.authorize({ ...asked, verb: 'list' }), {
    verdict: 'no-opinion',
    reason: '',
    error: 'down',
  });
  assert.deepEqual(bodies[0], {
    apiVersion: 'authorization.k8s.io/v1',
    kind: 'SubjectAccessReview',
    metadata: {},
    spec: {
      resourceAttributes: { verb: 'get', version: 'v1', resource: 'pods' },
      user: 'system:node:n1',
      groups: ['system:nodes'],
    },
    status: { allowed: false },
  });
});
