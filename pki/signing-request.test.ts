import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { describe, it } from 'node:test';
import { generateKeys, issueAuthority, type KeyAlgorithm } from './certificate.ts';
import { isIssuedBy, keyMatches, readCertificate } from './fingerprint.ts';
import {
  createSigningRequest,
  parseSigningRequest,
  signSigningRequest,
} from './signing-request.ts';

const hour = 3_600_000;
const node = { commonName: 'system:node:n1', organizations: ['system:nodes'] };
const names = { dnsNames: ['n1'], ipAddresses: ['10.0.0.1', 'fd00::1'] };
const usages = ['digital signature', 'key encipherment', 'server auth'];

describe('signSigningRequest', () => {
  for (const algorithm of ['ECDSA-P256', 'ECDSA-P384', 'RSA-2048'] as KeyAlgorithm[]) {
    it(`signs a kubelet's request with a key of ${algorithm}`, async () => {
      const ca = await issueAuthority({ commonName: 'kubernetes', durationMs: 10 * hour });
      const { privateKeyPem } = await generateKeys(algorithm);
      const request = await createSigningRequest(node, names, privateKeyPem);
      const signed = await signSigningRequest(request, ca, { usages, durationMs: hour });
      assert.equal(isIssuedBy(signed, ca.certificatePem), true);
      assert.equal(keyMatches(signed, privateKeyPem), true);
      const facts = readCertificate(signed);
      assert.equal(facts.commonName, node.commonName);
      assert.deepEqual(facts.organizations, node.organizations);
      assert.deepEqual(facts.dnsNames, names.dnsNames);
      assert.deepEqual(facts.ipAddresses, names.ipAddresses);
      assert.deepEqual(new X509Certificate(signed).keyUsage, ['1.3.6.1.5.5.7.3.1']);
    });
  }

  it('refuses usages that X.509 does not have', async () => {
    const ca = await issueAuthority({ commonName: 'kubernetes', durationMs: hour });
    const { privateKeyPem } = await generateKeys();
    const request = await createSigningRequest(node, {}, privateKeyPem);
    const options = { usages: ['client auth', 'party'], durationMs: hour };
    await assert.rejects(signSigningRequest(request, ca, options), /usage values: party/);
  });
});

describe('parseSigningRequest', () => {
  it('refuses a request whose signature belongs to another key', async () => {
    const { privateKeyPem } = await generateKeys();
    const pem = await createSigningRequest(node, names, privateKeyPem);
    const der = Buffer.from(pem.replace(/-----[^-]+-----|\s/g, ''), 'base64');
    const at = der.indexOf('system:node:n1');
    der.write('system:node:n2', at);
    const forged = `-----BEGIN CERTIFICATE REQUEST-----\n${der.toString('base64')}\n-----END CERTIFICATE REQUEST-----\n`;
    await assert.rejects(parseSigningRequest(forged), /does not match its public key/);
  });

  it('refuses other PEM blocks by what it expects', async () => {
    const ca = await issueAuthority({ commonName: 'x', durationMs: hour });
    await assert.rejects(parseSigningRequest(ca.certificatePem), /must be CERTIFICATE REQUEST/);
  });
});
