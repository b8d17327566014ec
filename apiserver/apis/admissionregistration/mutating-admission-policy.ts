import type { KindDefinition } from '../resource.ts';

export const mutatingAdmissionPolicy: KindDefinition = {
  group: 'admissionregistration.k8s.io',
  version: 'v1',
  kind: 'MutatingAdmissionPolicy',
  resource: 'mutatingadmissionpolicies',
  namespaced: false,
  categories: ['api-extensions'],
  storagePath: 'mutatingadmissionpolicies',
  // Upstream keeps the version of the release before, so that it can be rolled back.
  storedAs: {
    group: 'admissionregistration.k8s.io',
    version: 'v1beta1',
    kind: 'MutatingAdmissionPolicy',
  },
  generation: true,
  unconditionalUpdate: false,
};
