import assert from 'node:assert/strict';
import { test } from 'node:test';
import { generateKeys, issueAuthority } from '../../../pki/certificate.ts';
import { createSigningRequest } from '../../../pki/signing-request.ts';
import { createCauses, statusCauses, statusUpdate } from '../validation-fixture.ts';
import { certificateSigningRequest as kind } from './certificate-signing-request.ts';
import { validateApproval } from './request-validation.ts';

const pem = (type: string, body = 'MAMCAQE=') =>
  Buffer.from(`-----BEGIN ${type}-----\n${body}\n-----END ${type}-----\n`).toString('base64');
const { privateKeyPem } = await generateKeys();
const { certificatePem } = await issueAuthority({ commonName: 'a', durationMs: 3600_000 });
const certificate = Buffer.from(certificatePem).toString('base64');
const requestPem = createSigningRequest({ commonName: 'a' }, {}, privateKeyPem);
const request = Buffer.from(requestPem).toString('base64');
const requestBody = Buffer.concat([
  Buffer.from(requestPem.replace(/-----[^-]+-----|\s/g, ''), 'base64'),
  Buffer.of(0),
]).toString('base64');
const valid = { request, usages: ['client auth'], signerName: 'a.b/c' };

test('a request', () => {
  const cases: [spec: object, causes: (string | RegExp)[]][] = [
    [valid, []],
    [
      {},
      [
        /^spec.request: Invalid value: (null|""): PEM block type must be CERTIFICATE REQUEST$/,
        'spec.usages: Required value',
        'spec.signerName: Required value',
      ],
    ],
    [
      { ...valid, request: pem('NEW CERTIFICATE REQUEST') },
      [/^spec.request: Invalid value: "LS0t.*": PEM block type must be CERTIFICATE REQUEST$/],
    ],
    [
      { ...valid, request: pem('CERTIFICATE REQUEST', 'MAMC!') },
      [/^spec.request: Invalid value: "LS0t.*": PEM block type must be CERTIFICATE REQUEST$/],
    ],
    [
      { ...valid, request: pem('CERTIFICATE REQUEST', requestBody) },
      [/^spec.request: Invalid value: "LS0t.*": asn1: syntax error: trailing data$/],
    ],
    [
      { ...valid, request: pem('CERTIFICATE REQUEST') },
      [
        /^spec.request: Invalid value: "LS0t.*": asn1: structure error: tags don't match \(16 vs {class:0 tag:2 .*} tbsCertificateRequest @2$/,
      ],
    ],
    [
      { ...valid, usages: ['fly', 'any', 'any'], expirationSeconds: 60 },
      [
        /^spec.usages\[0\]: Unsupported value: "fly": supported values: "any", "cert sign", .*"timestamping"$/,
        'spec.usages[2]: Duplicate value: "any"',
        'spec.expirationSeconds: Invalid value: 60: may not specify a duration less than 600 seconds (10 minutes)',
      ],
    ],
    [
      { ...valid, signerName: 'a' },
      [
        `spec.signerName: Invalid value: "a": must be a fully qualified domain and path of the form 'example.com/signer-name'`,
      ],
    ],
    [
      { ...valid, signerName: 'A/b_' },
      [
        /^spec.signerName: Invalid value: "A": validating label "A": a lowercase RFC 1123 label must/,
        'spec.signerName: Invalid value: "A": should be a domain with at least two segments separated by dots',
        /^spec.signerName: Invalid value: "b_": validating label "b_": a lowercase RFC 1123 subdomain must/,
      ],
    ],
    [
      { ...valid, signerName: 'kubernetes.io/legacy-unknown' },
      [
        'spec.signerName: Invalid value: "kubernetes.io/legacy-unknown": the legacy signerName is not allowed via this API version',
      ],
    ],
  ];
  for (const [spec, causes] of cases) {
    const found = createCauses(kind, { spec });
    assert.equal(found.length, causes.length, found.join('\n'));
    for (const [i, want] of causes.entries()) {
      if (typeof want === 'string') assert.equal(found[i], want);
      else assert.match(found[i] ?? '', want);
    }
  }
});

