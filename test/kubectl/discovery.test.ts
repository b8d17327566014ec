import { after, before, test } from 'node:test';
import { Terminal } from '../harness/terminal.ts';

/** What kubectl learns of the server: explain, api-resources, api-versions, version, and config. */
let terminal: Terminal;
before(async () => {
  terminal = await Terminal.open();
});
after(() => terminal.close());

test('explain', () =>
  terminal.play(`
    $ kubectl explain deployment.spec.replicas
    GROUP:      apps
    KIND:       Deployment
    VERSION:    v1

    FIELD: replicas <integer>


    DESCRIPTION:
        Number of desired pods. This is a pointer to distinguish between explicit
        zero and not specified. Defaults to 1.
    $ kubectl explain pod.spec.restartPolicy
    KIND:       Pod
    VERSION:    v1

    FIELD: restartPolicy <string>
    ENUM:
        Always
        Never
        OnFailure
    ...
    $ kubectl explain configmap --recursive
    KIND:       ConfigMap
    VERSION:    v1

    DESCRIPTION:
        ConfigMap holds configuration data for pods to consume.

    FIELDS:
      apiVersion	<string>
      binaryData	<map[string]string>
      data	<map[string]string>
      immutable	<boolean>
      kind	<string>
      metadata	<ObjectMeta>
        annotations	<map[string]string>
        creationTimestamp	<string>
    ...
    $ kubectl explain hpa --api-version=autoscaling/v1
    GROUP:      autoscaling
    KIND:       HorizontalPodAutoscaler
    VERSION:    v1
    ...
    $ kubectl explain pod.spec.none
    KIND:       Pod
    VERSION:    v1
    ! error: field "none" does not exist
    = 1
    $ kubectl explain unicorn
    ! the server doesn't have a resource type "unicorn"
    = 1
    $ kubectl explain service.spec.type --output=plaintext-openapiv2
    KIND:     Service
    VERSION:  v1

    FIELD:    type <string>
    ...
  `));

test('api-resources, api-versions, version, cluster-info', () =>
  terminal.play(
    `
    $ kubectl api-resources --api-group=batch
    NAME       SHORTNAMES   APIVERSION   NAMESPACED   KIND
    cronjobs   cj           batch/v1     true         CronJob
    jobs                    batch/v1     true         Job
    $ kubectl api-resources --namespaced=false --api-group=rbac.authorization.k8s.io -o name
    clusterrolebindings.rbac.authorization.k8s.io
    clusterroles.rbac.authorization.k8s.io
    $ kubectl api-resources --api-group=autoscaling -o wide
    NAME                       SHORTNAMES   APIVERSION       NAMESPACED   KIND                      VERBS                                                        CATEGORIES
    horizontalpodautoscalers   hpa          autoscaling/v2   true         HorizontalPodAutoscaler   create,delete,deletecollection,get,list,patch,update,watch   all
    $ kubectl api-resources --verbs=list,get --categories=all -o name --sort-by=name
    cronjobs.batch
    daemonsets.apps
    deployments.apps
    horizontalpodautoscalers.autoscaling
    jobs.batch
    pods
    replicasets.apps
    replicationcontrollers
    services
    statefulsets.apps
    $ kubectl api-versions
    admissionregistration.k8s.io/v1
    apiextensions.k8s.io/v1
    apiregistration.k8s.io/v1
    apps/v1
    authentication.k8s.io/v1
    authorization.k8s.io/v1
    autoscaling/v1
    autoscaling/v2
    batch/v1
    certificates.k8s.io/v1
    coordination.k8s.io/v1
    discovery.k8s.io/v1
    events.k8s.io/v1
    flowcontrol.apiserver.k8s.io/v1
    networking.k8s.io/v1
    node.k8s.io/v1
    policy/v1
    rbac.authorization.k8s.io/v1
    resource.k8s.io/v1
    scheduling.k8s.io/v1
    storage.k8s.io/v1
    v1
    $ kubectl version -o json
    {
      "clientVersion": {
    ...
      },
      "kustomizeVersion": "{*}",
      "serverVersion": {
        "major": "1",
        "minor": "36",
    ...
        "gitVersion": "v1.36.{*}",
    ...
    }
    $ kubectl cluster-info
    {*}Kubernetes control plane{*} is running at {*}https://127.0.0.1:{*}

    To further debug and diagnose cluster problems, use 'kubectl cluster-info dump'.
    $ kubectl cluster-info dump --namespaces={ns} --output-directory=dump
    Cluster info dumped to dump
    $ kubectl config current-context
    admin@quorate
    $ kubectl config set-context --current --namespace=elsewhere
    Context "admin@quorate" modified.
    $ kubectl config view --minify -o jsonpath='{..namespace}'
    elsewhere
    $ kubectl get all
    ! No resources found in elsewhere namespace.
    $ kubectl config use-context none
    ! error: no context exists with the name: "none"
    = 1
    $ kubectl get ns --token=wrong --kubeconfig=anonymous.json
    ! error: You must be logged in to the server (Unauthorized)
    = 1
  `,
    {
      'anonymous.json': {
        apiVersion: 'v1',
        kind: 'Config',
        clusters: [
          { name: 'c', cluster: { server: terminal.server.url, 'insecure-skip-tls-verify': true } },
        ],
        contexts: [{ name: 'c', context: { cluster: 'c', user: '' } }],
        'current-context': 'c',
      },
    },
  ));

