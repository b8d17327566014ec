import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { test } from 'node:test';
import { issueAuthority } from './certificate.ts';
import { certificatesProblem } from './certificate-problem.ts';
import { bitString, contextTag, encode, objectIdentifier, sequence, tags } from './der.ts';

/** Each text is what Go's crypto/x509 says of the same bytes. */

const value = (tag: number, content: string | number[] = []) =>
  encode(tag, Buffer.from(content as string));
const integer = (...bytes: number[]) => value(tags.integer, bytes);
const nothing = value(tags.null);
const algorithm = sequence(objectIdentifier('1.3.101.112'));
const key = generateKeyPairSync('ed25519').publicKey.export({ type: 'spki', format: 'der' });
const version = (number: number) => encode(contextTag(0, true), integer(number));

interface Parts {
  version?: Buffer;
  serial?: Buffer;
  issuer?: Buffer;
  validity?: Buffer[];
  key?: Buffer;
  rest?: Buffer[];
  outer?: Buffer;
}

function problemOf(parts: Parts): string | undefined {
  const times = [value(tags.utcTime, '250101000000Z'), value(tags.utcTime, '350101000000Z')];
  const signed = sequence(
    parts.version ?? Buffer.of(),
    parts.serial ?? integer(1),
    algorithm,
    parts.issuer ?? sequence(),
    sequence(...(parts.validity ?? times)),
    sequence(),
    parts.key ?? key,
    ...(parts.rest ?? []),
  );
  const whole = sequence(signed, parts.outer ?? algorithm, bitString(Buffer.alloc(4)));
  return certificatesProblem(whole)?.replace('x509: ', '');
}

test('certificates one after the other', async () => {
  const { certificatePem } = await issueAuthority({ commonName: 'a', durationMs: 3600_000 });
  const der = Buffer.from(certificatePem.replaceAll(/-----[^-]+-----|\s/g, ''), 'base64');
  assert.equal(certificatesProblem(Buffer.concat([der, der])), undefined);
  assert.equal(certificatesProblem(Buffer.of()), undefined);
  const malformed = 'x509: malformed certificate';
  assert.equal(certificatesProblem(Buffer.concat([der, Buffer.of(0)])), malformed);
  assert.equal(certificatesProblem(der.subarray(0, -1)), malformed);
});

test('what a certificate says of itself', () => {
  const common = (content: Buffer) =>
    sequence(encode(tags.set, sequence(objectIdentifier('2.5.4.3'), content)));
  const attribute = 'invalid RDNSequence: invalid attribute value: ';
  const cases: [parts: Parts, problem: string | undefined][] = [
    [{}, undefined],
    [{ version: version(3) }, 'invalid version'],
    [{ version: version(0x80) }, 'malformed version'],
    [{ serial: integer() }, 'malformed serial number'],
    [{ serial: integer(0x80) }, 'negative serial number'],
    [
      { outer: sequence(objectIdentifier('1.2.3')) },
      "inner and outer signature algorithm identifiers don't match",
    ],
    [{ issuer: nothing }, 'malformed issuer'],
    [{ issuer: sequence(nothing) }, 'invalid RDNSequence'],
    [{ issuer: common(value(tags.printableString, '@')) }, `${attribute}invalid PrintableString`],
    [{ issuer: common(integer(1)) }, `${attribute}unsupported string type: 2`],
    [{ validity: [nothing] }, 'unsupported time format'],
    [{ validity: [value(tags.utcTime, '250229000000Z')] }, 'malformed UTCTime'],
    [
      {
        validity: [
          value(tags.utcTime, '2401010000Z'),
          value(tags.generalizedTime, '20240101000000+0000'),
        ],
      },
      'malformed GeneralizedTime',
    ],
    [{ key: nothing }, 'malformed spki'],
    [{ key: sequence(algorithm, nothing) }, 'malformed subjectPublicKey'],
    [{ key: sequence(algorithm, bitString(Buffer.of(1))) }, 'wrong Ed25519 public key size'],
    [{ version: version(1), rest: [Buffer.of(0x81, 9)] }, 'malformed issuerUniqueID'],
  ];
  for (const [parts, problem] of cases) assert.equal(problemOf(parts), problem);
});