test('status: conditions stay, certificates are set once', () => {
  const status = (conditions: object[], certificate?: string) => ({
    spec: valid,
    status: { conditions, ...(certificate === undefined ? {} : { certificate }) },
  });
  const failed = { type: 'Failed', status: 'True' };
  const update = (next: object, old: object) => statusCauses(kind, next, old);
  assert.deepEqual(update(status([failed]), status([])), []);
  assert.deepEqual(update(status([]), status([failed])), [
    'status.conditions: Forbidden: updates may not remove a condition of type "Failed"',
  ]);
  assert.deepEqual(
    update(
      status([{ type: 'Failed', status: 'False' }, { type: 'a', status: 'x' }, failed]),
      status([]),
    ),
    [
      'status.conditions[0].status: Unsupported value: "False": supported values: "True"',
      'status.conditions[1].status: Unsupported value: "x": supported values: "False", "True", "Unknown"',
      'status.conditions[2].type: Duplicate value: "Failed"',
    ],
  );
  assert.deepEqual(update(status([], pem('KEY')), status([], certificate)), [
    'status.certificate: Invalid value: "<certificate data>": only CERTIFICATE PEM blocks are allowed, found "KEY"',
    'status.certificate: Forbidden: updates may not modify existing certificate content',
  ]);
  assert.deepEqual(update(status([], Buffer.from('x').toString('base64')), status([])), [
    'status.certificate: Invalid value: "<certificate data>": must contain at least one CERTIFICATE PEM block',
  ]);
});

test('status: an approval neither comes nor goes, and says what it said', () => {
  const of = (...conditions: object[]) => ({ spec: valid, status: { conditions } });
  const approved = { type: 'Approved', status: 'True', reason: 'a' };
  const failed = { type: 'Failed', status: 'True' };
  assert.deepEqual(statusCauses(kind, of(failed, approved), of()), [
    'status.conditions: Forbidden: updates may not add a condition of type "Approved"',
  ]);
  assert.deepEqual(statusCauses(kind, of(failed), of(approved)), [
    'status.conditions: Forbidden: updates may not remove a condition of type "Approved"',
  ]);
  const next = statusUpdate(kind, of(failed, { ...approved, reason: 'b' }), of(approved));
  assert.deepEqual(
    next.status.conditions.map(({ type, reason }: Record<string, string>) => [type, reason]),
    [
      ['Failed', undefined],
      ['Approved', 'a'],
    ],
  );
});

test('conditions that were stored wrong may stay', () => {
  const both = [
    { type: 'Denied', status: 'True' },
    { type: 'Approved', status: 'True' },
    { type: '', status: 'True' },
    { type: '', status: 'True' },
  ];
  const of = (...conditions: object[]) => ({ spec: valid, status: { conditions } });
  assert.deepEqual(statusCauses(kind, of(...both), of(...both)), []);
  assert.equal(statusCauses(kind, of(...both), of(...both.slice(0, 1))).length, 5);
});

test('a certificate that was stored wrong is not judged when it is changed', () => {
  const of = (certificate: string) => ({ spec: valid, status: { certificate } });
  assert.deepEqual(statusCauses(kind, of(pem('KEY')), of(pem('KEY', 'MAMCAQI='))), [
    'status.certificate: Forbidden: updates may not modify existing certificate content',
  ]);
});

test('an approval may be reworded, not taken back or turned', () => {
  const of = (...conditions: object[]) => ({
    apiVersion: 'certificates.k8s.io/v1',
    kind: 'CertificateSigningRequest',
    metadata: {},
    status: { conditions },
  });
  const approved = { type: 'Approved', status: 'True', reason: 'a' };
  const denied = { type: 'Denied', status: 'True' };
  assert.deepEqual(validateApproval(of({ ...approved, reason: 'b' }), of(approved)), []);
  assert.deepEqual(
    validateApproval(of(approved, denied), of(approved)).map(({ message }) => message),
    ['Invalid value: "Denied": Approved and Denied conditions are mutually exclusive'],
  );
  assert.deepEqual(
    validateApproval(of(), of(approved)).map(({ message }) => message),
    ['Forbidden: updates may not remove a condition of type "Approved"'],
  );
});
