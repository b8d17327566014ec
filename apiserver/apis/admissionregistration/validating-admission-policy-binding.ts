import type { KindDefinition } from '../resource.ts';

export const validatingAdmissionPolicyBinding: KindDefinition = {
  group: 'admissionregistration.k8s.io',
  version: 'v1',
  kind: 'ValidatingAdmissionPolicyBinding',
  resource: 'validatingadmissionpolicybindings',
  namespaced: false,
  categories: ['api-extensions'],
  storagePath: 'validatingadmissionpolicybindings',
  generation: true,
  unconditionalUpdate: false,
};
