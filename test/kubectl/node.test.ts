import { after, before, test } from 'node:test';
import { Terminal } from '../harness/terminal.ts';

/** kubectl on nodes and pods: taint, cordon, drain, run, events. The nodes are objects only. */
let terminal: Terminal;
before(async () => {
  terminal = await Terminal.open({
    controllers: true,
  });
});
after(() => terminal.close());

const node = (name: string) => ({
  apiVersion: 'v1',
  kind: 'Node',
  metadata: { name, labels: { 'kubernetes.io/hostname': name } },
  status: {
    capacity: { cpu: '4', memory: '8Gi', pods: '110' },
    allocatable: { cpu: '4', memory: '8Gi', pods: '110' },
    conditions: [{ type: 'Ready', status: 'True', reason: 'KubeletReady', message: 'ready' }],
    nodeInfo: {
      kubeletVersion: 'v1.36.0',
      osImage: 'Linux',
      kernelVersion: '6',
      containerRuntimeVersion: 'none://1',
    },
  },
});

test('taint, cordon, uncordon, label a node', () =>
  terminal.play(
    `
    $ kubectl create -f n1.json
    node/n1 created
    $ kubectl get node n1
    NAME   STATUS   ROLES    AGE     VERSION
    n1     Ready    <none>   {age}   v1.36.0
    $ kubectl get node n1 -o wide
    NAME   STATUS   ROLES    AGE     VERSION   INTERNAL-IP   EXTERNAL-IP   OS-IMAGE   KERNEL-VERSION   CONTAINER-RUNTIME
    n1     Ready    <none>   {age}   v1.36.0   <none>        <none>        Linux      6                none://1
    $ kubectl label node n1 node-role.kubernetes.io/worker=
    node/n1 labeled
    $ kubectl taint node n1 dedicated=db:NoSchedule
    node/n1 tainted
    $ kubectl taint node n1 dedicated=web:NoSchedule
    ! error: node n1 already has dedicated taint(s) with same effect(s) and --overwrite is false
    = 1
    $ kubectl taint node n1 dedicated=web:NoSchedule --overwrite
    node/n1 modified
    $ kubectl get node n1 -o jsonpath='{.spec.taints[?(@.key=="dedicated")]}'
    {"effect":"NoSchedule","key":"dedicated","value":"web"}
    $ kubectl taint node n1 dedicated=x:Never
    ! error: invalid taint effect: Never, unsupported taint effect
    ! See 'kubectl taint -h' for help and examples
    = 1
    $ kubectl taint node n1 dedicated-
    node/n1 untainted
    $ kubectl cordon n1
    node/n1 cordoned
    $ kubectl cordon n1
    node/n1 already cordoned
    $ kubectl get node n1
    NAME   STATUS                     ROLES    AGE     VERSION
    n1     Ready,SchedulingDisabled   worker   {age}   v1.36.0
    $ kubectl uncordon n1
    node/n1 uncordoned
    $ kubectl delete node n1
    node "n1" deleted
  `,
    { 'n1.json': node('n1') },
  ));

test('drain: evicts, respects budgets, names what stops it', () =>
  terminal.play(
    `
    $ kubectl create -f n2.json
    node/n2 created
    $ kubectl create deployment web --image=c --replicas=2
    deployment.apps/web created
    $ kubectl wait --for=jsonpath='{.status.updatedReplicas}'=2 deployment/web --timeout=30s
    deployment.apps/web condition met
    $ kubectl wait --for=condition=PodScheduled pod -l app=web --timeout=30s
    ...
    $ kubectl run alone --image=c --restart=Never --labels=app=alone
    pod/alone created
    $ kubectl wait --for=condition=PodScheduled pod/alone --timeout=30s
    pod/alone condition met
    $ kubectl drain n2
    node/n2 cordoned
    ! error: unable to drain node "n2" due to error: cannot delete cannot delete Pods that declare no controller (use --force to override): {ns}/alone, continuing command...
    ! There are pending nodes to be drained:
    !  n2
    ! cannot delete cannot delete Pods that declare no controller (use --force to override): {ns}/alone
    = 1
    $ kubectl drain n2 --force --dry-run=server
    ...
    ! Warning: {*}
    $ kubectl create pdb alone --selector=app=alone --min-available=1
    poddisruptionbudget.policy/alone created
    $ kubectl wait --for=jsonpath='{.status.observedGeneration}'=1 pdb/alone --timeout=30s
    poddisruptionbudget.policy/alone condition met
    $ kubectl patch pod alone --subresource=status -p '{"status":{"phase":"Running","conditions":[{"type":"Ready","status":"True"}]}}'
    pod/alone patched
    $ kubectl wait --for=jsonpath='{.status.currentHealthy}'=1 pdb/alone --timeout=30s
    poddisruptionbudget.policy/alone condition met
    $ kubectl drain n2 --force --pod-selector=app=alone --timeout=1s
    node/n2 already cordoned
    evicting pod {ns}/alone
    ...
    ! Warning: deleting Pods that declare no controller: {ns}/alone
    ! error when evicting pods/"alone" -n "{ns}" (will retry after 5s): Cannot evict pod as it would violate the pod's disruption budget.
    ! ...
    = 1
    $ kubectl drain n2 --force --disable-eviction --grace-period=0 --timeout=30s
    ...
    node/n2 drained
    ! Warning: {*}
  `,
    { 'n2.json': node('n2') },
  ));

test('run, events, logs', () =>
  terminal.play(`
    $ kubectl run one --image=c --port=80 --env=A=1 --labels=app=one --dry-run=client -o jsonpath='{.spec.containers[0].env}'
    [{"name":"A","value":"1"}]
    $ kubectl run one --image=c --port=80 --expose
    service/one created
    pod/one created
    $ kubectl get pod one -o wide
    NAME   READY   STATUS    RESTARTS   AGE     IP       NODE     NOMINATED NODE   READINESS GATES
    one    0/1     Pending   0          {age}   <none>   <none>   <none>           <none>
    $ kubectl wait --for=jsonpath='{.status.conditions[0].reason}'=Unschedulable pod/one --timeout=30s
    pod/one condition met
    $ kubectl events --for=pod/one --types=Warning
    LAST SEEN   TYPE      REASON             OBJECT    MESSAGE
    {age}       Warning   FailedScheduling   Pod/one   {*}
    $ kubectl get events --field-selector involvedObject.name=one,type=Warning
    LAST SEEN   TYPE      REASON             OBJECT    MESSAGE
    {age}       Warning   FailedScheduling   pod/one   {*}
    $ kubectl logs one
    $ kubectl exec one -- true
    ! Error from server (BadRequest): pod one does not have a host assigned
    = 1
    $ kubectl attach one
    ! All commands and output from this session will be recorded in container logs, including credentials and sensitive information passed through the command prompt.
    ! If you don't see a command prompt, try pressing enter.
    ! Error from server (BadRequest): pod one does not have a host assigned
    = 1
    $ kubectl port-forward pod/one 8080
    ! error: unable to forward port because pod is not running. Current status=Pending
    = 1
    $ kubectl set image pod/one one=d
    pod/one image updated
    $ kubectl top pods
    ! error: Metrics API not available
    = 1
    $ kubectl top nodes
    ! error: Metrics API not available
    = 1
  `));
