import { certificateTextProblem } from './asn1-text.ts';
import { contextTag, tags } from './der.ts';
import { certificateExtensionsProblem } from './extension-problem.ts';
import { publicKeyProblem } from './public-key-problem.ts';
import { StrictDer } from './strict-der.ts';
import { isTime } from './x509-time.ts';

/** Why bytes are no certificates, in the words and the order of Go's crypto/x509 (ParseCertificates). */

class Mistake extends Error {}

function must<T>(value: T | undefined, words: string): T {
  if (value === undefined) throw new Mistake(`x509: ${words}`);
  return value;
}

/** What is wrong with the first certificate that is wrong, of those that the bytes are one after the other. */
export function certificatesProblem(bytes: Buffer): string | undefined {
  const all = new StrictDer(bytes);
  try {
    while (!all.isEmpty) readCertificate(must(all.inside(), 'malformed certificate'));
    return undefined;
  } catch (error) {
    if (error instanceof Mistake) return error.message;
    throw error;
  }
}

function check(problem: string | undefined): void {
  if (problem !== undefined) throw new Mistake(problem);
}

function readCertificate(outer: StrictDer): void {
  const signed = must(outer.inside(), 'malformed tbs certificate');
  const version = readVersion(signed);
  const serial = must(signed.integer(), 'malformed serial number');
  if ((serial[0] ?? 0) >= 0x80) throw new Mistake('x509: negative serial number');
  const algorithm = must(signed.read(tags.sequence), 'malformed signature algorithm identifier');
  const again = must(outer.read(tags.sequence), 'malformed algorithm identifier');
  if (!again.equals(algorithm)) {
    throw new Mistake("x509: inner and outer signature algorithm identifiers don't match");
  }
  readAlgorithm(new StrictDer(algorithm));
  readName(must(signed.inside(), 'malformed issuer'));
  const validity = must(signed.inside(), 'malformed validity');
  readTime(validity);
  readTime(validity);
  // Go says the same of both
  readName(must(signed.inside(), 'malformed issuer'));
  readKey(signed);
  if (version > 0) readOptional(signed, version);
  must(outer.bits(), 'malformed signature');
}

const versionMost = 2;

function readVersion(signed: StrictDer): number {
  const tag = contextTag(0, true);
  if (!signed.has(tag)) return 0;
  const inner = must(signed.inside(tag), 'malformed version');
  const content = must(inner.integer(), 'malformed version');
  const bytesMost = 8;
  const isNegative = (content[0] ?? 0) >= 0x80;
  if (!inner.isEmpty || isNegative || content.length > bytesMost) {
    throw new Mistake('x509: malformed version');
  }
  const version = Number(`0x${content.toString('hex')}`);
  if (version > versionMost) throw new Mistake('x509: invalid version');
  return version;
}

function readAlgorithm(identifier: StrictDer): void {
  must(identifier.identifier(), 'malformed OID');
  if (!identifier.isEmpty) must(identifier.any(), 'malformed parameters');
}

function readName(name: StrictDer): void {
  const invalid = 'invalid RDNSequence';
  while (!name.isEmpty) {
    const relative = must(name.inside(tags.set), invalid);
    while (!relative.isEmpty) {
      const attribute = must(relative.inside(), `${invalid}: invalid attribute`);
      must(attribute.identifier(), `${invalid}: invalid attribute type`);
      const { tag, content } = must(attribute.any(), `${invalid}: invalid attribute value`);
      const problem = certificateTextProblem(tag, content);
      if (problem === undefined) continue;
      throw new Mistake(`x509: ${invalid}: invalid attribute value: ${problem}`);
    }
  }
}

function readTime(validity: StrictDer): void {
  const [tag, name] = validity.has(tags.utcTime)
    ? ([tags.utcTime, 'UTCTime'] as const)
    : ([tags.generalizedTime, 'GeneralizedTime'] as const);
  if (!validity.has(tag)) throw new Mistake('x509: unsupported time format');
  const text = must(validity.read(tag), `malformed ${name}`).toString('latin1');
  if (!isTime(text, name)) throw new Mistake(`x509: malformed ${name}`);
}

function readKey(signed: StrictDer): void {
  const key = must(signed.value(tags.sequence), 'malformed spki');
  const parts = new StrictDer(key.content);
  readAlgorithm(must(parts.inside(), 'malformed public key algorithm identifier'));
  must(parts.bits(), 'malformed subjectPublicKey');
  check(publicKeyProblem(key));
}

/** What may follow the key; extensions are of the third version. */
function readOptional(signed: StrictDer, version: number): void {
  for (const [number, name] of [
    [1, 'issuerUniqueID'],
    [2, 'subjectUniqueID'],
  ] as const) {
    const tag = contextTag(number, false);
    if (signed.has(tag)) must(signed.read(tag), `malformed ${name}`);
  }
  const tag = contextTag(3, true);
  if (version < versionMost || !signed.has(tag)) return;
  const extensions = must(signed.inside(tag), 'malformed extensions').inside();
  check(certificateExtensionsProblem(must(extensions, 'malformed extensions')));
}
