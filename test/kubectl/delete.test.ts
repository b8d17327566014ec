import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Terminal } from '../harness/terminal.ts';

/** kubectl delete and kubectl wait, with the garbage collector and the namespace controller running. */
let terminal: Terminal;
before(async () => {
  terminal = await Terminal.open({ controllers: true });
});
after(() => terminal.close());

const owner = (name: string) => ({
  apiVersion: 'apps/v1',
  kind: 'ReplicaSet',
  metadata: { name },
  spec: {
    replicas: 1,
    selector: { matchLabels: { app: name } },
    template: {
      metadata: { labels: { app: name } },
      spec: { containers: [{ name: 'c', image: 'c' }] },
    },
  },
});

test('by name, label, file, all; dry', () =>
  terminal.play(
    `
    $ kubectl create configmap a
    configmap/a created
    $ kubectl create configmap b
    configmap/b created
    $ kubectl create configmap c
    configmap/c created
    $ kubectl label configmap a b team=x
    configmap/a labeled
    configmap/b labeled
    $ kubectl delete configmap a --dry-run=client
    configmap "a" deleted from {ns} namespace (dry run)
    $ kubectl delete configmap a --dry-run=server
    configmap "a" deleted from {ns} namespace (server dry run)
    $ kubectl delete configmap -l team=x
    configmap "a" deleted from {ns} namespace
    configmap "b" deleted from {ns} namespace
    $ kubectl delete configmap a
    ! Error from server (NotFound): configmaps "a" not found
    = 1
    $ kubectl delete configmap a --ignore-not-found
    $ kubectl delete -f c.json -o name
    configmap/c
    $ kubectl create configmap d
    configmap/d created
    $ kubectl create secret generic e
    secret/e created
    $ kubectl delete configmap/d secret/e --wait=false
    configmap "d" deleted from {ns} namespace
    secret "e" deleted from {ns} namespace
    $ kubectl create secret generic f
    secret/f created
    $ kubectl delete secret --all
    secret "f" deleted from {ns} namespace
    $ kubectl delete secret --field-selector metadata.name=none
    No resources found
    $ kubectl delete secret
    ! error: resource(s) were provided, but no name was specified
    = 1
  `,
    { 'c.json': { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'c' } } },
  ));

test('cascading: background, foreground, orphans', () =>
  terminal.play(
    `
    $ kubectl create -f one.json -f two.json -f three.json
    replicaset.apps/one created
    replicaset.apps/two created
    replicaset.apps/three created
    $ kubectl wait --for=create pod -l app=one --timeout=30s
    pod/one-{*} condition met
    $ kubectl wait --for=create pod -l app=two --timeout=30s
    pod/two-{*} condition met
    $ kubectl wait --for=create pod -l app=three --timeout=30s
    pod/three-{*} condition met
    $ kubectl delete replicaset one
    replicaset.apps "one" deleted from {ns} namespace
    $ kubectl wait --for=delete pod -l app=one --timeout=30s
    ...
    $ kubectl delete replicaset two --cascade=foreground --timeout=30s
    replicaset.apps "two" deleted from {ns} namespace
    $ kubectl get pods -l app=two
    ! No resources found in {ns} namespace.
    $ kubectl delete replicaset three --cascade=orphan
    replicaset.apps "three" deleted from {ns} namespace
    $ kubectl get pods -l app=three -o jsonpath='{.items[*].metadata.ownerReferences}'
    $ kubectl get pods -l app=three --no-headers
    three-{*}   0/1   Pending   0   {age}
  `,
    { 'one.json': owner('one'), 'two.json': owner('two'), 'three.json': owner('three') },
  ));

test('pods: grace, force, finalizers', () =>
  terminal.play(
    `
    $ kubectl run bound --image=c --overrides='{"spec":{"nodeName":"nowhere"}}'
    pod/bound created
    $ kubectl delete pod bound --wait=false --grace-period=60
    pod "bound" deleted from {ns} namespace
    $ kubectl get pod bound -o jsonpath='{.metadata.deletionGracePeriodSeconds}'
    60
    $ kubectl delete pod bound --wait=false --grace-period=5
    pod "bound" deleted from {ns} namespace
    $ kubectl get pod bound -o jsonpath='{.metadata.deletionGracePeriodSeconds}'
    5
    $ kubectl delete pod bound --force --grace-period=0
    ! Warning: Immediate deletion does not wait for confirmation that the running resource has been terminated. The resource may continue to run on the cluster indefinitely.
    pod "bound" force deleted from {ns} namespace
    $ kubectl create -f held.json
    configmap/held created
    $ kubectl delete configmap held --wait=false
    configmap "held" deleted from {ns} namespace
    $ kubectl get configmap held -o jsonpath={.metadata.finalizers}
    ["example.com/hold"]
    $ kubectl patch configmap held --type=merge -p '{"metadata":{"finalizers":["example.com/other"]}}'
    ! The ConfigMap "held" is invalid: metadata.finalizers: Forbidden: no new finalizers can be added if the object is being deleted, found new finalizers []string{"example.com/other"}
    = 1
    $ kubectl patch configmap held --type=json -p '[{"op":"remove","path":"/metadata/finalizers"}]'
    configmap/held patched
    $ kubectl get configmap held
    ! Error from server (NotFound): configmaps "held" not found
    = 1
  `,
    {
      'held.json': {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { name: 'held', finalizers: ['example.com/hold'] },
      },
    },
  ));

test('a namespace goes with all that is in it', () =>
  terminal.play(`
    $ kubectl create namespace {ns}-more
    namespace/{ns}-more created
    $ kubectl create configmap held -n {ns}-more
    configmap/held created
    $ kubectl create deployment web --image=c -n {ns}-more
    deployment.apps/web created
    $ kubectl delete namespace {ns}-more --timeout=60s
    namespace "{ns}-more" deleted
    $ kubectl create configmap late -n {ns}-more
    ! error: failed to create configmap: namespaces "{ns}-more" not found
    = 1
    $ kubectl delete namespace kube-system
    ! Error from server (Forbidden): namespaces "kube-system" is forbidden: this namespace may not be deleted
    = 1
  `));

test('wait: creation, conditions, fields, absence', async () => {
  const namespace = await terminal.freshNamespace();
  const kubectl = async (line: string) => {
    const { code, stdout, stderr } = await terminal.run(['kubectl', ...line.split(' ')], namespace);
    assert.equal(code, 0, stderr);
    return stdout.trim();
  };
  const wait = (condition: string) =>
    kubectl(`wait --for=${condition} deployment/web --timeout=30s`);
  const met = 'deployment.apps/web condition met';
  const created = wait('create');
  await kubectl('create deployment web --image=c --replicas=0');
  assert.equal(await created, met);
  assert.equal(await wait('condition=Available'), met);
  const changed = wait('jsonpath={.spec.replicas}=2');
  await kubectl('scale deployment web --replicas=2');
  assert.equal(await changed, met);
  const gone = wait('delete');
  await kubectl('delete deployment web');
  // it says nothing when the object was gone before it looked
  assert.match(await gone, /^(deployment\.apps\/web condition met)?$/);
});
