import { isUtf8 } from 'node:buffer';
import { tags } from './der.ts';

/** The texts of ASN.1, and why bytes are none, in the words of Go's encoding/asn1. */

const numericString = 0x12;
const ia5String = 0x16;

/** Of PrintableString; `*` and `&` are none of its letters, but certificates have them. */
const printable = /^[A-Za-z0-9 '()+,\-./:=?*&]*$/;

/** What is wrong with the bytes of a text; of another tag, nothing. */
export function textProblem(tag: number, bytes: Buffer): string | undefined {
  const text = bytes.toString('latin1');
  const invalid = (name: string): string =>
    `asn1: syntax error: ${name} contains invalid character`;
  switch (tag) {
    case numericString:
      return /^[0-9 ]*$/.test(text) ? undefined : invalid('NumericString');
    case tags.printableString:
      return printable.test(text) ? undefined : invalid('PrintableString');
    case ia5String:
      return bytes.every((byte) => byte < 0x80) ? undefined : invalid('IA5String');
    case tags.utf8String:
      return isUtf8(bytes) ? undefined : 'asn1: invalid UTF-8 string';
    case tags.bmpString:
      return isBasic(bytes) ? undefined : 'invalid BMPString';
    default:
      return undefined;
  }
}

/** The same in a certificate, of which crypto/x509 says less and knows no other values than texts. */
export function certificateTextProblem(tag: number, bytes: Buffer): string | undefined {
  const names: Record<number, string> = {
    [numericString]: 'NumericString',
    [tags.printableString]: 'PrintableString',
    [ia5String]: 'IA5String',
    [tags.utf8String]: 'UTF-8 string',
    [tags.bmpString]: 'BMPString',
  };
  if (tag === tags.teletexString) return undefined;
  if (names[tag] === undefined) return `unsupported string type: ${tag}`;
  return textProblem(tag, bytes) === undefined ? undefined : `invalid ${names[tag]}`;
}

/** Letters of two bytes, no halves of others, none that never is one; a zero may end them. */
function isBasic(bytes: Buffer): boolean {
  if (bytes.length % 2 > 0) return false;
  for (let at = 0; at < bytes.length; at += 2) {
    const point = bytes.readUInt16BE(at);
    if (point >= 0xfffe || (point >= 0xfdd0 && point <= 0xfdef)) return false;
    if (point >= 0xd800 && point <= 0xdfff) return false;
  }
  return true;
}
