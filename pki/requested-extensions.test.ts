import assert from 'node:assert/strict';
import { generateKeyPairSync, sign } from 'node:crypto';
import { test } from 'node:test';
import { bitString, contextTag, encode, objectIdentifier, sequence, tags } from './der.ts';
import { requestSignatureProblem } from './request-signature.ts';

/** Each text is what Go's crypto/x509 says of the same request. */

const keys = generateKeyPairSync('ed25519');
const algorithm = sequence(objectIdentifier('1.3.101.112'));

function problemOf(subject: Buffer, ...attributes: Buffer[]): string | undefined {
  const key = keys.publicKey.export({ type: 'spki', format: 'der' });
  const info = sequence(
    encode(tags.integer, Buffer.of(0)),
    subject,
    key,
    encode(0xa0, ...attributes),
  );
  const signature = bitString(sign(null, info, keys.privateKey));
  return requestSignatureProblem(sequence(info, algorithm, signature));
}

const text = (tag: number, content: string | number[]) =>
  encode(tag, Buffer.from(content as string));

test('what a subject says', () => {
  const numericString = 0x12;
  const ia5String = 0x16;
  const cases: [value: Buffer, problem: string | undefined][] = [
    [text(tags.printableString, 'a*b&c'), undefined],
    [
      text(tags.printableString, 'a@b'),
      'asn1: syntax error: PrintableString contains invalid character',
    ],
    [text(numericString, '1 2'), undefined],
    [text(numericString, 'a'), 'asn1: syntax error: NumericString contains invalid character'],
    [text(ia5String, 'é'), 'asn1: syntax error: IA5String contains invalid character'],
    [text(tags.teletexString, 'é'), undefined],
    [text(tags.utf8String, [0xff]), 'asn1: invalid UTF-8 string'],
    [text(tags.bmpString, [0, 0x61]), undefined],
    [text(tags.bmpString, 'a'), 'invalid BMPString'],
    [text(tags.bmpString, [0xd8, 0]), 'invalid BMPString'],
    [text(tags.boolean, [1]), 'asn1: syntax error: invalid boolean'],
    [text(tags.integer, []), 'asn1: structure error: empty integer'],
    [text(tags.bitString, []), 'asn1: syntax error: zero length BIT STRING'],
    [text(tags.objectIdentifier, []), 'asn1: syntax error: zero length OBJECT IDENTIFIER'],
    [sequence(text(tags.integer, [])), undefined],
  ];
  for (const [value, problem] of cases) {
    const attribute = sequence(objectIdentifier('2.5.4.3'), value);
    const subject = sequence(encode(tags.set, attribute));
    assert.equal(problemOf(subject), problem, value.toString('hex'));
  }
});

const octets = (...parts: Buffer[]) => encode(tags.octetString, ...parts);
const extension = (id: string, ...parts: Buffer[]) => sequence(objectIdentifier(id), ...parts);
const asking = (...values: Buffer[]) =>
  sequence(objectIdentifier('1.2.840.113549.1.9.14'), encode(tags.set, ...values));
const asks = (...extensions: Buffer[]) => asking(sequence(...extensions));

test('extensions that are asked for', () => {
  const known = extension('1.2.3', octets());
  const cases: [attribute: Buffer, problem: string | undefined][] = [
    [asks(known, extension('1.2.4', text(tags.boolean, [0xff]), octets())), undefined],
    [asks(known, known), 'x509: certificate request contains duplicate requested extensions'],
    [
      asks(extension('1.2.3', text(tags.boolean, [3]), octets())),
      'asn1: syntax error: invalid boolean',
    ],
    [asks(extension('1.2.3')), 'asn1: syntax error: sequence truncated'],
    [asks(text(tags.null, [])), 'asn1: structure error: sequence tag mismatch'],
    // attributes that are not what they should be are left out
    [asking(), undefined],
    [text(tags.null, []), undefined],
    [sequence(objectIdentifier('1.2.840.113549.1.9.14')), undefined],
    [sequence(objectIdentifier('1.2.3'), encode(tags.set, text(tags.null, []))), undefined],
  ];
  for (const [attribute, problem] of cases) {
    assert.equal(problemOf(sequence(), attribute), problem, attribute.toString('hex'));
  }
});

test('alternative names that are asked for', () => {
  const names = (...list: Buffer[]) => asks(extension('2.5.29.17', octets(sequence(...list))));
  const name = (number: number, content: string) => text(contextTag(number, false), content);
  const cases: [attribute: Buffer, problem: string | undefined][] = [
    [names(name(1, 'a@b'), name(2, 'a.b'), name(7, '1234'), name(8, 'é')), undefined],
    [asks(extension('2.5.29.17', octets())), 'x509: invalid subject alternative names'],
    [names(Buffer.of(0x82, 5)), 'x509: invalid subject alternative name'],
    [names(name(1, 'é')), 'x509: SAN rfc822Name is malformed'],
    [names(name(2, 'é')), 'x509: SAN dNSName is malformed'],
    [names(name(6, 'é')), 'x509: SAN uniformResourceIdentifier is malformed'],
    [names(name(7, '123')), 'x509: cannot parse IP address of length 3'],
    [names(name(6, 'spiffe://a_b/c')), undefined],
    [names(name(6, 'http://a./')), 'x509: cannot parse URI "http://a./": invalid domain'],
    [names(name(6, ':x#y')), 'x509: cannot parse URI ":x#y": parse ":x": missing protocol scheme'],
    [
      names(name(6, 'x#%zz')),
      'x509: cannot parse URI "x#%zz": parse "x#%zz": invalid URL escape "%zz"',
    ],
  ];
  for (const [attribute, problem] of cases) {
    assert.equal(problemOf(sequence(), attribute), problem, attribute.toString('hex'));
  }
});
