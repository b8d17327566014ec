import { after, before, test } from 'node:test';
import { Terminal } from '../harness/terminal.ts';

/** kubectl describe: what the server's objects look like to a person. */
let terminal: Terminal;
before(async () => {
  terminal = await Terminal.open();
});
after(() => terminal.close());

test('config, secrets, accounts, roles', () =>
  terminal.play(`
    $ kubectl create configmap one --from-literal=k=v
    configmap/one created
    $ kubectl describe configmap one
    Name:         one
    Namespace:    {ns}
    Labels:       <none>
    Annotations:  <none>

    Data
    ====
    k:
    ----
    v


    BinaryData
    ====

    Events:  <none>
    $ kubectl create secret generic login --from-literal=user=admin
    secret/login created
    $ kubectl describe secret login
    Name:         login
    Namespace:    {ns}
    Labels:       <none>
    Annotations:  <none>

    Type:  Opaque

    Data
    ====
    user:  5 bytes
    $ kubectl create serviceaccount bot
    serviceaccount/bot created
    $ kubectl describe serviceaccount bot
    Name:                bot
    Namespace:           {ns}
    Labels:              <none>
    Annotations:         <none>
    Image pull secrets:  <none>
    Events:              <none>
    $ kubectl create role reader --verb=get,list --resource=pods
    role.rbac.authorization.k8s.io/reader created
    $ kubectl describe role reader
    Name:         reader
    Labels:       <none>
    Annotations:  <none>
    PolicyRule:
      Resources  Non-Resource URLs  Resource Names  Verbs
      ---------  -----------------  --------------  -----
      pods       []                 []              [get list]
    $ kubectl create rolebinding readers --role=reader --serviceaccount={ns}:bot
    rolebinding.rbac.authorization.k8s.io/readers created
    $ kubectl describe rolebinding readers
    Name:         readers
    Labels:       <none>
    Annotations:  <none>
    Role:
      Kind:  Role
      Name:  reader
    Subjects:
      Kind            Name  Namespace
      ----            ----  ---------
      ServiceAccount  bot   {ns}
    $ kubectl describe namespace {ns}
    Name:         {ns}
    Labels:       kubernetes.io/metadata.name={ns}
    Annotations:  <none>
    Status:       Active

    No resource quota.

    No LimitRange resource.
    $ kubectl describe configmap none
    ! Error from server (NotFound): configmaps "none" not found
    = 1
    $ kubectl describe configmap on
    Name:         one
    ...
  `));

test('workloads and services', () =>
  terminal.play(`
    $ kubectl create deployment web --image=nginx --port=80 --replicas=2
    deployment.apps/web created
    $ kubectl describe deployment web
    Name:                   web
    Namespace:              {ns}
    CreationTimestamp:      {*}
    Labels:                 app=web
    Annotations:            <none>
    Selector:               app=web
    Replicas:               2 desired | 0 updated | 0 total | 0 available | 0 unavailable
    StrategyType:           RollingUpdate
    MinReadySeconds:        0
    RollingUpdateStrategy:  25% max unavailable, 25% max surge
    Pod Template:
      Labels:  app=web
      Containers:
       nginx:
        Image:         nginx
        Port:          80/TCP
        Host Port:     0/TCP
        Environment:   <none>
        Mounts:        <none>
      Volumes:         <none>
      Node-Selectors:  <none>
      Tolerations:     <none>
    Events:            <none>
    $ kubectl create job once --image=busybox -- true
    job.batch/once created
    $ kubectl describe job once
    Name:             once
    Namespace:        {ns}
    Selector:         batch.kubernetes.io/controller-uid={*}
    Labels:           batch.kubernetes.io/controller-uid={*}
                      batch.kubernetes.io/job-name=once
                      controller-uid={*}
                      job-name=once
    Annotations:      <none>
    Parallelism:      1
    Completions:      1
    Completion Mode:  NonIndexed
    Suspend:          false
    Backoff Limit:    6
    Pods Statuses:    0 Active / 0 Succeeded / 0 Failed
    Pod Template:
      Labels:  batch.kubernetes.io/controller-uid={*}
    ...
    Events:            <none>
    $ kubectl create cronjob nightly --image=busybox --schedule='0 3 * * *'
    cronjob.batch/nightly created
    $ kubectl describe cronjob nightly
    Name:                          nightly
    Namespace:                     {ns}
    Labels:                        <none>
    Annotations:                   <none>
    Schedule:                      0 3 * * *
    Concurrency Policy:            Allow
    Suspend:                       False
    Successful Job History Limit:  3
    Failed Job History Limit:      1
    Starting Deadline Seconds:     <unset>
    Selector:                      <unset>
    Parallelism:                   <unset>
    Completions:                   <unset>
    Pod Template:
    ...
    Last Schedule Time:  <unset>
    Active Jobs:         <none>
    Events:              <none>
    $ kubectl create service clusterip front --tcp=80:8080 --clusterip=10.0.0.78
    service/front created
    $ kubectl describe service front
    Name:                     front
    Namespace:                {ns}
    Labels:                   app=front
    Annotations:              <none>
    Selector:                 app=front
    Type:                     ClusterIP
    IP Family Policy:         SingleStack
    IP Families:              IPv4
    IP:                       10.0.0.78
    IPs:                      10.0.0.78
    Port:                     80-8080  80/TCP
    TargetPort:               8080/TCP
    Endpoints:                <none>
    Session Affinity:         None
    Internal Traffic Policy:  Cluster
    Events:                   <none>
    $ kubectl create ingress shop --rule='shop.example.com/cart=front:80'
    ingress.networking.k8s.io/shop created
    $ kubectl describe ingress shop
    Name:             shop
    Labels:           <none>
    Namespace:        {ns}
    Address:
    Ingress Class:    <none>
    Default backend:  <default>
    Rules:
      Host              Path  Backends
      ----              ----  --------
      shop.example.com
                        /cart   front:80 (<none>)
    Annotations:        <none>
    Events:             <none>
  `));
