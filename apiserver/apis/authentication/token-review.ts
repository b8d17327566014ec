import type { KindDefinition } from '../resource.ts';

export const tokenReview: KindDefinition = {
  group: 'authentication.k8s.io',
  version: 'v1',
  kind: 'TokenReview',
  resource: 'tokenreviews',
  namespaced: false,
  verbs: ['create'],
  storagePath: '',
};