const extended = (...extensions: Buffer[]) =>
  problemOf({
    version: version(2),
    rest: [encode(contextTag(3, true), sequence(...extensions))],
  });
const extension = (id: string, content: Buffer, critical = false) =>
  sequence(
    objectIdentifier(id),
    ...(critical ? [value(tags.boolean, [0xff])] : []),
    encode(tags.octetString, content),
  );

test('extensions', () => {
  assert.equal(extended(nothing), 'malformed extension');
  assert.equal(extended(sequence(nothing)), 'malformed extension OID field');
  const other = extension('1.2.3', nothing);
  assert.equal(extended(other), undefined);
  assert.equal(extended(other, other), 'certificate contains duplicate extension with OID "1.2.3"');
  const cases: [id: string, content: Buffer, problem: string | undefined][] = [
    ['2.5.29.15', nothing, 'invalid key usage'],
    ['2.5.29.19', sequence(integer(0x80)), 'invalid basic constraints'],
    ['2.5.29.17', nothing, 'invalid subject alternative names'],
    ['2.5.29.31', nothing, 'invalid CRL distribution points'],
    ['2.5.29.31', sequence(nothing), 'invalid CRL distribution point'],
    ['2.5.29.32', sequence(sequence(value(6, [0x80, 1]))), 'invalid certificate policies'],
    ['2.5.29.33', sequence(sequence()), 'invalid policy mappings extension'],
    ['2.5.29.35', nothing, 'invalid authority key identifier'],
    ['2.5.29.36', sequence(value(0x80)), 'invalid policy constraints extension'],
    ['2.5.29.37', sequence(nothing), 'invalid extended key usages'],
    ['2.5.29.14', nothing, 'invalid subject key identifier'],
    ['2.5.29.54', nothing, 'invalid inhibit any policy extension'],
    ['1.3.6.1.5.5.7.1.1', sequence(sequence()), 'invalid authority info access'],
  ];
  for (const [id, content, problem] of cases) {
    assert.equal(extended(extension(id, content)), problem);
  }
  const critical = extension('2.5.29.14', value(tags.octetString), true);
  assert.equal(extended(critical), 'subject key identifier incorrectly marked critical');
});

test('name constraints', () => {
  const names = (tag: number, content: string | number[]) =>
    sequence(encode(contextTag(0, true), sequence(value(tag, content))));
  const [email, dns, uri, address] = [0x81, 0x82, 0x86, 0x87] as const;
  const cases: [content: Buffer, problem: string | undefined][] = [
    [sequence(), 'empty name constraints extension'],
    [nothing, 'invalid NameConstraints extension'],
    [names(dns, '.a.b'), undefined],
    [names(dns, 'a.'), 'failed to parse dnsName constraint "a."'],
    [
      names(dns, [0xff]),
      'invalid constraint value: x509: "\\xff" cannot be encoded as an IA5String',
    ],
    [names(uri, '1.2.3.4'), 'failed to parse URI constraint "1.2.3.4": cannot be IP address'],
    [names(email, '"a b"@c'), undefined],
    [names(email, 'a\\@b@c'), undefined],
    [names(email, 'a..b@c'), 'failed to parse rfc822Name constraint "a..b@c"'],
    [names(address, 'abc'), 'IP constraint contained value of length 3'],
    [names(address, [1, 2, 3, 4, 255, 0, 255, 0]), 'IP constraint contained invalid mask ff00ff00'],
    [names(address, [1, 2, 3, 4, 255, 254, 0, 0]), undefined],
  ];
  for (const [content, problem] of cases) {
    assert.equal(extended(extension('2.5.29.30', content)), problem);
  }
});
