import { after, before, test } from 'node:test';
import { generateKeys } from '../../pki/certificate.ts';
import { createSigningRequest } from '../../pki/signing-request.ts';
import { Terminal } from '../harness/terminal.ts';

/** kubectl auth and kubectl certificate. */
let terminal: Terminal;
before(async () => {
  terminal = await Terminal.open();
});
after(() => terminal.close());

test('can-i, whoami, reconcile', () =>
  terminal.play(
    `
    $ kubectl auth can-i create pods
    yes
    $ kubectl auth can-i '*' '*'
    yes
    $ kubectl auth can-i get pods --as=jane
    no
    = 1
    $ kubectl auth can-i get /healthz --as=jane
    yes
    $ kubectl auth can-i get unicorns
    ! Warning: the server doesn't have a resource type 'unicorns'
    yes
    $ kubectl auth can-i list nodes
    ! Warning: resource 'nodes' is not namespace scoped
    yes
    $ kubectl auth reconcile -f rbac.json
    role.rbac.authorization.k8s.io/reader reconciled
    ! 	reconciliation required create
    ! 	missing rules added:
    ! 		{Verbs:[get list] APIGroups:[] Resources:[pods] ResourceNames:[] NonResourceURLs:[]}
    rolebinding.rbac.authorization.k8s.io/readers reconciled
    ! 	reconciliation required create
    ! 	missing subjects added:
    ! 		{Kind:User APIGroup:rbac.authorization.k8s.io Name:jane Namespace:}
    $ kubectl auth reconcile -f rbac.json --dry-run=client
    role.rbac.authorization.k8s.io/reader reconciled (dry run)
    rolebinding.rbac.authorization.k8s.io/readers reconciled (dry run)
    $ kubectl auth can-i get pods --as=jane
    yes
    $ kubectl auth can-i get pods --subresource=log --as=jane
    no
    = 1
    $ kubectl auth can-i delete pods -q --as=jane
    = 1
    $ kubectl auth can-i --list --as=jane
    Resources                                       Non-Resource URLs   Resource Names   Verbs
    selfsubjectreviews.authentication.k8s.io        []                                     []               [create]
    selfsubjectaccessreviews.authorization.k8s.io   []                                     []               [create]
    selfsubjectrulesreviews.authorization.k8s.io    []                                     []               [create]
    pods                                            []                                     []               [get list]
    ...
    $ kubectl get pods --as=jane
    ! No resources found in {ns} namespace.
    $ kubectl delete pod one --as=jane
    ! Error from server (Forbidden): pods "one" is forbidden: User "jane" cannot delete resource "pods" in API group "" in the namespace "{ns}"
    = 1
    $ kubectl get pods -A --as=jane
    ! Error from server (Forbidden): pods is forbidden: User "jane" cannot list resource "pods" in API group "" at the cluster scope
    = 1
    $ kubectl auth whoami
    ATTRIBUTE   VALUE
    Username    admin
    UID         admin
    Groups      [system:masters system:authenticated]
    $ kubectl auth whoami -o jsonpath='{.status.userInfo.username} {.status.userInfo.groups}' --as=jane --as-group=team --as-uid=7
    jane ["team","system:authenticated"]
    $ kubectl create rolebinding mine --clusterrole=cluster-admin --user=jane --as=jane
    ! error: failed to create rolebinding: rolebindings.rbac.authorization.k8s.io is forbidden: User "jane" cannot create resource "rolebindings" in API group "rbac.authorization.k8s.io" in the namespace "{ns}"
    = 1
  `,
    { 'rbac.json': { apiVersion: 'v1', kind: 'List', items: rbac() } },
  ));

test('certificate approve and deny', async () =>
  terminal.play(
    `
    $ kubectl create -f one.json -f two.json
    certificatesigningrequest.certificates.k8s.io/one created
    certificatesigningrequest.certificates.k8s.io/two created
    $ kubectl get csr
    NAME   AGE     SIGNERNAME                            REQUESTOR   REQUESTEDDURATION   CONDITION
    one    {age}   kubernetes.io/kube-apiserver-client   admin       <none>              Pending
    two    {age}   kubernetes.io/kube-apiserver-client   admin       24h                 Pending
    $ kubectl certificate approve one
    certificatesigningrequest.certificates.k8s.io/one approved
    $ kubectl certificate deny two
    certificatesigningrequest.certificates.k8s.io/two denied
    $ kubectl certificate approve two
    ! error: certificate signing request "two" is already Denied
    = 1
    $ kubectl get csr -o jsonpath='{range .items[*]}{.metadata.name} {.status.conditions[*].type} {.status.conditions[*].reason}{"\\n"}{end}'
    one Approved KubectlApprove
    two Denied KubectlDeny
    $ kubectl describe csr one
    Name:               one
    Labels:             <none>
    Annotations:        <none>
    CreationTimestamp:  {*}
    Requesting User:    admin
    Signer:             kubernetes.io/kube-apiserver-client
    Status:             Approved
    Subject:
             Common Name:    jane
             Serial Number:
    Events:  <none>
    $ kubectl certificate approve none
    ! Error from server (NotFound): certificatesigningrequests.certificates.k8s.io "none" not found
    = 1
  `,
    { 'one.json': await signing('one'), 'two.json': await signing('two', 86_400) },
  ));

function rbac() {
  const apiVersion = 'rbac.authorization.k8s.io/v1';
  const apiGroup = 'rbac.authorization.k8s.io';
  return [
    {
      apiVersion,
      kind: 'Role',
      metadata: { name: 'reader', namespace: 'work-1' },
      rules: [{ apiGroups: [''], resources: ['pods'], verbs: ['get', 'list'] }],
    },
    {
      apiVersion,
      kind: 'RoleBinding',
      metadata: { name: 'readers', namespace: 'work-1' },
      roleRef: { apiGroup, kind: 'Role', name: 'reader' },
      subjects: [{ apiGroup, kind: 'User', name: 'jane' }],
    },
  ];
}

async function signing(name: string, expirationSeconds?: number) {
  const { privateKeyPem } = await generateKeys();
  const requestPem = createSigningRequest({ commonName: 'jane' }, {}, privateKeyPem);
  return {
    apiVersion: 'certificates.k8s.io/v1',
    kind: 'CertificateSigningRequest',
    metadata: { name },
    spec: {
      request: Buffer.from(requestPem).toString('base64'),
      signerName: 'kubernetes.io/kube-apiserver-client',
      usages: ['client auth'],
      ...(expirationSeconds === undefined ? {} : { expirationSeconds }),
    },
  };
}
