import type { KindDefinition } from '../resource.ts';

export const certificateSigningRequest: KindDefinition = {
  group: 'certificates.k8s.io',
  version: 'v1',
  kind: 'CertificateSigningRequest',
  resource: 'certificatesigningrequests',
  namespaced: false,
  shortNames: ['csr'],
  storagePath: 'certificatesigningrequests',
  nameRule: 'path-segment',
  generation: false,
  status: true,
  subresources: {
    approval: {
      kind: { group: 'certificates.k8s.io', version: 'v1', kind: 'CertificateSigningRequest' },
      verbs: ['get', 'patch', 'update'],
      definition: 'io.k8s.api.certificates.v1.CertificateSigningRequest',
    },
  },
};
