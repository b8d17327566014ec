import { after, before, test } from 'node:test';
import { Terminal } from '../harness/terminal.ts';

/** kubectl get: every output form, and what is asked of the server for it. */
let terminal: Terminal;
before(async () => {
  terminal = await Terminal.open();
});
after(() => terminal.close());

const threeMaps = `
    $ kubectl create configmap b --from-literal=k=2
    configmap/b created
    $ kubectl create configmap a --from-literal=k=1
    configmap/a created
    $ kubectl create configmap c --from-literal=k=0 --from-literal=l=0
    configmap/c created
    $ kubectl label configmap a c team=x
    configmap/a labeled
    configmap/c labeled`;

test('the forms of output', () =>
  terminal.play(
    `${threeMaps}
    $ kubectl get configmap a -o yaml
    apiVersion: v1
    data:
      k: "1"
    kind: ConfigMap
    metadata:
      creationTimestamp: "{*}T{*}Z"
      labels:
        team: x
      name: a
      namespace: {ns}
      resourceVersion: "{*}"
      uid: {*}-{*}-{*}-{*}-{*}
    $ kubectl get configmap a -o json --show-managed-fields
    {
        "apiVersion": "v1",
        "data": {
            "k": "1"
        },
        "kind": "ConfigMap",
        "metadata": {
            "creationTimestamp": "{*}",
            "labels": {
                "team": "x"
            },
            "managedFields": [
                {
                    "apiVersion": "v1",
                    "fieldsType": "FieldsV1",
                    "fieldsV1": {
                        "f:data": {
                            ".": {},
                            "f:k": {}
                        }
                    },
                    "manager": "kubectl-create",
                    "operation": "Update",
                    "time": "{*}"
                },
                {
                    "apiVersion": "v1",
                    "fieldsType": "FieldsV1",
                    "fieldsV1": {
                        "f:metadata": {
                            "f:labels": {
                                ".": {},
                                "f:team": {}
                            }
                        }
                    },
                    "manager": "kubectl-label",
                    "operation": "Update",
                    "time": "{*}"
                }
            ],
            "name": "a",
            "namespace": "{ns}",
            "resourceVersion": "{*}",
            "uid": "{*}"
        }
    }
    $ kubectl get configmaps -o name
    configmap/a
    configmap/b
    configmap/c
    $ kubectl get configmaps -o jsonpath='{range .items[*]}{.metadata.name}={.data.k} {end}'
    a=1 b=2 c=0
    $ kubectl get configmaps -o jsonpath-as-json='{.items[*].data}'
    [
        {
            "k": "1"
        },
        {
            "k": "2"
        },
        {
            "k": "0",
            "l": "0"
        }
    ]
    $ kubectl get configmaps -o custom-columns=NAME:.metadata.name,L:.data.l
    NAME   L
    a      <none>
    b      <none>
    c      0
    $ kubectl get configmaps -o custom-columns-file=columns
    N   K
    a   1
    b   2
    c   0
    $ kubectl get configmaps -o go-template='{{range .items}}{{.metadata.name}} {{end}}'
    a b c
    $ kubectl get configmaps -o go-template-file=template
    3
    $ kubectl get configmaps -o kyaml -l team=x --field-selector metadata.name=a
    ---
    {
    ...
          name: "a",
    ...
    }
    $ kubectl get configmaps a none -o name
    configmap/a
    ! Error from server (NotFound): configmaps "none" not found
    = 1
    $ kubectl get configmaps none --ignore-not-found
    $ kubectl get -f file.json
    NAME   DATA   AGE
    c      2      {age}
    $ kubectl get configmaps -o xml
    ! error: unable to match a printer suitable for the output format "xml", allowed formats are: {*}
    = 1
  `,
    {
      columns: 'N              K\n.metadata.name .data.k\n',
      template: '{{len .items}}',
      'file.json': { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'c' } },
    },
  ));

