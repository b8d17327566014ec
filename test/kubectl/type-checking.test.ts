import { after, before, test } from 'node:test';
import { hostDefinition } from '../../apiserver/custom/conversion-fixture.ts';
import { Terminal } from '../harness/terminal.ts';

/** Expressions of policies against the types of what they will see, by the real controller manager. */
let terminal: Terminal;
before(async () => {
  terminal = await Terminal.open({ controllers: true });
});
after(() => terminal.close());

const policy = (name: string, rule: object, validations: object[], more: object = {}) => ({
  apiVersion: 'admissionregistration.k8s.io/v1',
  kind: 'ValidatingAdmissionPolicy',
  metadata: { name },
  spec: {
    matchConstraints: {
      resourceRules: [{ apiVersions: ['v1'], operations: ['CREATE'], ...rule }],
    },
    validations,
    ...more,
  },
});

test('warnings of built-in and custom types', () =>
  terminal.play(
    `
    $ kubectl apply -f definition.json
    customresourcedefinition.apiextensions.k8s.io/hosts.example.com created
    $ kubectl wait --for=condition=Established crd hosts.example.com
    customresourcedefinition.apiextensions.k8s.io/hosts.example.com condition met
    $ kubectl apply -f apps.json -f custom.json -f good.json
    validatingadmissionpolicy.admissionregistration.k8s.io/apps created
    validatingadmissionpolicy.admissionregistration.k8s.io/custom created
    validatingadmissionpolicy.admissionregistration.k8s.io/good created
    $ kubectl wait --for=jsonpath={.status.observedGeneration}=1 validatingadmissionpolicy apps custom good
    validatingadmissionpolicy.admissionregistration.k8s.io/apps condition met
    validatingadmissionpolicy.admissionregistration.k8s.io/custom condition met
    validatingadmissionpolicy.admissionregistration.k8s.io/good condition met
    $ kubectl get validatingadmissionpolicy apps -o jsonpath='{.status.typeChecking.expressionWarnings[*].fieldRef}'
    spec.validations[0].expression spec.validations[1].messageExpression
    $ kubectl get validatingadmissionpolicy apps -o jsonpath='{.status.typeChecking.expressionWarnings[0].warning}'
    apps/v1, Kind=Deployment: ERROR: <input>:1:7: undefined field 'replicas'
     | object.replicas > 1
     | ......^

    apps/v1, Kind=StatefulSet: ERROR: <input>:1:7: undefined field 'replicas'
     | object.replicas > 1
     | ......^
    $ kubectl get validatingadmissionpolicy custom -o jsonpath='{.status.typeChecking.expressionWarnings[0].warning}'
    example.com/v1, Kind=Hosts: ERROR: <input>:1:12: undefined field 'host'
     | object.spec.host != ''
     | ...........^
    $ kubectl get validatingadmissionpolicy good -o jsonpath='{.status.typeChecking}'
    {}
  `,
    {
      'definition.json': hostDefinition('hosts', { strategy: 'None' }),
      'apps.json': policy(
        'apps',
        { apiGroups: ['apps'], resources: ['deployments', 'statefulsets'] },
        [
          { expression: 'object.replicas > 1' },
          { expression: 'object.spec.replicas > 1', messageExpression: 'string(object.spec.x)' },
        ],
      ),
      'custom.json': policy('custom', { apiGroups: ['example.com'], resources: ['hosts'] }, [
        { expression: "object.spec.host != ''" },
      ]),
      'good.json': policy(
        'good',
        { apiGroups: ['apps'], resources: ['deployments'] },
        [{ expression: 'object.spec.replicas <= int(params.data.max) && variables.named' }],
        {
          paramKind: { apiVersion: 'v1', kind: 'ConfigMap' },
          variables: [{ name: 'named', expression: "object.metadata.name != ''" }],
        },
      ),
    },
  ));
