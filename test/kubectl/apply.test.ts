import { after, before, test } from 'node:test';
import { Terminal } from '../harness/terminal.ts';

/** kubectl apply in both its ways, diff, replace and kustomize. */
let terminal: Terminal;
before(async () => {
  terminal = await Terminal.open();
});
after(() => terminal.close());

const map = (name: string, data: object, labels?: object) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, ...(labels === undefined ? {} : { labels }) },
  data,
});

const web = (image: string, more: object = {}) => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'web' },
  spec: {
    selector: { matchLabels: { app: 'web' } },
    template: {
      metadata: { labels: { app: 'web' } },
      spec: { containers: [{ name: 'web', image, ports: [{ containerPort: 80 }] }], ...more },
    },
  },
});

test('client-side', () =>
  terminal.play(
    `
    $ kubectl apply -f one.json -f web1.json
    configmap/one created
    deployment.apps/web created
    $ kubectl apply -f one.json -f web1.json
    configmap/one unchanged
    deployment.apps/web unchanged
    $ kubectl apply -f two.json -f web2.json
    configmap/one configured
    deployment.apps/web configured
    $ kubectl get configmap one -o jsonpath='{.data}'
    {"b":"2","c":"3"}
    $ kubectl get deployment web -o jsonpath='{.spec.template.spec.containers[*].image} {.spec.template.spec.nodeSelector}'
    nginx:2 {"disk":"ssd"}
    $ kubectl apply view-last-applied configmap/one -o json
    {
      "apiVersion": "v1",
      "data": {
        "b": "2",
        "c": "3"
      },
      "kind": "ConfigMap",
      "metadata": {
        "annotations": {},
        "name": "one",
        "namespace": "{ns}"
      }
    }
    $ kubectl apply set-last-applied -f one.json
    configmap/one configured
    $ kubectl apply -f two.json
    configmap/one configured
    $ kubectl diff -f two.json
    $ kubectl diff -f one.json
    ...
     data:
    +  a: "1"
       b: "2"
    -  c: "3"
     kind: ConfigMap
    ...
    = 1
    $ kubectl diff -f two.json --server-side
    ...
    -      {"apiVersion":"v1","data":{"b":"2","c":"3"},"kind":"ConfigMap","metadata":{"annotations":{},"name":"one","namespace":"{ns}"}}
    +      {"apiVersion":"v1","data":{"b":"2","c":"3"},"kind":"ConfigMap","metadata":{"name":"one","namespace":"{ns}"}}
    ...
    = 1
    $ kubectl apply -f new.json --dry-run=client
    configmap/new created (dry run)
    $ kubectl apply -f new.json --dry-run=server
    configmap/new created (server dry run)
    $ kubectl get configmap new
    ! Error from server (NotFound): configmaps "new" not found
    = 1
  `,
    {
      'one.json': map('one', { a: '1', b: '2' }),
      'two.json': map('one', { b: '2', c: '3' }),
      'new.json': map('new', {}),
      'web1.json': web('nginx:1'),
      'web2.json': web('nginx:2', { nodeSelector: { disk: 'ssd' } }),
    },
  ));

test('server-side: conflicts, force, and coming from client-side', () =>
  terminal.play(
    `
    $ kubectl apply --server-side -f one.json
    configmap/one serverside-applied
    $ kubectl apply --server-side -f two.json --field-manager=other
    ! error: Apply failed with 1 conflict: conflict with "kubectl": .data.a
    ! Please review the fields above--they currently have other managers. Here
    ! are the ways you can resolve this warning:
    ! * If you intend to manage all of these fields, please re-run the apply
    !   command with the \`--force-conflicts\` flag.
    ! * If you do not intend to manage all of the fields, please edit your
    !   manifest to remove references to the fields that should keep their
    !   current managers.
    ! * You may co-own fields by updating your manifest to match the existing
    !   value; in this case, you'll become the manager if the other manager(s)
    !   stop managing the field (remove it from their configuration).
    ! See https://kubernetes.io/docs/reference/using-api/server-side-apply/#conflicts
    = 1
    $ kubectl apply --server-side -f two.json --field-manager=other --force-conflicts
    configmap/one serverside-applied
    $ kubectl get configmap one -o jsonpath='{.data} {.metadata.managedFields[*].manager}'
    {"a":"9","b":"2"} kubectl other
    $ kubectl apply --server-side -f less.json
    configmap/one serverside-applied
    $ kubectl get configmap one -o jsonpath='{.data}'
    {"a":"9"}
    $ kubectl apply -f web1.json
    deployment.apps/web created
    $ kubectl apply --server-side -f web2.json
    deployment.apps/web serverside-applied
    $ kubectl get deployment web -o jsonpath='{.metadata.managedFields[?(@.operation=="Update")].manager}{.spec.template.spec.containers[0].image}'
    nginx:2
    $ kubectl apply --server-side -f web2.json --dry-run=server
    deployment.apps/web serverside-applied (server dry run)
    $ kubectl apply --server-side -f wrong.json
    ! Error from server: failed to create typed patch object ({ns}/one; /v1, Kind=ConfigMap): .data.a: expected string, got &value.valueUnstructured{Value:1}
    = 1
  `,
    {
      'one.json': map('one', { a: '1', b: '2' }),
      'two.json': map('one', { a: '9' }),
      'less.json': map('one', {}),
      'wrong.json': map('one', { a: 1 }),
      'web1.json': web('nginx:1'),
      'web2.json': web('nginx:2'),
    },
  ));

