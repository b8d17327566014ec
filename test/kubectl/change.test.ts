import { after, before, test } from 'node:test';
import { Terminal } from '../harness/terminal.ts';

/** kubectl's verbs that change what is there: patch, edit, label, annotate, set, expose, scale. */
let terminal: Terminal;
before(async () => {
  terminal = await Terminal.open();
});
after(() => terminal.close());

test('patch: three types, subresources, nothing to do', () =>
  terminal.play(
    `
    $ kubectl create deployment web --image=nginx
    deployment.apps/web created
    $ kubectl patch deployment web -p '{"spec":{"template":{"spec":{"containers":[{"name":"side","image":"busybox"}]}}}}'
    deployment.apps/web patched
    $ kubectl get deployment web -o jsonpath='{.spec.template.spec.containers[*].name}'
    side nginx
    $ kubectl patch deployment web -p '{"spec":{"template":{"spec":{"containers":[{"name":"side","$patch":"delete"}]}}}}'
    deployment.apps/web patched
    $ kubectl get deployment web -o jsonpath='{.spec.template.spec.containers[*].name}'
    nginx
    $ kubectl patch deployment web --type=merge -p '{"spec":{"replicas":2,"strategy":null}}'
    deployment.apps/web patched
    $ kubectl patch deployment web --type=merge -p '{"spec":{"replicas":2}}'
    deployment.apps/web patched (no change)
    $ kubectl patch deployment web --type=json -p '[{"op":"test","path":"/spec/replicas","value":2},{"op":"replace","path":"/spec/replicas","value":4}]'
    deployment.apps/web patched
    $ kubectl patch deployment web --type=json -p '[{"op":"remove","path":"/spec/none"}]'
    ! The request is invalid: the server rejected our request due to an error in our request
    = 1
    $ kubectl patch deployment web --type=json -p '[{"op":"test","path":"/spec/replicas","value":9}]'
    ! The request is invalid: the server rejected our request due to an error in our request
    = 1
    $ kubectl patch deployment web --subresource=scale --type=merge -p '{"spec":{"replicas":5}}'
    scale.autoscaling/web patched
    $ kubectl patch deployment web --subresource=status --type=merge -p '{"status":{"replicas":5,"observedGeneration":1}}'
    deployment.apps/web patched
    $ kubectl get deployment web -o jsonpath='{.spec.replicas} {.status.replicas}'
    5 5
    $ kubectl patch deployment web -p '{"spec":{"selector":{"matchLabels":{"app":"other"}}}}'
    ! The Deployment "web" is invalid:
    ! * spec.template.metadata.labels: Invalid value: {"app":"web"}: \`selector\` does not match template \`labels\`
    ! * spec.selector: Invalid value: {"matchLabels":{"app":"other"}}: field is immutable
    = 1
    $ kubectl patch deployment web -p '{"spec":{"replicas":-1}}'
    ! The Deployment "web" is invalid: spec.replicas: Invalid value: -1: must be greater than or equal to 0
    = 1
    $ kubectl patch deployment web -p '{"spec":{"replica":1}}' --type=merge
    ! Warning: unknown field "spec.replica"
    deployment.apps/web patched (no change)
    $ kubectl patch deployment none -p '{}'
    ! Error from server (NotFound): deployments.apps "none" not found
    = 1
    $ kubectl patch -f web.json --local -p '{"spec":{"replicas":3}}' -o jsonpath='{.spec.replicas}'
    3
  `,
    {
      'web.json': {
        apiVersion: 'apps/v1',
        kind: 'Deployment',
        metadata: { name: 'web' },
        spec: { replicas: 1 },
      },
    },
  ));

test('edit, label, annotate', () =>
  terminal.play(`
    $ kubectl create configmap one --from-literal=k=before-edit
    configmap/one created
    $ kubectl edit configmap one
    configmap/one edited
    $ kubectl edit configmap one
    ! Edit cancelled, no changes made.
    $ kubectl get configmap one -o jsonpath='{.data.k}'
    after-edit
    $ kubectl label configmap one a=1 b=2
    configmap/one labeled
    $ kubectl label configmap one a=2
    ! error: 'a' already has a value (1), and --overwrite is false
    = 1
    $ kubectl label configmap one a=2 b- --overwrite
    configmap/one labeled
    $ kubectl label configmap one a=2
    configmap/one not labeled
    $ kubectl label configmap one 'a=no spaces'
    ! error: invalid label value: "a=no spaces": a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')
    = 1
    $ kubectl label configmap one --list
    a=2
    $ kubectl label configmap --all c=3 --resource-version=1
    ! error: --resource-version may only be used with a single resource
    = 1
    $ kubectl label configmap one c=3 --resource-version=1
    ! Error from server (Conflict): Operation cannot be fulfilled on configmaps "one": the object has been modified; please apply your changes to the latest version and try again
    = 1
    $ kubectl label configmap -l a=2 c=3 --dry-run=server
    configmap/one labeled (server dry run)
    $ kubectl annotate configmap one note=hello
    configmap/one annotated
    $ kubectl annotate configmap one note-
    configmap/one annotated
    $ kubectl annotate configmap one note=x --field-manager=me
    configmap/one annotated
    $ kubectl get configmap one -o jsonpath='{.metadata.annotations} {.metadata.managedFields[*].manager}'
    {"note":"x"} kubectl-create kubectl-edit kubectl-label me
  `));