test('tables: labels, headers, order, kinds, all namespaces', () =>
  terminal.play(`${threeMaps}
    $ kubectl get configmaps --show-labels
    NAME   DATA   AGE   LABELS
    a      1      {age}   team=x
    b      1      {age}   <none>
    c      2      {age}   team=x
    $ kubectl get configmaps -L team,none --no-headers
    a   1   {age}   x
    b   1   {age}
    c   2   {age}   x
    $ kubectl get configmaps --sort-by=.data.k
    NAME   DATA   AGE
    c      2      {age}
    a      1      {age}
    b      1      {age}
    $ kubectl get configmaps --sort-by='{.metadata.name}' -o name
    configmap/a
    configmap/b
    configmap/c
    $ kubectl get cm/a secret/none sa --ignore-not-found
    ! error: there is no need to specify a resource type as a separate argument when passing arguments in resource/name form {*}
    ...
    = 1
    $ kubectl get configmaps,secrets
    NAME          DATA   AGE
    configmap/a   1      {age}
    configmap/b   1      {age}
    configmap/c   2      {age}
    $ kubectl get configmaps --show-kind
    NAME          DATA   AGE
    configmap/a   1      {age}
    configmap/b   1      {age}
    configmap/c   2      {age}
    $ kubectl get configmaps -A --field-selector metadata.namespace={ns}
    NAMESPACE   NAME   DATA   AGE
    {ns}      a      1      {age}
    {ns}      b      1      {age}
    {ns}      c      2      {age}
    $ kubectl get secrets
    ! No resources found in {ns} namespace.
    $ kubectl get configmaps --server-print=false
    NAME   AGE
    a      {age}
    b      {age}
    c      {age}
    $ kubectl get configmap/a configmap/b
    NAME   DATA   AGE
    a      1      {age}
    b      1      {age}
    $ kubectl get unicorns
    ! error: the server doesn't have a resource type "unicorns"
    = 1
  `));

test('selectors and pages', () =>
  terminal.play(
    `${threeMaps}
    $ kubectl get configmaps -l team=x -o name
    configmap/a
    configmap/c
    $ kubectl get configmaps -l 'team notin (x),!other' -o name
    configmap/b
    $ kubectl get configmaps -l 'team in (x' -o name
    ! Error from server (BadRequest): {*}unable to parse requirement: found '', expected: ',' or ')'
    = 1
    $ kubectl get configmaps --field-selector metadata.name!=b -o name
    configmap/a
    configmap/c
    $ kubectl get configmaps --field-selector data.k=1
    ! Error from server (BadRequest): Unable to find "/v1, Resource=configmaps" that match label selector "", field selector "data.k=1": "data.k" is not a known field selector: only "metadata.name", "metadata.namespace"
    = 1
    $ kubectl get configmaps --chunk-size=1
    NAME   DATA   AGE
    a      1      {age}
    b      1      {age}
    c      2      {age}
    $ kubectl get configmaps --chunk-size=2 -o name
    configmap/a
    configmap/b
    configmap/c
    $ kubectl get --raw /api/v1/namespaces/{ns}/configmaps?limit=2 -v=0
    {"kind":"ConfigMapList","apiVersion":"v1","metadata":{"resourceVersion":"{*}","continue":"{*}","remainingItemCount":1},"items":[{*}]}
    $ kubectl get --raw /readyz
    ok
    $ kubectl get --raw /api/v1/namespaces/{ns}/configmaps/none
    ! Error from server (NotFound): configmaps "none" not found
    = 1
    $ kubectl create --raw /api/v1/namespaces/{ns}/configmaps -f raw.json
    {"kind":"ConfigMap","apiVersion":"v1","metadata":{"name":"raw","namespace":"{ns}",{*}
    $ kubectl replace --raw /api/v1/namespaces/{ns}/configmaps/raw -f raw2.json
    {"kind":"ConfigMap",{*}"data":{"a":"1"}}
    $ kubectl delete --raw /api/v1/namespaces/{ns}/configmaps/raw
    {"kind":"Status","apiVersion":"v1","metadata":{},"status":"Success","details":{"name":"raw","kind":"configmaps","uid":"{*}"}}
  `,
    {
      'raw.json': { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'raw' } },
      'raw2.json': {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { name: 'raw' },
        data: { a: '1' },
      },
    },
  ));

test('subresources', () =>
  terminal.play(`
    $ kubectl create deployment web --image=nginx --replicas=3
    deployment.apps/web created
    $ kubectl get deployment web --subresource=scale
    NAME   DESIRED   AVAILABLE   AGE
    web    3         0           {age}
    $ kubectl get deployment web --subresource=scale -o yaml
    apiVersion: autoscaling/v1
    kind: Scale
    metadata:
      creationTimestamp: "{*}"
      name: web
      namespace: {ns}
      resourceVersion: "{*}"
      uid: {*}
    spec:
      replicas: 3
    status:
      replicas: 0
      selector: app=web
    $ kubectl get deployment web --subresource=status -o jsonpath='{.status}'
    {}
    $ kubectl get deployment web --subresource=log
    ! Error from server (NotFound): the server could not find the requested resource
    = 1
    $ kubectl get deployment web -o wide
    NAME   READY   UP-TO-DATE   AVAILABLE   AGE   CONTAINERS   IMAGES   SELECTOR
    web    0/3     0            0           {age}   nginx        nginx    app=web
  `));