test('prune by label, prune by ApplySet', () =>
  terminal.play(
    `
    $ kubectl apply -f a.json -f b.json --prune -l set={ns} --prune-allowlist=core/v1/ConfigMap
    configmap/a created
    configmap/b created
    $ kubectl apply -f a.json --prune -l set={ns} --prune-allowlist=core/v1/ConfigMap
    configmap/a unchanged
    configmap/b pruned
    $ kubectl apply -f c.json -f d.json --prune --applyset=mine -n {ns}
    configmap/c created
    configmap/d created
    $ kubectl get configmap c -o jsonpath='{.metadata.labels}'
    {"applyset.kubernetes.io/part-of":"applyset-{*}"}
    $ kubectl get secret mine -o jsonpath='{.metadata.annotations}'
    {"applyset.kubernetes.io/additional-namespaces":"","applyset.kubernetes.io/contains-group-kinds":"ConfigMap","applyset.kubernetes.io/tooling":"kubectl/v1.35.2"}
    $ kubectl apply -f c.json --prune --applyset=mine -n {ns}
    configmap/c configured
    configmap/d pruned
    $ kubectl get configmaps -o name
    configmap/a
    configmap/c
  `,
    {
      'a.json': map('a', { k: 'v' }, { set: 'work-3' }),
      'b.json': map('b', { k: 'v' }, { set: 'work-3' }),
      'c.json': map('c', {}),
      'd.json': map('d', {}),
    },
  ));

test('replace', () =>
  terminal.play(
    `
    $ kubectl replace -f one.json
    ! Error from server (NotFound): error when replacing "one.json": configmaps "one" not found
    = 1
    $ kubectl create -f one.json --save-config
    configmap/one created
    $ kubectl create -f one.json
    ! Error from server (AlreadyExists): error when creating "one.json": configmaps "one" already exists
    = 1
    $ kubectl replace -f two.json
    configmap/one replaced
    $ kubectl get configmap one -o jsonpath='{.data} {.metadata.annotations}'
    {"b":"2"}
    $ kubectl replace --force -f one.json
    configmap "one" deleted from {ns} namespace
    configmap/one replaced
    $ kubectl delete configmap one
    configmap "one" deleted from {ns} namespace
    $ kubectl create --dry-run=server -o name -f - < one.json
    configmap/one
  `,
    { 'one.json': map('one', { a: '1' }), 'two.json': map('one', { b: '2' }) },
  ));

test('validation of unknown and doubled fields', () =>
  terminal.play(
    `
    $ kubectl create -f unknown.json
    ! Error from server (BadRequest): error when creating "unknown.json": Deployment in version "v1" cannot be handled as a Deployment: strict decoding error: unknown field "spec.template.spec.sidecar"
    = 1
    $ kubectl create -f unknown.json --validate=warn
    deployment.apps/web created
    ! Warning: unknown field "spec.template.spec.sidecar"
    $ kubectl delete deployment web
    deployment.apps "web" deleted from {ns} namespace
    $ kubectl create -f unknown.json --validate=ignore
    deployment.apps/web created
    $ kubectl apply -f double.yaml
    ! Error from server (BadRequest): error when creating "double.yaml": ConfigMap in version "v1" cannot be handled as a ConfigMap: strict decoding error: {*}
    = 1
    $ kubectl create -f wrong.json
    ! Error from server (BadRequest): error when creating "wrong.json": ConfigMap in version "v1" cannot be handled as a ConfigMap: json: cannot unmarshal number into Go struct field ConfigMap.data of type string
    = 1
    $ kubectl create -f kind.json
    ! error: resource mapping not found for name: "x" namespace: "" from "kind.json": no matches for kind "Unicorn" in version "v1"
    ! ensure CRDs are installed first
    = 1
  `,
    {
      'unknown.json': web('nginx', { sidecar: true }),
      'double.yaml': 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: x\nx: 1\n',
      'wrong.json': map('x', { a: 1 }),
      'kind.json': { apiVersion: 'v1', kind: 'Unicorn', metadata: { name: 'x' } },
    },
  ));

test('kustomize', () =>
  terminal.play(
    `
    $ kubectl kustomize overlay
    apiVersion: v1
    data:
      mode: production
    kind: ConfigMap
    metadata:
      labels:
        env: prod
      name: prod-settings-{*}
    ---
    apiVersion: apps/v1
    kind: Deployment
    ...
    $ kubectl apply -k overlay
    configmap/prod-settings-{*} created
    deployment.apps/prod-web created
    $ kubectl get deployment -l env=prod -o jsonpath='{.items[0].spec.template.spec.containers[0].image}'
    nginx:3
    $ kubectl delete -k overlay
    configmap "prod-settings-{*}" deleted from {ns} namespace
    deployment.apps "prod-web" deleted from {ns} namespace
  `,
    {
      'base/web.json': web('nginx:1'),
      'base/kustomization.yaml': 'resources: [web.json]\n',
      'overlay/kustomization.yaml': [
        'resources: [../base]',
        'namePrefix: prod-',
        'labels: [{ pairs: { env: prod }, includeSelectors: true }]',
        'images: [{ name: nginx, newTag: "3" }]',
        'configMapGenerator: [{ name: settings, literals: [mode=production] }]',
      ].join('\n'),
    },
  ));
