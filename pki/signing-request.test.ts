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
      const request = createSigningRequest(node, names, privateKeyPem);
      const signed = signSigningRequest(request, ca, { usages, durationMs: hour });
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
    const request = createSigningRequest(node, {}, privateKeyPem);
    const options = { usages: ['client auth', 'party'], durationMs: hour };
    assert.throws(() => signSigningRequest(request, ca, options), /usage values: party/);
  });
});

describe('parseSigningRequest', () => {
  it('refuses a request whose signature belongs to another key', async () => {
    const { privateKeyPem } = await generateKeys();
    const pem = createSigningRequest(node, names, privateKeyPem);
    const der = Buffer.from(pem.replace(/-----[^-]+-----|\s/g, ''), 'base64');
    const at = der.indexOf('system:node:n1');
    der.write('system:node:n2', at);
    const forged = `-----BEGIN CERTIFICATE REQUEST-----\n${der.toString('base64')}\n-----END CERTIFICATE REQUEST-----\n`;
    assert.throws(() => parseSigningRequest(forged), /ECDSA verification failure/);
  });

  it('refuses other PEM blocks by what it expects', async () => {
    const ca = await issueAuthority({ commonName: 'x', durationMs: hour });
    assert.throws(() => parseSigningRequest(ca.certificatePem), /must be CERTIFICATE REQUEST/);
  });

  it("reads OpenSSL's requests: names of every kind, text beyond ASCII", () => {
    const { subject, names: asked } = parseSigningRequest(madeByOpenSsl);
    assert.deepEqual(subject, { commonName: 'jané', organizations: ['g1', 'g2'] });
    assert.deepEqual(asked, {
      dnsNames: ['q.r'],
      ipAddresses: ['fe80::1', '10.1.2.3'],
      emailAddresses: ['a@b.c'],
      uris: ['spiffe://x/y'],
    });
  });

  it('reads what createSigningRequest writes, addresses in RFC 5952 form', async () => {
    const { privateKeyPem } = await generateKeys('RSA-2048');
    const ipAddresses = ['::', '::1', '1:2:3:4:5:6:7:8', '::ffff:1.2.3.4', '255.0.0.1'];
    const pem = createSigningRequest({ commonName: 'ü*' }, { ipAddresses }, privateKeyPem);
    const { subject, names: asked } = parseSigningRequest(pem);
    assert.deepEqual(subject, { commonName: 'ü*', organizations: [] });
    const written = ['::', '::1', '1:2:3:4:5:6:7:8', '::ffff:102:304', '255.0.0.1'];
    assert.deepEqual(asked.ipAddresses, written);
  });

  it('refuses a request that is cut off anywhere', () => {
    const der = Buffer.from(madeByOpenSsl.replace(/-----[^-]+-----|\s/g, ''), 'base64');
    for (let length = 0; length < der.length; length++) {
      const text = der.subarray(0, length).toString('base64');
      const cut = `-----BEGIN CERTIFICATE REQUEST-----\n${text}\n-----END CERTIFICATE REQUEST-----`;
      assert.throws(
        () => parseSigningRequest(cut),
        /malformed|asn1: syntax error/,
        `${length} octets`,
      );
    }
  });
});

const madeByOpenSsl = `-----BEGIN CERTIFICATE REQUEST-----
MIIBbzCB9wIBADAqMQswCQYDVQQKDAJnMTELMAkGA1UECgwCZzIxDjAMBgNVBAMM
BWphbsOpMHYwEAYHKoZIzj0CAQYFK4EEACIDYgAErbnAroD5L/5EjGyE/Nl5ogEW
dxMUulpRidfr2Z7/VqiHfhIx1Oe+6Tqmz4yEWEDNe1LJ90CZ9beQdAPJALHyK0ny
bPPKGPw98xMy88rr9s8LPSUom8F/Bw2kznXeHpicoE4wTAYJKoZIhvcNAQkOMT8w
PTA7BgNVHREENDAyggNxLnKHEP6AAAAAAAAAAAAAAAAAAAGHBAoBAgOBBWFAYi5j
hgxzcGlmZmU6Ly94L3kwCgYIKoZIzj0EAwIDZwAwZAIwPWQespd92krw6K/9g8Re
PIxoi20OgGve+/oVZoeMh5pyOVF2GoRTV9nIprNJUle6AjAFwrD++46NczuWr+5D
4xYfLiyYGE9xJsU/S9GoiGswSW0Vppyv4cKfFp2vVhfW0+4=
-----END CERTIFICATE REQUEST-----
`;
