import type { KindDefinition } from '../resource.ts';

export const serviceAccount: KindDefinition = {
  group: '',
  version: 'v1',
  kind: 'ServiceAccount',
  resource: 'serviceaccounts',
  namespaced: true,
  shortNames: ['sa'],
  storagePath: 'serviceaccounts',
  generation: false,
  subresources: {
    token: {
      kind: { group: 'authentication.k8s.io', version: 'v1', kind: 'TokenRequest' },
      verbs: ['create'],
      definition: 'io.k8s.api.authentication.v1.TokenRequest',
    },
  },
};
