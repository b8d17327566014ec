import {
  contentOf,
  dotted,
  encode,
  objectIdentifier,
  partsOf,
  sequence,
  tags,
  type DerValue,
} from './der.ts';
import { type AlternativeNames, encodeAlternativeNames } from './x509-name.ts';

/** Extensions (RFC 5280 section 4.2): of certificates, and those a signing request asks for. */

export const ids = {
  subjectKeyIdentifier: '2.5.29.14',
  keyUsage: '2.5.29.15',
  subjectAlternativeName: '2.5.29.17',
  basicConstraints: '2.5.29.19',
  authorityKeyIdentifier: '2.5.29.35',
  extendedKeyUsage: '2.5.29.37',
};

export const trueValue = encode(tags.boolean, Buffer.of(0xff));

export function extension(id: string, value: Buffer, critical = false): Buffer {
  return sequence(
    objectIdentifier(id),
    ...(critical ? [trueValue] : []),
    encode(tags.octetString, value),
  );
}

export function alternativeNames(names: AlternativeNames): Buffer[] {
  const encoded = encodeAlternativeNames(names);
  return encoded === undefined ? [] : [extension(ids.subjectAlternativeName, encoded)];
}

/** What the extension holds, undefined when it is not among them. */
export function extensionValue(extensions: DerValue | undefined, id: string): Buffer | undefined {
  for (const parts of partsOf(extensions).map((each) => partsOf(each))) {
    if (dotted(parts[0]) === id) return contentOf(parts.at(-1), tags.octetString);
  }
  return undefined;
}
