import { after, before, test } from 'node:test';
import { Terminal } from '../harness/terminal.ts';

/** kubectl create, with every generator. */
let terminal: Terminal;
before(async () => {
  terminal = await Terminal.open();
});
after(() => terminal.close());

test('workloads', () =>
  terminal.play(`
    $ kubectl create deployment web --image=nginx --replicas=2 --port=80
    deployment.apps/web created
    $ kubectl get deployment web
    NAME   READY   UP-TO-DATE   AVAILABLE   AGE
    web    0/2     0            0           {age}
    $ kubectl get deployment web -o jsonpath='{.spec.template.spec.containers[0]}'
    {"image":"nginx","imagePullPolicy":"Always","name":"nginx","ports":[{"containerPort":80,"protocol":"TCP"}],"resources":{},"terminationMessagePath":"/dev/termination-log","terminationMessagePolicy":"File"}
    $ kubectl create deployment web --image=nginx
    ! error: failed to create deployment: deployments.apps "web" already exists
    = 1
    $ kubectl create deployment Web --image=nginx
    ! error: failed to create deployment: Deployment.apps "Web" is invalid: metadata.name: Invalid value: "Web": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')
    = 1
    $ kubectl create job once --image=busybox -- sh -c 'exit 0'
    job.batch/once created
    $ kubectl get job once
    NAME   STATUS    COMPLETIONS   DURATION   AGE
    once   Running   0/1                      {age}
    $ kubectl create cronjob nightly --image=busybox --schedule='0 3 * * *' -- true
    cronjob.batch/nightly created
    $ kubectl get cronjob
    NAME      SCHEDULE    TIMEZONE   SUSPEND   ACTIVE   LAST SCHEDULE   AGE
    nightly   0 3 * * *   <none>     False     0        <none>          {age}
    $ kubectl create job by-hand --from=cronjob/nightly
    job.batch/by-hand created
    $ kubectl get job by-hand -o jsonpath='{.metadata.ownerReferences[0].kind} {.metadata.annotations}'
    CronJob {"cronjob.kubernetes.io/instantiate":"manual"}
    $ kubectl create cronjob wrong --image=busybox --schedule='61 * * * *'
    ! error: failed to create cronjob: CronJob.batch "wrong" is invalid: spec.schedule: Invalid value: "61 * * * *": end of range (61) above maximum (59): 61
    = 1
  `));

test('services', () =>
  terminal.play(`
    $ kubectl create service clusterip front --tcp=80:8080 --clusterip=10.0.0.77
    service/front created
    $ kubectl get service front -o wide
    NAME    TYPE        CLUSTER-IP   EXTERNAL-IP   PORT(S)   AGE   SELECTOR
    front   ClusterIP   10.0.0.77    <none>        80/TCP    {age}   app=front
    $ kubectl create service clusterip again --tcp=80 --clusterip=10.0.0.77
    ! error: failed to create ClusterIP service: Service "again" is invalid: spec.clusterIPs: Invalid value: ["10.0.0.77"]: failed to allocate IP 10.0.0.77: provided IP is already allocated
    = 1
    $ kubectl create service clusterip headless --clusterip=None
    service/headless created
    $ kubectl create service nodeport door --tcp=80:8080 --node-port=30123
    service/door created
    $ kubectl get service door
    NAME   TYPE       CLUSTER-IP   EXTERNAL-IP   PORT(S)        AGE
    door   NodePort   10.0.0.{*}   <none>        80:30123/TCP   {age}
    $ kubectl create service nodeport door2 --tcp=80 --node-port=30123
    ! error: failed to create NodePort service: Service "door2" is invalid: spec.ports[0].nodePort: Invalid value: 30123: provided port is already allocated
    = 1
    $ kubectl create service loadbalancer balanced --tcp=443:8443
    service/balanced created
    $ kubectl get service balanced
    NAME       TYPE           CLUSTER-IP   EXTERNAL-IP   PORT(S)         AGE
    balanced   LoadBalancer   10.0.0.{*}   <pending>     443:{*}/TCP   {age}
    $ kubectl create service externalname elsewhere --external-name=example.com
    service/elsewhere created
    $ kubectl get service elsewhere headless
    NAME        TYPE           CLUSTER-IP   EXTERNAL-IP   PORT(S)   AGE
    elsewhere   ExternalName   <none>       example.com   <none>    {age}
    headless    ClusterIP      None         <none>        <none>    {age}
    $ kubectl create ingress shop --class=nginx --rule='shop.example.com/cart*=cart:80,tls=shop-tls' --default-backend=front:80
    ingress.networking.k8s.io/shop created
    $ kubectl get ingress
    NAME   CLASS   HOSTS              ADDRESS   PORTS     AGE
    shop   nginx   shop.example.com             80, 443   {age}
    $ kubectl get ingress shop -o jsonpath='{.spec.rules[0].http.paths[0]}'
    {"backend":{"service":{"name":"cart","port":{"number":80}}},"path":"/cart","pathType":"Prefix"}
  `));

