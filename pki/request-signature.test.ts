import assert from 'node:assert/strict';
import { constants, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { test } from 'node:test';
import { generateKeys, type KeyAlgorithm } from './certificate.ts';
import { encode, readDer, sequence, tags } from './der.ts';
import { requestSignatureProblem } from './request-signature.ts';
import { createSigningRequest } from './signing-request.ts';

const derOf = (pem: string) => Buffer.from(pem.replace(/-----[^-]+-----|\s/g, ''), 'base64');

async function request(algorithm: KeyAlgorithm): Promise<Buffer> {
  const { privateKeyPem } = await generateKeys(algorithm);
  return derOf(createSigningRequest({ commonName: 'someone' }, {}, privateKeyPem));
}

test('a request is proved by its own key', async () => {
  const wrong: Record<string, string> = {
    'ECDSA-P256': 'x509: ECDSA verification failure',
    'ECDSA-P384': 'x509: ECDSA verification failure',
    'RSA-2048': 'crypto/rsa: verification error',
  };
  for (const [algorithm, words] of Object.entries(wrong)) {
    const der = await request(algorithm as KeyAlgorithm);
    assert.equal(requestSignatureProblem(der), undefined, algorithm);
    der.write('another', der.indexOf('someone'));
    assert.equal(requestSignatureProblem(der), words);
  }
});

const oid = (hex: string) => encode(tags.objectIdentifier, Buffer.from(hex, 'hex'));

/** A request without subject and attributes. */
function built(key: KeyObject, algorithm: Buffer, signed: (info: Buffer) => Buffer): Buffer {
  const spki = key.export({ type: 'spki', format: 'der' });
  const info = sequence(encode(0x02, Buffer.from([0])), sequence(), spki, encode(0xa0));
  return sequence(info, algorithm, encode(0x03, Buffer.from([0]), signed(info)));
}

test('keys that only others use: Ed25519, RSA-PSS', () => {
  const edwards = generateKeyPairSync('ed25519');
  const plain = sequence(oid('2b6570'));
  const ed = built(edwards.publicKey, plain, (info) => sign(null, info, edwards.privateKey));
  assert.equal(requestSignatureProblem(ed), undefined);
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const hash = sequence(oid('608648016503040202'));
  const mask = sequence(oid('2a864886f70d010108'), hash);
  const salted = (saltLength: number) =>
    sequence(
      oid('2a864886f70d01010a'),
      sequence(
        encode(0xa0, hash),
        encode(0xa1, mask),
        encode(0xa2, encode(tags.integer, Buffer.of(saltLength))),
      ),
    );
  const padding = constants.RSA_PKCS1_PSS_PADDING;
  const pss = (saltLength: number) =>
    built(rsa.publicKey, salted(saltLength), (info) =>
      sign('sha384', info, { key: rsa.privateKey, padding, saltLength }),
    );
  assert.equal(requestSignatureProblem(pss(48)), undefined);
  assert.equal(
    requestSignatureProblem(pss(32)),
    'x509: cannot verify signature: algorithm unimplemented',
  );
});

test('an algorithm that is not of the key, or that nobody knows', () => {
  const { publicKey } = generateKeyPairSync('ed25519');
  const none = () => Buffer.alloc(64);
  assert.equal(
    requestSignatureProblem(built(publicKey, sequence(oid('2a8648ce3d040302')), none)),
    'x509: signature algorithm specifies an ECDSA public key, but have public key of type ed25519.PublicKey',
  );
  assert.equal(
    requestSignatureProblem(built(publicKey, sequence(oid('2a03')), none)),
    'x509: cannot verify signature: algorithm unimplemented',
  );
  assert.equal(
    requestSignatureProblem(built(publicKey, sequence(oid('2b6570')), none)),
    'x509: Ed25519 verification failure',
  );
});

test('what nobody should sign with any more', () => {
  const none = () => Buffer.alloc(64);
  const { publicKey } = generateKeyPairSync('ed25519');
  assert.equal(
    requestSignatureProblem(built(publicKey, sequence(oid('2a864886f70d010104')), none)),
    'x509: cannot verify signature: insecure algorithm MD5-RSA',
  );
  const small = generateKeyPairSync('rsa', { modulusLength: 768 });
  const sha256 = sequence(oid('2a864886f70d01010b'));
  assert.equal(
    requestSignatureProblem(
      built(small.publicKey, sha256, (info) => sign('sha256', info, small.privateKey)),
    ),
    'crypto/rsa: 768-bit keys are insecure (see https://go.dev/pkg/crypto/rsa#hdr-Minimum_key_size)',
  );
  const dsa = generateKeyPairSync('dsa', { modulusLength: 1024, divisorLength: 160 });
  assert.equal(
    requestSignatureProblem(built(dsa.publicKey, sequence(oid('608648016503040302')), none)),
    'x509: cannot verify signature: algorithm unimplemented',
  );
});

test('bytes that are no request', async () => {
  const der = await request('ECDSA-P256');
  const header = ['sequence truncated', 'truncated tag or length', 'truncated tag or length'];
  for (let length = 0; length < der.length; length++) {
    const text = `asn1: syntax error: ${header[length] ?? 'data truncated'}`;
    assert.equal(requestSignatureProblem(der.subarray(0, length)), text, `${length}`);
  }
  const twice = Buffer.concat([der, der]);
  assert.equal(requestSignatureProblem(twice), 'asn1: syntax error: trailing data');
  assert.equal(readDer(Buffer.from([0x30, 0x80, 0, 0])), undefined);
});
