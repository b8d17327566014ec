import { after, before, test } from 'node:test';
import { Terminal } from '../harness/terminal.ts';

/** kubectl describe: limits, storage and policies. */
let terminal: Terminal;
before(async () => {
  terminal = await Terminal.open();
});
after(() => terminal.close());

test('quota, budget, autoscaler, storage, policy', () =>
  terminal.play(
    `
    $ kubectl create quota small --hard=pods=2
    resourcequota/small created
    $ kubectl describe quota small
    Name:       small
    Namespace:  {ns}
    Resource    Used  Hard
    --------    ----  ----
    $ kubectl create pdb keep --selector=app=web --max-unavailable=1
    poddisruptionbudget.policy/keep created
    $ kubectl describe pdb keep
    Name:             keep
    Namespace:        {ns}
    Max unavailable:  1
    Selector:         app=web
    Status:
        Allowed disruptions:  0
        Current:              0
        Desired:              0
        Total:                0
    Events:                   <none>
    $ kubectl create -f objects.yaml
    persistentvolumeclaim/data created
    storageclass.storage.k8s.io/fast-{ns} created
    networkpolicy.networking.k8s.io/deny created
    limitrange/limits created
    $ kubectl get pvc,networkpolicy,limitrange
    NAME                         STATUS    VOLUME   CAPACITY   ACCESS MODES   STORAGECLASS   VOLUMEATTRIBUTESCLASS   AGE
    persistentvolumeclaim/data   Pending                                      fast           <unset>                 {age}

    NAME                                   POD-SELECTOR   AGE
    networkpolicy.networking.k8s.io/deny   app=web        {age}

    NAME                CREATED AT
    limitrange/limits   {*}T{*}Z
    $ kubectl describe pvc data
    Name:          data
    Namespace:     {ns}
    StorageClass:  fast
    Status:        Pending
    Volume:
    Labels:        <none>
    Annotations:   <none>
    Finalizers:    [kubernetes.io/pvc-protection]
    Capacity:
    Access Modes:
    VolumeMode:    Filesystem
    Used By:       <none>
    Events:        <none>
    $ kubectl get storageclass fast-{ns}
    NAME            PROVISIONER     RECLAIMPOLICY   VOLUMEBINDINGMODE   ALLOWVOLUMEEXPANSION   AGE
    fast-{ns}   example.com/x   Delete          Immediate           false                  {age}
    $ kubectl describe networkpolicy deny
    Name:         deny
    Namespace:    {ns}
    Created on:   {*}
    Labels:       <none>
    Annotations:  <none>
    Spec:
      PodSelector:     app=web
      Allowing ingress traffic:
        <none> (Selected pods are isolated for ingress connectivity)
      Not affecting egress traffic
      Policy Types: Ingress
    $ kubectl describe limitrange limits
    Name:       limits
    Namespace:  {ns}
    Type        Resource  Min  Max  Default Request  Default Limit  Max Limit/Request Ratio
    ----        --------  ---  ---  ---------------  -------------  -----------------------
    Container   cpu       -    2    100m             1              -
    $ kubectl describe storageclass fast-{ns}
    Name:                  fast-{ns}
    IsDefaultClass:        No
    Annotations:           <none>
    Provisioner:           example.com/x
    Parameters:            <none>
    AllowVolumeExpansion:  <unset>
    MountOptions:          <none>
    ReclaimPolicy:         Delete
    VolumeBindingMode:     Immediate
    Events:                <none>
  `,
    {
      'objects.yaml': `
apiVersion: v1
kind: PersistentVolumeClaim
metadata: { name: data }
spec:
  accessModes: [ReadWriteOnce]
  storageClassName: fast
  resources: { requests: { storage: 1Gi } }
---
apiVersion: storage.k8s.io/v1
kind: StorageClass
metadata: { name: fast-work-1 }
provisioner: example.com/x
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { name: deny }
spec: { podSelector: { matchLabels: { app: web } } }
---
apiVersion: v1
kind: LimitRange
metadata: { name: limits }
spec:
  limits:
    - type: Container
      max: { cpu: '2' }
      default: { cpu: '1' }
      defaultRequest: { cpu: 100m }
`,
    },
  ));
