import type { TitledKind } from '../life-cycle.ts';
import { conditions } from './parts.ts';

/** Kinds that decide about requests. */
export const admissionKinds: readonly TitledKind[] = [
  {
    title: 'API priority and fairness should support FlowSchema API operations',
    group: 'flowcontrol.apiserver.k8s.io',
    resource: 'flowschemas',
    kind: 'FlowSchema',
    body: {
      spec: {
        matchingPrecedence: 10000,
        priorityLevelConfiguration: { name: 'global-default' },
        rules: [
          {
            subjects: [{ kind: 'User', user: { name: 'example-e2e-non-existent-user' } }],
            nonResourceRules: [{ verbs: ['*'], nonResourceURLs: ['*'] }],
          },
        ],
      },
    },
    status: { ...conditions, alone: true },
  },
  {
    title: 'API priority and fairness should support PriorityLevelConfiguration API operations',
    group: 'flowcontrol.apiserver.k8s.io',
    resource: 'prioritylevelconfigurations',
    kind: 'PriorityLevelConfiguration',
    body: {
      spec: {
        type: 'Limited',
        limited: { nominalConcurrencyShares: 2, limitResponse: { type: 'Reject' } },
      },
    },
    status: { ...conditions, alone: true },
  },
  {
    title: 'ValidatingAdmissionPolicy should support ValidatingAdmissionPolicy API operations',
    group: 'admissionregistration.k8s.io',
    resource: 'validatingadmissionpolicies',
    kind: 'ValidatingAdmissionPolicy',
    body: {
      spec: {
        matchConstraints: {
          namespaceSelector: { matchLabels: { a: 'b' } },
          resourceRules: [
            {
              apiGroups: ['apps'],
              apiVersions: ['v1'],
              operations: ['CREATE'],
              resources: ['deployments'],
            },
          ],
        },
        validations: [{ expression: 'object.spec.replicas <= 1' }],
      },
    },
    status: { ...conditions, alone: true },
  },
  {
    title:
      'ValidatingAdmissionPolicy should support ValidatingAdmissionPolicyBinding API operations',
    group: 'admissionregistration.k8s.io',
    resource: 'validatingadmissionpolicybindings',
    kind: 'ValidatingAdmissionPolicyBinding',
    body: { spec: { policyName: 'replicalimit-policy.example.com', validationActions: ['Deny'] } },
  },
  {
    title: 'MutatingAdmissionPolicy should support MutatingAdmissionPolicy API operations',
    group: 'admissionregistration.k8s.io',
    resource: 'mutatingadmissionpolicies',
    kind: 'MutatingAdmissionPolicy',
    body: {
      spec: {
        matchConstraints: {
          resourceRules: [
            {
              apiGroups: ['apps'],
              apiVersions: ['v1'],
              operations: ['CREATE'],
              resources: ['deployments'],
            },
          ],
          namespaceSelector: { matchLabels: { a: 'b' } },
        },
        reinvocationPolicy: 'Never',
        mutations: [
          {
            patchType: 'ApplyConfiguration',
            applyConfiguration: { expression: 'Object{spec: Object.spec{replicas: 2}}' },
          },
        ],
      },
    },
  },
  {
    title: 'MutatingAdmissionPolicy should support MutatingAdmissionPolicyBinding API operations',
    group: 'admissionregistration.k8s.io',
    resource: 'mutatingadmissionpolicybindings',
    kind: 'MutatingAdmissionPolicyBinding',
    body: { spec: { policyName: 'p.example.com' } },
  },
  {
    title: 'AdmissionWebhook listing mutating webhooks (operations)',
    group: 'admissionregistration.k8s.io',
    resource: 'mutatingwebhookconfigurations',
    kind: 'MutatingWebhookConfiguration',
    body: {
      webhooks: [
        {
          name: 'a.b.c',
          clientConfig: { url: 'https://127.0.0.1:1/' },
          sideEffects: 'None',
          admissionReviewVersions: ['v1'],
          namespaceSelector: { matchLabels: { none: 'x' } },
        },
      ],
    },
  },
  {
    title: 'AdmissionWebhook listing validating webhooks (operations)',
    group: 'admissionregistration.k8s.io',
    resource: 'validatingwebhookconfigurations',
    kind: 'ValidatingWebhookConfiguration',
    body: {
      webhooks: [
        {
          name: 'a.b.c',
          clientConfig: { url: 'https://127.0.0.1:1/' },
          sideEffects: 'None',
          admissionReviewVersions: ['v1'],
          namespaceSelector: { matchLabels: { none: 'x' } },
        },
      ],
    },
  },
  ...(['Role', 'ClusterRole'] as const).map((kind) => ({
    title: `RBAC ${kind}`,
    group: 'rbac.authorization.k8s.io',
    resource: `${kind.toLowerCase()}s`,
    kind,
    namespaced: kind === 'Role',
    body: { rules: [{ apiGroups: [''], resources: ['pods'], verbs: ['get'] }] },
  })),
  ...(['RoleBinding', 'ClusterRoleBinding'] as const).map((kind) => ({
    title: `RBAC ${kind}`,
    group: 'rbac.authorization.k8s.io',
    resource: `${kind.toLowerCase()}s`,
    kind,
    namespaced: kind === 'RoleBinding',
    body: {
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'view' },
      subjects: [{ kind: 'User', name: 'u', apiGroup: 'rbac.authorization.k8s.io' }],
    },
  })),
  {
    title: 'APIService',
    group: 'apiregistration.k8s.io',
    resource: 'apiservices',
    kind: 'APIService',
    body: {},
    status: { ...conditions, alone: true },
    names: ['v1.a.example.com', 'v1.b.example.com', 'v1.c.example.com'],
    bodyOf: (name) => ({
      spec: {
        group: name.slice(3),
        version: 'v1',
        groupPriorityMinimum: 1000,
        versionPriority: 15,
        insecureSkipTLSVerify: true,
        service: { namespace: 'default', name: 'api', port: 443 },
      },
    }),
  },
];
