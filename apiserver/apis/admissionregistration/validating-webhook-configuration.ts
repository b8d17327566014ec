import { webhookConfiguration } from './webhook-configuration.ts';
import type { KindDefinition } from '../resource.ts';

export const validatingWebhookConfiguration: KindDefinition = {
  group: 'admissionregistration.k8s.io',
  version: 'v1',
  kind: 'ValidatingWebhookConfiguration',
  resource: 'validatingwebhookconfigurations',
  namespaced: false,
  categories: ['api-extensions'],
  storagePath: 'validatingwebhookconfigurations',
  unconditionalUpdate: false,
  ...webhookConfiguration,
};
