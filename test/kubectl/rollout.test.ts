import { after, before, test } from 'node:test';
import { Terminal } from '../harness/terminal.ts';

/** kubectl rollout, with the controllers of workloads; no pod ever runs, so nothing completes by itself. */
let terminal: Terminal;
before(async () => {
  terminal = await Terminal.open({ controllers: true });
});
after(() => terminal.close());

test('a Deployment: status, history, pause, resume, restart, undo', () =>
  terminal.play(`
    $ kubectl create deployment web --image=c:1 --replicas=0
    deployment.apps/web created
    $ kubectl rollout status deployment/web --timeout=30s
    ...
    deployment "web" successfully rolled out
    $ kubectl annotate deployment web kubernetes.io/change-cause=first
    deployment.apps/web annotated
    $ kubectl set image deployment/web c=c:2
    deployment.apps/web image updated
    $ kubectl annotate deployment web kubernetes.io/change-cause=second --overwrite
    deployment.apps/web annotated
    $ kubectl wait --for=jsonpath='{.metadata.annotations.deployment\\.kubernetes\\.io/revision}'=2 deployment/web --timeout=30s
    deployment.apps/web condition met
    $ kubectl rollout status deployment/web --timeout=30s
    ...
    deployment "web" successfully rolled out
    $ kubectl rollout history deployment/web --revision=1
    deployment.apps/web with revision #1
    Pod Template:
      Labels:	app=web
    	pod-template-hash={*}
      Annotations:	kubernetes.io/change-cause: first
      Containers:
       c:
        Image:	c:1
        Port:	<none>
        Host Port:	<none>
        Environment:	<none>
        Mounts:	<none>
      Volumes:	<none>
      Node-Selectors:	<none>
      Tolerations:	<none>
    $ kubectl rollout pause deployment/web
    deployment.apps/web paused
    $ kubectl rollout pause deployment/web
    ! error: deployments.apps "web" is already paused
    = 1
    $ kubectl rollout restart deployment/web
    ! error: deployments.apps "web" can't restart paused deployment (run rollout resume first)
    = 1
    $ kubectl rollout resume deployment/web
    deployment.apps/web resumed
    $ kubectl rollout undo deployment/web
    deployment.apps/web rolled back
    $ kubectl rollout status deployment/web --timeout=30s
    ...
    deployment "web" successfully rolled out
    $ kubectl get deployment web -o jsonpath='{.spec.template.spec.containers[0].image}'
    c:1
    $ kubectl rollout history deployment/web
    deployment.apps/web
    REVISION  CHANGE-CAUSE
    2         second
    3         {*}
    $ kubectl rollout restart deployment/web
    deployment.apps/web restarted
    $ kubectl wait --for=jsonpath='{.metadata.annotations.deployment\\.kubernetes\\.io/revision}'=4 deployment/web --timeout=30s
    deployment.apps/web condition met
    $ kubectl rollout undo deployment/web --to-revision=9
    ! error: unable to find specified revision 9 in history
    = 1
  `));

test('StatefulSets and DaemonSets have revisions, too', () =>
  terminal.play(
    `
    $ kubectl create -f db.json -f agent.json
    statefulset.apps/db created
    daemonset.apps/agent created
    $ kubectl rollout status daemonset/agent --timeout=30s
    ...
    daemon set "agent" successfully rolled out
    $ kubectl rollout status statefulset/db --timeout=30s
    ...
    $ kubectl set image daemonset/agent c=c:2
    daemonset.apps/agent image updated
    $ kubectl wait --for=jsonpath='{.status.observedGeneration}'=2 daemonset/agent --timeout=30s
    daemonset.apps/agent condition met
    $ kubectl rollout history daemonset/agent
    daemonset.apps/agent
    REVISION  CHANGE-CAUSE
    1         <none>
    2         <none>
    $ kubectl rollout undo daemonset/agent
    daemonset.apps/agent rolled back
    $ kubectl get daemonset agent -o jsonpath='{.spec.template.spec.containers[0].image}'
    c:1
    $ kubectl get daemonset,statefulset -o wide
    NAME                   DESIRED   CURRENT   READY   UP-TO-DATE   AVAILABLE   NODE SELECTOR   AGE     CONTAINERS   IMAGES   SELECTOR
    daemonset.apps/agent   0         0         0       0            0           <none>          {age}   c            c:1      app=agent

    NAME                  READY   AGE     CONTAINERS   IMAGES
    statefulset.apps/db   0/0     {age}   c            c:1
    $ kubectl rollout restart statefulset/db
    statefulset.apps/db restarted
    $ kubectl rollout history job/none
    ! Error from server (NotFound): jobs.batch "none" not found
    = 1
  `,
    {
      'db.json': workload('StatefulSet', 'db', { serviceName: 'db', replicas: 0 }),
      'agent.json': workload('DaemonSet', 'agent', {}),
    },
  ));

function workload(kind: string, name: string, spec: object) {
  return {
    apiVersion: 'apps/v1',
    kind,
    metadata: { name },
    spec: {
      selector: { matchLabels: { app: name } },
      template: {
        metadata: { labels: { app: name } },
        spec: { containers: [{ name: 'c', image: 'c:1' }] },
      },
      ...spec,
    },
  };
}