test('roles and bindings', () =>
  terminal.play(`
    $ kubectl create role reader --verb=get,list --resource=pods,deployments.apps --resource-name=one
    role.rbac.authorization.k8s.io/reader created
    $ kubectl get role reader -o jsonpath='{.rules}'
    [{"apiGroups":[""],"resourceNames":["one"],"resources":["pods"],"verbs":["get","list"]},{"apiGroups":["apps"],"resourceNames":["one"],"resources":["deployments"],"verbs":["get","list"]}]
    $ kubectl create role subresource --verb=update --resource=deployments/scale,pods/status
    role.rbac.authorization.k8s.io/subresource created
    $ kubectl create role nothing --verb=get --resource=unicorns
    ! the server doesn't have a resource type "unicorns"
    = 1
    $ kubectl create rolebinding readers --role=reader --user=jane --group=team --serviceaccount={ns}:bot
    rolebinding.rbac.authorization.k8s.io/readers created
    $ kubectl get rolebinding readers -o wide
    NAME      ROLE          AGE   USERS   GROUPS   SERVICEACCOUNTS
    readers   Role/reader   {age}   jane    team     {ns}/bot
    $ kubectl create clusterrole probe-{ns} --verb=get --non-resource-url=/healthz/*
    clusterrole.rbac.authorization.k8s.io/probe-{ns} created
    $ kubectl create clusterrole sum-{ns} --aggregation-rule=team={ns}
    clusterrole.rbac.authorization.k8s.io/sum-{ns} created
    $ kubectl create clusterrolebinding probe-{ns} --clusterrole=probe-{ns} --group=probers
    clusterrolebinding.rbac.authorization.k8s.io/probe-{ns} created
    $ kubectl get clusterrolebinding probe-{ns}
    NAME           ROLE                       AGE
    probe-{ns}   ClusterRole/probe-{ns}   {age}
  `));

test('quota, priority class, disruption budget, namespace', () =>
  terminal.play(`
    $ kubectl create quota small --hard=pods=2,requests.cpu=1 --scopes=NotTerminating
    resourcequota/small created
    $ kubectl get quota small -o jsonpath='{.spec}'
    {"hard":{"pods":"2","requests.cpu":"1"},"scopes":["NotTerminating"]}
    $ kubectl create quota wrong --hard=pods=-1
    ! error: failed to create quota: ResourceQuota "wrong" is invalid: spec.hard[pods]: Invalid value: "-1": must be greater than or equal to 0
    = 1
    $ kubectl create priorityclass important-{ns} --value=1000 --description=more --preemption-policy=Never
    priorityclass.scheduling.k8s.io/important-{ns} created
    $ kubectl get priorityclass important-{ns}
    NAME               VALUE   GLOBAL-DEFAULT   AGE   PREEMPTIONPOLICY
    important-{ns}   1000    false            {age}   Never
    $ kubectl create priorityclass system-mine --value=1
    ! error: failed to create priorityclass: PriorityClass.scheduling.k8s.io "system-mine" is invalid: metadata.name: Forbidden: priority class names with 'system-' prefix are reserved for system use only. error: system-mine is not a known system priority class
    = 1
    $ kubectl create pdb keep --selector=app=web --min-available=50%
    poddisruptionbudget.policy/keep created
    $ kubectl get pdb
    NAME   MIN AVAILABLE   MAX UNAVAILABLE   ALLOWED DISRUPTIONS   AGE
    keep   50%             N/A               0                     {age}
    $ kubectl create namespace {ns}-more
    namespace/{ns}-more created
    $ kubectl get ns {ns}-more
    NAME          STATUS   AGE
    {ns}-more   Active   {age}
  `));

test('secrets, config maps, service accounts, tokens', () =>
  terminal.play(
    `
    $ kubectl create secret generic login --from-literal=user=admin --from-file=key=key.txt --type=example.com/login
    secret/login created
    $ kubectl get secret login -o jsonpath='{.data} {.type}'
    {"key":"a2V5","user":"YWRtaW4="} example.com/login
    $ kubectl create secret tls pair --cert=ca.crt --key=ca.crt
    ! error: tls: {*}
    = 1
    $ kubectl create secret docker-registry pull --docker-server=r.example.com --docker-username=u --docker-password=p
    secret/pull created
    $ kubectl get secrets
    NAME    TYPE                             DATA   AGE
    login   example.com/login                2      {age}
    pull    kubernetes.io/dockerconfigjson   1      {age}
    $ kubectl create configmap settings --from-literal=a=1 --from-file=key.txt --from-env-file=env --append-hash
    ! error: from-env-file cannot be combined with from-file or from-literal
    = 1
    $ kubectl create configmap settings --from-literal=a=1 --from-file=key.txt
    configmap/settings created
    $ kubectl create configmap env --from-env-file=env
    configmap/env created
    $ kubectl get configmap settings env -o jsonpath='{range .items[*]}{.data}{"\\n"}{end}'
    {"a":"1","key.txt":"key"}
    {"A":"1","B":"two"}
    $ kubectl get configmap settings env
    NAME       DATA   AGE
    settings   2      {age}
    env        2      {age}
    $ kubectl create serviceaccount bot
    serviceaccount/bot created
    $ kubectl get sa bot
    NAME   AGE
    bot    {age}
    $ kubectl create token bot --duration=10m --audience=a
    {*}.{*}.{*}
    $ kubectl create token bot --duration=1m
    ! error: failed to create token: TokenRequest.authentication.k8s.io "" is invalid: spec.expirationSeconds: Invalid value: 60: may not specify a duration less than 10 minutes
    = 1
    $ kubectl create token nobody
    ! error: failed to create token: serviceaccounts "nobody" not found
    = 1
  `,
    { 'key.txt': 'key', env: 'A=1\nB=two\n' },
  ));
