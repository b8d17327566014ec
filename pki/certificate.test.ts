import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:tls';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { once } from 'node:events';
import { describe, it } from 'node:test';
import {
  generateKeys,
  issueAuthority,
  issueCertificate,
  type KeyAlgorithm,
} from './certificate.ts';
import {
  fingerprint,
  isIssuedBy,
  keyMatches,
  readCertificate,
  splitBundle,
} from './fingerprint.ts';

const hour = 3_600_000;
const serving = {
  subject: { commonName: 'kube-apiserver' },
  names: { dnsNames: ['localhost', '*.etcd.ns.svc'], ipAddresses: ['127.0.0.1', '::1', 'fd00::a'] },
  usages: ['server auth'] as const,
  durationMs: hour,
};

describe('issueCertificate', () => {
  for (const keyAlgorithm of ['ECDSA-P256', 'ECDSA-P384', 'RSA-2048'] as KeyAlgorithm[]) {
    it(`makes a chain that node:crypto accepts with ${keyAlgorithm}`, async () => {
      const ca = await issueAuthority({ commonName: 'ca', durationMs: 24 * hour, keyAlgorithm });
      const leaf = await issueCertificate(ca, { ...serving, keyAlgorithm });
      assert.equal(isIssuedBy(leaf.certificatePem, ca.certificatePem), true);
      assert.equal(keyMatches(leaf.certificatePem, leaf.privateKeyPem), true);
      assert.equal(keyMatches(leaf.certificatePem, ca.privateKeyPem), false);
      assert.equal(readCertificate(ca.certificatePem).certificateAuthority, true);
      const facts = readCertificate(leaf.certificatePem);
      assert.equal(facts.certificateAuthority, false);
      assert.deepEqual(facts.dnsNames, ['localhost', '*.etcd.ns.svc']);
      assert.deepEqual(facts.ipAddresses, ['127.0.0.1', '::1', 'fd00::a']);
    });
  }

  it('writes organizations as Kubernetes groups, in order', async () => {
    const ca = await issueAuthority({ commonName: 'ca', durationMs: hour });
    const leaf = await issueCertificate(ca, {
      subject: { commonName: 'admin', organizations: ['system:masters', 'ops'] },
      usages: ['client auth'],
      durationMs: hour,
    });
    const facts = readCertificate(leaf.certificatePem);
    assert.equal(facts.commonName, 'admin');
    assert.deepEqual(facts.organizations, ['system:masters', 'ops']);
    assert.deepEqual(new X509Certificate(leaf.certificatePem).keyUsage, ['1.3.6.1.5.5.7.3.2']);
  });

  it('never outlives its authority and tolerates clocks that run behind', async () => {
    const now = new Date('2030-01-01T00:00:00Z');
    const ca = await issueAuthority({ commonName: 'ca', durationMs: hour, now });
    const leaf = await issueCertificate(ca, { ...serving, durationMs: 10 * hour, now });
    const facts = readCertificate(leaf.certificatePem);
    assert.equal(facts.notAfter.toISOString(), '2030-01-01T01:00:00.000Z');
    assert.equal(facts.notBefore.toISOString(), '2029-12-31T23:55:00.000Z');
  });

  it('refuses an alternative name that is no address', async () => {
    const ca = await issueAuthority({ commonName: 'ca', durationMs: hour });
    const names = { ipAddresses: ['10.0.0'] };
    await assert.rejects(issueCertificate(ca, { ...serving, names }), /"10.0.0" is not an IP/);
  });

  it('serves TLS that a client with the authority trusts, in both directions', async () => {
    const ca = await issueAuthority({ commonName: 'ca', durationMs: hour });
    const server = await issueCertificate(ca, serving);
    const client = await issueCertificate(ca, {
      subject: { commonName: 'c' },
      usages: ['client auth'],
      durationMs: hour,
    });
    const listener = createServer({
      cert: server.certificatePem,
      key: server.privateKeyPem,
      ca: ca.certificatePem,
      requestCert: true,
      rejectUnauthorized: true,
    });
    listener.on('secureConnection', (socket) =>
      socket.end(String(socket.getPeerCertificate().subject.CN)),
    );
    listener.listen(0, '127.0.0.1');
    await once(listener, 'listening');
    const { port } = listener.address() as { port: number };
    const socket = connect({
      port,
      host: '127.0.0.1',
      ca: ca.certificatePem,
      cert: client.certificatePem,
      key: client.privateKeyPem,
    });
    const [data] = await once(socket, 'data');
    assert.equal(String(data), 'c');
    socket.destroy();
    listener.close();
  });

  it('satisfies openssl, where there is one', async (t) => {
    try {
      execFileSync('openssl', ['version']);
    } catch {
      return t.skip('no openssl');
    }
    const folder = mkdtempSync(join(tmpdir(), 'quorate-pki-'));
    try {
      for (const keyAlgorithm of ['ECDSA-P256', 'RSA-2048'] as KeyAlgorithm[]) {
        const ca = await issueAuthority({ commonName: 'ca', durationMs: 24 * hour, keyAlgorithm });
        const leaf = await issueCertificate(ca, serving);
        writeFileSync(join(folder, 'ca.crt'), ca.certificatePem);
        writeFileSync(join(folder, 'tls.crt'), leaf.certificatePem);
        const args = ['verify', '-x509_strict', '-purpose', 'sslserver', '-verify_hostname'];
        const files = ['localhost', '-CAfile', join(folder, 'ca.crt'), join(folder, 'tls.crt')];
        assert.match(execFileSync('openssl', [...args, ...files]).toString(), /OK/);
      }
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

describe('fingerprint', () => {
  it('tells certificates apart and reads bundles', async () => {
    const a = await issueAuthority({ commonName: 'ca', durationMs: hour });
    const b = await issueAuthority({ commonName: 'ca', durationMs: hour });
    assert.notEqual(fingerprint(a.certificatePem), fingerprint(b.certificatePem));
    const bundle = splitBundle(a.certificatePem + b.certificatePem);
    assert.deepEqual(
      bundle.map(fingerprint),
      [a, b].map((c) => fingerprint(c.certificatePem)),
    );
    const colons = new X509Certificate(a.certificatePem).fingerprint256;
    assert.equal(fingerprint(a.certificatePem), colons.replaceAll(':', '').toLowerCase());
    assert.throws(() => fingerprint('nothing'));
  });

  it('is not fooled by an authority of the same name', async () => {
    const a = await issueAuthority({ commonName: 'ca', durationMs: hour });
    const b = await issueAuthority({ commonName: 'ca', durationMs: hour });
    const leaf = await issueCertificate(a, serving);
    assert.equal(isIssuedBy(leaf.certificatePem, b.certificatePem), false);
  });
});

describe('generateKeys', () => {
  it('gives keys of the size asked for', async () => {
    const { createPrivateKey } = await import('node:crypto');
    const rsa = createPrivateKey((await generateKeys('RSA-3072')).privateKeyPem);
    assert.equal(rsa.asymmetricKeyDetails?.modulusLength, 3072);
    const ec = createPrivateKey((await generateKeys('ECDSA-P384')).privateKeyPem);
    assert.equal(ec.asymmetricKeyDetails?.namedCurve, 'secp384r1');
  });
});