test('set', () =>
  terminal.play(`
    $ kubectl create deployment web --image=nginx
    deployment.apps/web created
    $ kubectl set image deployment/web nginx=nginx:2
    deployment.apps/web image updated
    $ kubectl set image deployment/web none=nginx:2
    ! error: unable to find container named "none"
    = 1
    $ kubectl set env deployment/web A=1 B=2
    deployment.apps/web env updated
    $ kubectl set env deployment/web A-
    deployment.apps/web env updated
    $ kubectl set env deployment/web --list
    # Deployment web, container nginx
    B=2
    $ kubectl set resources deployment/web --limits=cpu=200m,memory=64Mi --requests=cpu=100m
    deployment.apps/web resource requirements updated
    $ kubectl set resources deployment/web --limits=cpu=1 --requests=cpu=2
    ! error: failed to patch resources update to pod template Deployment.apps "web" is invalid: spec.template.spec.containers[0].resources.requests: Invalid value: "2": must be less than or equal to cpu limit of 1
    = 1
    $ kubectl set serviceaccount deployment web bot
    deployment.apps/web serviceaccount updated
    $ kubectl get deployment web -o jsonpath='{.spec.template.spec.containers[0].image} {.spec.template.spec.containers[0].env} {.spec.template.spec.containers[0].resources} {.spec.template.spec.serviceAccountName}'
    nginx:2 [{"name":"B","value":"2"}] {"limits":{"cpu":"200m","memory":"64Mi"},"requests":{"cpu":"100m"}} bot
    $ kubectl create service clusterip front --tcp=80
    service/front created
    $ kubectl set selector service front app=web,tier=one
    service/front selector updated
    $ kubectl get service front -o jsonpath='{.spec.selector}'
    {"app":"web","tier":"one"}
    $ kubectl create rolebinding readers --clusterrole=view --user=jane
    rolebinding.rbac.authorization.k8s.io/readers created
    $ kubectl set subject rolebinding readers --group=team --serviceaccount={ns}:bot
    rolebinding.rbac.authorization.k8s.io/readers subjects updated
    $ kubectl get rolebinding readers -o jsonpath='{.subjects[*].kind}'
    User Group ServiceAccount
  `));

test('expose, scale, autoscale', () =>
  terminal.play(`
    $ kubectl create deployment web --image=nginx --port=8080
    deployment.apps/web created
    $ kubectl expose deployment web --port=80 --target-port=8080 --name=front
    service/front exposed
    $ kubectl get service front -o jsonpath='{.spec.ports[0]} {.spec.selector}'
    {"port":80,"protocol":"TCP","targetPort":8080} {"app":"web"}
    $ kubectl expose service front --type=NodePort --port=81 --name=door
    service/door exposed
    $ kubectl expose deployment web --port=80 --name=front
    ! Error from server (AlreadyExists): services "front" already exists
    = 1
    $ kubectl scale deployment web --replicas=3
    deployment.apps/web scaled
    $ kubectl scale deployment web --current-replicas=1 --replicas=4
    ! error: Expected replicas to be 1, was 3
    = 1
    $ kubectl scale deployment web --replicas=2 --dry-run=server
    deployment.apps/web scaled (server dry run)
    $ kubectl scale deployment none --replicas=2
    ! Error from server (NotFound): deployments.apps "none" not found
    = 1
    $ kubectl scale configmap none --replicas=2
    ! Error from server (NotFound): configmaps "none" not found
    = 1
    $ kubectl get deployment web -o jsonpath='{.spec.replicas}'
    3
    $ kubectl autoscale deployment web --min=2 --max=5 --cpu=70%
    horizontalpodautoscaler.autoscaling/web autoscaled
    $ kubectl get hpa web
    NAME   REFERENCE        TARGETS              MINPODS   MAXPODS   REPLICAS   AGE
    web    Deployment/web   cpu: <unknown>/70%   2         5         0          {age}
    $ kubectl get horizontalpodautoscalers.v1.autoscaling web -o jsonpath='{.apiVersion} {.spec.targetCPUUtilizationPercentage}'
    autoscaling/v1 70
  `));