test('custom resources are found, explained, printed and deleted', () =>
  terminal.play(
    `
    $ kubectl apply -f crd.json
    customresourcedefinition.apiextensions.k8s.io/widgets.example.com created
    $ kubectl wait --for=condition=Established crd/widgets.example.com --timeout=30s
    customresourcedefinition.apiextensions.k8s.io/widgets.example.com condition met
    $ kubectl api-resources --api-group=example.com
    NAME      SHORTNAMES   APIVERSION       NAMESPACED   KIND
    widgets   wg           example.com/v1   true         Widget
    $ kubectl apply -f one.json
    widget.example.com/one created
    $ kubectl get wg
    NAME   SIZE   AGE
    one    3      {age}
    $ kubectl get widgets -o wide
    NAME   SIZE   COLOR   AGE
    one    3      red     {age}
    $ kubectl explain widget.spec.size
    GROUP:      example.com
    KIND:       Widget
    VERSION:    v1

    FIELD: size <integer>


    DESCRIPTION:
        How large
    $ kubectl scale widget one --replicas=5
    widget.example.com/one scaled
    $ kubectl get widget one --subresource=scale
    NAME   DESIRED   AVAILABLE   AGE
    one    5         0           {age}
    $ kubectl patch widget one --subresource=status --type=merge -p '{"status":{"size":2}}'
    widget.example.com/one patched
    $ kubectl patch widget one --type=merge -p '{"spec":{"size":99}}'
    ! The Widget "one" is invalid: spec.size: Invalid value: 99: spec.size in body should be less than or equal to 10
    = 1
    $ kubectl patch widget one -p '{"spec":{"size":1}}'
    ! error: application/strategic-merge-patch+json is not supported by example.com/v1, Kind=Widget: the body of the request was in an unknown format - accepted media types include: application/json-patch+json, application/merge-patch+json, application/apply-patch+yaml
    = 1
    $ kubectl apply --server-side -f one.json --force-conflicts
    widget.example.com/one serverside-applied
    $ kubectl get widgets --field-selector spec.color=red -o name
    widget.example.com/one
    $ kubectl describe widget one
    Name:         one
    Namespace:    {ns}
    Labels:       <none>
    Annotations:  <none>
    API Version:  example.com/v1
    Kind:         Widget
    Metadata:
    ...
    Spec:
      Color:  red
      Size:   3
    Status:
      Size:  2
    Events:  <none>
    $ kubectl delete crd widgets.example.com
    customresourcedefinition.apiextensions.k8s.io "widgets.example.com" deleted
    $ kubectl get widgets
    ! Error from server (NotFound): Unable to list "example.com/v1, Resource=widgets": the server could not find the requested resource (get widgets.example.com)
    = 1
  `,
    {
      'crd.json': widgets(),
      'one.json': {
        apiVersion: 'example.com/v1',
        kind: 'Widget',
        metadata: { name: 'one' },
        spec: { size: 3, color: 'red' },
      },
    },
  ));

function widgets() {
  const size = { type: 'integer', maximum: 10, description: 'How large' };
  const schema = {
    type: 'object',
    properties: {
      spec: { type: 'object', properties: { size, color: { type: 'string' } } },
      status: { type: 'object', properties: { size: { type: 'integer' } } },
    },
  };
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: 'widgets.example.com' },
    spec: {
      group: 'example.com',
      scope: 'Namespaced',
      names: { plural: 'widgets', singular: 'widget', kind: 'Widget', shortNames: ['wg'] },
      versions: [
        {
          name: 'v1',
          served: true,
          storage: true,
          schema: { openAPIV3Schema: schema },
          selectableFields: [{ jsonPath: '.spec.color' }],
          subresources: {
            status: {},
            scale: { specReplicasPath: '.spec.size', statusReplicasPath: '.status.size' },
          },
          additionalPrinterColumns: [
            { name: 'Size', type: 'integer', jsonPath: '.spec.size' },
            { name: 'Color', type: 'string', jsonPath: '.spec.color', priority: 1 },
            { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' },
          ],
        },
      ],
    },
  };
}
