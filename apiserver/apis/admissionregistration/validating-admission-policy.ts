import type { KindDefinition } from '../resource.ts';

export const validatingAdmissionPolicy: KindDefinition = {
  group: 'admissionregistration.k8s.io',
  version: 'v1',
  kind: 'ValidatingAdmissionPolicy',
  resource: 'validatingadmissionpolicies',
  namespaced: false,
  categories: ['api-extensions'],
  storagePath: 'validatingadmissionpolicies',
  generation: true,
  unconditionalUpdate: false,
  status: true,
};
