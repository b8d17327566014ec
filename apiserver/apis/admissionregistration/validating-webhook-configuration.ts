import type { KindDefinition } from '../resource.ts';

export const validatingWebhookConfiguration: KindDefinition = {
  group: 'admissionregistration.k8s.io',
  version: 'v1',
  kind: 'ValidatingWebhookConfiguration',
  resource: 'validatingwebhookconfigurations',
  namespaced: false,
  categories: ['api-extensions'],
  storagePath: 'validatingwebhookconfigurations',
  generation: false,
  unconditionalUpdate: false,
};
