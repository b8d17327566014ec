import { goQuote } from '../object/go-format.ts';
import { parseUrl } from '../object/go-url.ts';
import { contextTag } from './der.ts';
import { StrictDer } from './strict-der.ts';

/** What is wrong with alternative names, in the words of Go's crypto/x509 (parseSANExtension). */

const addressBytes = [4, 16];

/** Names of the other kinds are not looked at. */
export function alternativeNamesProblem(value: Buffer): string | undefined {
  const names = new StrictDer(value).inside();
  if (names === undefined) return 'x509: invalid subject alternative names';
  while (!names.isEmpty) {
    const name = names.any();
    if (name === undefined) return 'x509: invalid subject alternative name';
    const problem = nameProblem(name.tag, name.content);
    if (problem !== undefined) return `x509: ${problem}`;
  }
  return undefined;
}

function nameProblem(tag: number, content: Buffer): string | undefined {
  switch (tag) {
    case contextTag(1, false):
      return isAscii(content) ? undefined : 'SAN rfc822Name is malformed';
    case contextTag(2, false):
      return isAscii(content) ? undefined : 'SAN dNSName is malformed';
    case contextTag(6, false):
      return isAscii(content)
        ? uriProblem(content.toString())
        : 'SAN uniformResourceIdentifier is malformed';
    case contextTag(7, false):
      if (addressBytes.includes(content.length)) return undefined;
      return `cannot parse IP address of length ${content.length}`;
    default:
      return undefined;
  }
}

export function isAscii(content: Buffer): boolean {
  return content.every((byte) => byte < 0x80);
}

function uriProblem(uri: string): string | undefined {
  const words = `cannot parse URI ${goQuote(uri)}`;
  let host = '';
  // what is wrong before the fragment is told of the text before it
  for (const text of [uri.split('#')[0] ?? '', uri]) {
    try {
      ({ host } = parseUrl(text));
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      return `${words}: parse ${goQuote(text)}: ${error.message}`;
    }
  }
  return isDomain(Buffer.from(host)) ? undefined : `${words}: invalid domain`;
}

/** Labels of whatever can be seen (domainNameValid); of a constraint, after a dot maybe. */
export function isDomain(name: Buffer, isConstraint = false): boolean {
  if (name.length === 0) return true;
  const labels = name.toString('latin1').split('.');
  if (isConstraint && labels[0] === '' && labels.length > 1) labels.shift();
  return labels.every((label) => /^[!-~]+$/.test(label));
}
