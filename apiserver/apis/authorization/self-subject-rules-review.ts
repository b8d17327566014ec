import type { KindDefinition } from '../resource.ts';

export const selfSubjectRulesReview: KindDefinition = {
  group: 'authorization.k8s.io',
  version: 'v1',
  kind: 'SelfSubjectRulesReview',
  resource: 'selfsubjectrulesreviews',
  namespaced: false,
  verbs: ['create'],
  storagePath: '',
};
