import type { Shape } from './asn1-shape.ts';

/** What Go's crypto/x509 reads a PKCS #10 request into, by the names of its types. */

const algorithm: Shape = {
  kind: 'sequence',
  name: 'AlgorithmIdentifier',
  fields: [{ kind: 'identifier' }, { kind: 'any', optional: true }],
};

export const requestShape: Shape = {
  kind: 'sequence',
  name: 'certificateRequest',
  fields: [
    {
      kind: 'sequence',
      name: 'tbsCertificateRequest',
      fields: [
        { kind: 'integer' },
        { kind: 'any' },
        { kind: 'sequence', name: 'publicKeyInfo', fields: [algorithm, { kind: 'bits' }] },
        { kind: 'tagged', number: 0 },
      ],
    },
    algorithm,
    { kind: 'bits' },
  ],
};

export const subjectShape: Shape = {
  kind: 'list',
  name: 'RDNSequence',
  tag: 16,
  of: {
    kind: 'list',
    name: 'RelativeDistinguishedNameSET',
    tag: 17,
    of: {
      kind: 'sequence',
      name: 'AttributeTypeAndValue',
      fields: [{ kind: 'identifier' }, { kind: 'value' }],
    },
  },
};

/** What else a request carries (RFC 2986 section 4.1). */
export const attributeShape: Shape = {
  kind: 'sequence',
  name: 'pkcs10Attribute',
  fields: [{ kind: 'identifier' }, { kind: 'list', name: '', tag: 17, of: { kind: 'any' } }],
};

export const extensionsShape: Shape = {
  kind: 'list',
  name: '',
  tag: 16,
  of: {
    kind: 'sequence',
    name: 'Extension',
    fields: [{ kind: 'identifier' }, { kind: 'boolean', optional: true }, { kind: 'octets' }],
  },
};
