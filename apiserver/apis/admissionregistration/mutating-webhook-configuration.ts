import type { KindDefinition } from '../resource.ts';

export const mutatingWebhookConfiguration: KindDefinition = {
  group: 'admissionregistration.k8s.io',
  version: 'v1',
  kind: 'MutatingWebhookConfiguration',
  resource: 'mutatingwebhookconfigurations',
  namespaced: false,
  categories: ['api-extensions'],
  storagePath: 'mutatingwebhookconfigurations',
  generation: false,
  unconditionalUpdate: false,
};
