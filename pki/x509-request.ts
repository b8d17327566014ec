import { createPrivateKey, createPublicKey } from 'node:crypto';
import {
  contextTag,
  decodeAll,
  dotted,
  encode,
  objectIdentifier,
  partsOf,
  pem,
  sequence,
  tags,
  type DerValue,
} from './der.ts';
import { requestSignatureProblem } from './request-signature.ts';
import { alternativeNames, extensionValue, ids } from './x509-extension.ts';
import {
  type AlternativeNames,
  decodeAlternativeNames,
  decodeSubject,
  encodeSubject,
  type Subject,
} from './x509-name.ts';
import { signed, spki } from './x509-signature.ts';

/** Reads and writes signing requests (PKCS #10, RFC 2986). */

export interface SigningRequestContent {
  subject: Subject;
  names: Required<AlternativeNames>;
  /** SPKI PEM. */
  publicKeyPem: string;
}

const extensionRequest = '1.2.840.113549.1.9.14';

/**
 * Reads a PEM PKCS #10 request. Throws when it is not one, or when its signature was not made by
 * the key it asks for (RFC 2986 section 4.2).
 */
export function readRequest(text: string): SigningRequestContent {
  const base64 = /-----BEGIN [A-Z ]+-----([^-]*)-----END/.exec(text)?.[1] ?? '';
  const der = Buffer.from(base64, 'base64');
  const problem = requestSignatureProblem(der);
  if (problem !== undefined) throw new Error(problem);
  const [content] = partsOf(decodeAll(der)[0]);
  const [, subject, publicKeyInfo, attributes] = partsOf(content);
  const key = publicKeyInfo?.whole ?? Buffer.of();
  const publicKey = createPublicKey({ key, format: 'der', type: 'spki' });
  const names = requestedExtensions(attributes);
  return {
    subject: decodeSubject(subject),
    names:
      names === undefined
        ? { dnsNames: [], ipAddresses: [], emailAddresses: [], uris: [] }
        : decodeAlternativeNames(names),
    publicKeyPem: String(publicKey.export({ type: 'spki', format: 'pem' })),
  };
}

/** The alternative names asked for. */
function requestedExtensions(attributes: DerValue | undefined): Buffer | undefined {
  if (attributes === undefined) return undefined;
  for (const attribute of partsOf(attributes, contextTag(0, true))) {
    const [type, values] = partsOf(attribute);
    if (dotted(type) !== extensionRequest) continue;
    return extensionValue(partsOf(values, tags.set)[0], ids.subjectAlternativeName);
  }
  return undefined;
}

/** A PKCS #10 request for the key, as PEM. */
export function writeRequest(
  subject: Subject,
  names: AlternativeNames,
  privateKeyPem: string,
): string {
  const key = createPrivateKey(privateKeyPem);
  const extensions = alternativeNames(names);
  const wanted =
    extensions.length === 0
      ? []
      : [sequence(objectIdentifier(extensionRequest), encode(tags.set, sequence(...extensions)))];
  const content = sequence(
    encode(tags.integer, Buffer.of(0)),
    encodeSubject(subject),
    spki(createPublicKey(key)),
    encode(contextTag(0, true), ...wanted),
  );
  return pem('CERTIFICATE REQUEST', signed(content, key));
}
