import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { type ConnectedCluster, connectCluster } from '../../reconciler/cluster-client.ts';
import { addNode, startKubelet } from '../harness/kubelet.ts';
import { Terminal } from '../harness/terminal.ts';

/** The real helm: a chart with a definition, hooks and two dozen objects, through its whole life. */
const shop = join(import.meta.dirname, 'testdata/shop');
let terminal: Terminal;
let cluster: ConnectedCluster;
let kubelet: ReturnType<typeof startKubelet>;

before(async () => {
  terminal = await Terminal.open({ controllers: true });
  const kubeconfig = join(terminal.folder, 'admin');
  cluster = connectCluster({ kubeconfig, userAgent: 'kubelet' });
  await addNode(cluster, 'n1');
  kubelet = startKubelet(cluster);
});

after(async () => {
  await kubelet.stop();
  cluster.close();
  await terminal.close();
});

const play = (text: string, files = {}) => terminal.play(text.replaceAll('SHOP', shop), files);

test('install, test, upgrade, roll back, uninstall', () =>
  play(
    `
    $ helm install shop SHOP --dry-run=server
    ! ...
    ! Error: INSTALLATION FAILED: unable to build kubernetes objects from release manifest: resource mapping not found for name: "shop" namespace: "" from "": no matches for kind "Widget" in version "shop.example.com/v1"
    ! ensure CRDs are installed first
    = 1
    $ helm install shop SHOP --wait --timeout 60s
    NAME: shop
    LAST DEPLOYED: {*}
    NAMESPACE: {ns}
    STATUS: deployed
    REVISION: 1
    DESCRIPTION: Install complete
    NOTES:
    Image shop:1, revision 1.
    $ kubectl get deployments,statefulsets,daemonsets
    NAME                     READY   UP-TO-DATE   AVAILABLE   AGE
    deployment.apps/web      2/2     2            2           {age}
    deployment.apps/worker   2/2     2            2           {age}

    NAME                  READY   AGE
    statefulset.apps/db   1/1     {age}

    NAME                   DESIRED   CURRENT   READY   UP-TO-DATE   AVAILABLE   NODE SELECTOR   AGE
    daemonset.apps/agent   1         1         1       1            1           <none>          {age}
    $ kubectl get widget shop -o jsonpath='{.spec}'
    {"size":2,"unit":"cm"}
    $ kubectl get jobs
    NAME                            STATUS     COMPLETIONS   DURATION   AGE
    post-install-or-post-rollback   Complete   1/1           {age}      {age}
    pre-install-or-pre-upgrade      Complete   1/1           {age}      {age}
    $ kubectl get configmap gone-when-done
    ! Error from server (NotFound): configmaps "gone-when-done" not found
    = 1
    $ helm list
    NAME   NAMESPACE   REVISION   UPDATED   STATUS     CHART        APP VERSION
    shop   {ns}        1          {*}       deployed   shop-1.2.3   4.5
    $ helm test shop
    NAME: shop
    ...
    TEST SUITE:     shop-test
    Last Started:   {*}
    Last Completed: {*}
    Phase:          Succeeded
    ...
    $ helm upgrade shop SHOP --dry-run=server
    ...
      accounts: "2"
    ...
    $ helm install shop SHOP
    ! ...
    ! Error: INSTALLATION FAILED: release name check failed: cannot reuse a name that is still in use
    = 1
    $ helm upgrade shop SHOP --set image=shop:2,worker=false --wait --timeout 60s
    Release "shop" has been upgraded. Happy Helming!
    ...
    STATUS: deployed
    REVISION: 2
    DESCRIPTION: Upgrade complete
    NOTES:
    Image shop:2, revision 2.
    $ kubectl get deployments -o wide
    NAME   READY   UP-TO-DATE   AVAILABLE   AGE     CONTAINERS   IMAGES   SELECTOR
    web    2/2     2            2           {age}   main         shop:2   app=web
    $ helm get values shop
    USER-SUPPLIED VALUES:
    image: shop:2
    worker: false
    $ helm rollback shop 1 --wait --timeout 60s
    Rollback was a success! Happy Helming!
    $ kubectl get deployments -o jsonpath='{range .items[*]}{.metadata.name} {.spec.template.spec.containers[0].image} {end}'
    web shop:1 worker shop:1
    $ helm history shop
    REVISION   UPDATED   STATUS       CHART        APP VERSION   DESCRIPTION
    1          {*}       superseded   shop-1.2.3   4.5           Install complete
    2          {*}       superseded   shop-1.2.3   4.5           Upgrade complete
    3          {*}       deployed     shop-1.2.3   4.5           Rollback to 1
    $ helm status shop
    NAME: shop
    ...
    STATUS: deployed
    REVISION: 3
    ...
    $ helm get manifest shop --revision 2
    ...
    # Source: shop/templates/workloads.yaml
    ...
              image: shop:2
    ...
    $ helm get hooks shop
    ...
        helm.sh/hook: pre-install,pre-upgrade
    ...
    $ helm uninstall shop --wait --timeout 60s
    release "shop" uninstalled
    $ kubectl get deployments,statefulsets,services,ingresses,secrets,roles,pdb,widgets
    ! No resources found in {ns} namespace.
    $ kubectl get jobs -o name
    job.batch/post-install-or-post-rollback
    job.batch/pre-delete
    job.batch/pre-install-or-pre-upgrade
    $ kubectl get crd widgets.shop.example.com -o name
    customresourcedefinition.apiextensions.k8s.io/widgets.shop.example.com
    $ helm list -q
  `,
  ));

test('what fails: values, objects, conflicts, a failed upgrade undone', () =>
  play(
    `
    $ helm install bad SHOP --set replicas=many
    ! Error: INSTALLATION FAILED: values don't meet the specifications of the schema(s) in the following chart(s):
    ! shop:
    ! - at '/replicas': got string, want integer
    = 1
    $ helm install other SHOP --wait --timeout 60s
    ...
    STATUS: deployed
    ...
    $ kubectl scale deployment web --replicas=1
    deployment.apps/web scaled
    $ helm upgrade other SHOP --set replicas=3
    ! ...
    ! Error: UPGRADE FAILED: conflict occurred while applying object {ns}/web apps/v1, Kind=Deployment: Apply failed with 1 conflict: conflict with "kubectl" with subresource "scale" using apps/v1: .spec.replicas
    = 1
    $ helm upgrade other SHOP --set replicas=3 --force-conflicts --wait --timeout 60s
    ...
    STATUS: deployed
    ...
    $ kubectl get deployment web -o jsonpath='{.spec.replicas} {.status.readyReplicas}'
    3 3
    $ helm upgrade other SHOP --set replicas=0 --rollback-on-failure --timeout 60s
    ! ...
    ! Error: UPGRADE FAILED: release other failed, and has been rolled back due to rollback-on-failure being set: {*}spec.size: Invalid value: 0: spec.size in body should be greater than or equal to 1
    = 1
    $ helm history other --max 2
    REVISION   UPDATED   STATUS     CHART        APP VERSION   DESCRIPTION
    4          {*}       failed     shop-1.2.3   4.5           {*}
    5          {*}       deployed   shop-1.2.3   4.5           Rollback to 3
    $ helm uninstall other --keep-history --no-hooks
    release "other" uninstalled
    $ helm status other
    NAME: other
    ...
    STATUS: uninstalled
    ...
    $ helm uninstall none
    ! Error: uninstall: Release not loaded: none: release: not found
    = 1
  `,
  ));
