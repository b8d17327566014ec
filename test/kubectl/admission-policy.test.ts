import { after, before, test } from 'node:test';
import { Terminal } from '../harness/terminal.ts';

/** kubectl against admission policies: what a refusal and a warning look like to a person. */
let terminal: Terminal;
before(async () => {
  terminal = await Terminal.open();
});
after(() => terminal.close());

test('policies refuse, warn and change', () =>
  terminal.play(
    `
    $ kubectl apply -f policies.yaml
    validatingadmissionpolicy.admissionregistration.k8s.io/replicas created
    validatingadmissionpolicybinding.admissionregistration.k8s.io/replicas created
    validatingadmissionpolicybinding.admissionregistration.k8s.io/replicas-warn created
    mutatingadmissionpolicy.admissionregistration.k8s.io/team created
    mutatingadmissionpolicybinding.admissionregistration.k8s.io/team created
    $ kubectl get validatingadmissionpolicy replicas
    NAME       VALIDATIONS   PARAMKIND      AGE
    replicas   1             v1/ConfigMap   {age}
    $ kubectl create deployment web --image=nginx --replicas=5
    ! error: failed to create deployment: deployments.apps "web" is forbidden: ValidatingAdmissionPolicy 'replicas' with binding 'replicas' denied request: failed to configure binding: no params found for policy binding with \`Deny\` parameterNotFoundAction
    = 1
    $ kubectl create configmap limits --from-literal=max=3
    configmap/limits created
    $ kubectl create deployment web --image=nginx --replicas=5
    ! error: failed to create deployment: deployments.apps "web" is forbidden: ValidatingAdmissionPolicy 'replicas' with binding 'replicas' denied request: at most 3
    = 1
    $ kubectl create deployment web --image=nginx --replicas=2
    deployment.apps/web created
    $ kubectl get deployment web --show-labels
    NAME   READY   UP-TO-DATE   AVAILABLE   AGE     LABELS
    web    0/2     0            0           {age}   app=web,team={ns}
    $ kubectl scale deployment web --replicas=4
    deployment.apps/web scaled
    $ kubectl label deployment web a=b
    ! Warning: Validation failed for ValidatingAdmissionPolicy 'replicas' with binding 'replicas-warn': at most 2
    ! The deployments "web" is invalid: : ValidatingAdmissionPolicy 'replicas' with binding 'replicas' denied request: at most 3
    = 1
    $ kubectl delete validatingadmissionpolicybinding replicas
    validatingadmissionpolicybinding.admissionregistration.k8s.io "replicas" deleted
    $ kubectl label deployment web a=b
    deployment.apps/web labeled
    ! Warning: Validation failed for ValidatingAdmissionPolicy 'replicas' with binding 'replicas-warn': at most 2
    $ kubectl create -f wrong.yaml
    ! The ValidatingAdmissionPolicy "wrong" is invalid: spec.validations[0].expression: Invalid value: "object.a": must evaluate to bool but got dyn
    = 1
  `,
    { 'policies.yaml': policies, 'wrong.yaml': wrong },
  ));

const policies = `
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata: { name: replicas }
spec:
  paramKind: { apiVersion: v1, kind: ConfigMap }
  matchConstraints:
    resourceRules:
    - apiGroups: [apps]
      apiVersions: [v1]
      operations: [CREATE, UPDATE]
      resources: [deployments]
  variables:
  - name: max
    expression: "params == null ? 2 : int(params.data.max)"
  validations:
  - expression: object.spec.replicas <= variables.max
    messageExpression: "'at most ' + string(variables.max)"
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicyBinding
metadata: { name: replicas }
spec:
  policyName: replicas
  validationActions: [Deny]
  paramRef: { name: limits, parameterNotFoundAction: Deny }
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicyBinding
metadata: { name: replicas-warn }
spec:
  policyName: replicas
  validationActions: [Warn]
  matchResources:
    objectSelector: { matchLabels: { a: b } }
---
apiVersion: admissionregistration.k8s.io/v1
kind: MutatingAdmissionPolicy
metadata: { name: team }
spec:
  matchConstraints:
    resourceRules:
    - apiGroups: [apps]
      apiVersions: [v1]
      operations: [CREATE]
      resources: [deployments]
  reinvocationPolicy: Never
  mutations:
  - patchType: ApplyConfiguration
    applyConfiguration:
      expression: 'Object{metadata: Object.metadata{labels: {"team": string(namespaceObject.metadata.name)}}}'
---
apiVersion: admissionregistration.k8s.io/v1
kind: MutatingAdmissionPolicyBinding
metadata: { name: team }
spec: { policyName: team }
`;

const wrong = `
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata: { name: wrong }
spec:
  matchConstraints:
    resourceRules:
    - { apiGroups: [apps], apiVersions: [v1], operations: [CREATE], resources: [deployments] }
  validations:
  - expression: object.a
`;
