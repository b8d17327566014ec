import { webhookConfiguration } from './webhook-configuration.ts';
import { setTextDefaults } from '../plain.ts';
import type { KindDefinition } from '../resource.ts';

export const mutatingWebhookConfiguration: KindDefinition = {
  group: 'admissionregistration.k8s.io',
  version: 'v1',
  kind: 'MutatingWebhookConfiguration',
  resource: 'mutatingwebhookconfigurations',
  namespaced: false,
  categories: ['api-extensions'],
  storagePath: 'mutatingwebhookconfigurations',
  unconditionalUpdate: false,
  ...webhookConfiguration,
  default(configuration) {
    webhookConfiguration.default(configuration);
    for (const webhook of configuration.webhooks ?? []) {
      setTextDefaults(webhook, { reinvocationPolicy: 'Never' });
    }
  },
};
