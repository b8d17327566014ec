import { isIP } from 'node:net';
import { goQuote } from '../object/go-format.ts';
import { isAscii, isDomain } from './alternative-names-problem.ts';
import { contextTag, tags } from './der.ts';
import { StrictDer } from './strict-der.ts';

/** What is wrong with name constraints (RFC 5280 section 4.2.1.10), in the words of Go's crypto/x509. */

const invalid = 'x509: invalid NameConstraints extension';

export function nameConstraintsProblem(value: Buffer): string | undefined {
  const outer = new StrictDer(value);
  const inner = outer.inside();
  if (inner === undefined || !outer.isEmpty) return invalid;
  const lists: Buffer[] = [];
  for (const tag of [contextTag(0, true), contextTag(1, true)]) {
    if (!inner.has(tag)) continue;
    const list = inner.read(tag);
    if (list === undefined) return invalid;
    lists.push(list);
  }
  if (!inner.isEmpty) return invalid;
  if (lists.every(({ length }) => length === 0)) return 'x509: empty name constraints extension';
  for (const list of lists) {
    const problem = listProblem(new StrictDer(list));
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function listProblem(list: StrictDer): string | undefined {
  while (!list.isEmpty) {
    const name = list.inside(tags.sequence)?.any();
    if (name === undefined) return invalid;
    const problem = constraintProblem(name.tag, name.content);
    if (problem !== undefined) return `x509: ${problem}`;
  }
  return undefined;
}

function constraintProblem(tag: number, content: Buffer): string | undefined {
  switch (tag) {
    case contextTag(1, false):
    case contextTag(2, false):
    case contextTag(6, false):
      // Go shows bytes that are no text as they are escaped
      if (!isAscii(content)) {
        return `invalid constraint value: x509: ${quoted(content)} cannot be encoded as an IA5String`;
      }
      return textProblem(tag, content);
    case contextTag(7, false):
      return rangeProblem(content);
    default:
      return undefined;
  }
}

function textProblem(tag: number, content: Buffer): string | undefined {
  const text = content.toString();
  if (tag === contextTag(1, false)) {
    const isValid = text.includes('@') ? isMailbox(text) : isDomain(content, true);
    return isValid ? undefined : `failed to parse rfc822Name constraint ${goQuote(text)}`;
  }
  if (tag === contextTag(2, false)) {
    if (isDomain(content, true)) return undefined;
    return `failed to parse dnsName constraint ${goQuote(text)}`;
  }
  if (isIP(text) > 0 && !text.includes('%')) {
    return `failed to parse URI constraint ${goQuote(text)}: cannot be IP address`;
  }
  return isDomain(content, true) ? undefined : `failed to parse URI constraint ${goQuote(text)}`;
}

function quoted(content: Buffer): string {
  const text = content.toString();
  if (Buffer.from(text).equals(content)) return goQuote(text);
  return [...content]
    .map((byte) => (byte < 0x80 ? goQuote(String.fromCharCode(byte)).slice(1, -1) : hex(byte)))
    .join('')
    .replace(/^|$/g, '"');
}

function hex(byte: number): string {
  return `\\x${byte.toString(16).padStart(2, '0')}`;
}

const rangeBytes = [8, 32];

/** An address and its mask. */
function rangeProblem(content: Buffer): string | undefined {
  if (!rangeBytes.includes(content.length)) {
    return `IP constraint contained value of length ${content.length}`;
  }
  const mask = content.subarray(content.length / 2).toString('hex');
  const bits = BigInt(`0x${mask}`)
    .toString(2)
    .padStart(mask.length * 4, '0');
  return /^1*0*$/.test(bits) ? undefined : `IP constraint contained invalid mask ${mask}`;
}

const atoms = /^(?:\\[^]|[A-Za-z0-9!#$%&'*+\-/=?^_`{|}~.])+/;
const quotedText = /^"(?:[^\t\n\r"\\]|\\[^\n\r])*"/;

/** RFC 2821, as far as it is kept to in practice: whatever follows the local part is a domain. */
function isMailbox(text: string): boolean {
  const isQuoted = text.startsWith('"');
  const local = (isQuoted ? quotedText : atoms).exec(text)?.[0];
  if (local === undefined || text[local.length] !== '@') return false;
  if (isQuoted && local.includes('\0')) return false;
  const plain = local.replaceAll(/\\([^])/g, '$1');
  if (!isQuoted && (/^\.|\.$/.test(plain) || plain.includes('..'))) return false;
  const domain = text.slice(local.length + 1);
  return domain === '' || domain.split('.').every((label) => /^[!-~]+$/.test(label));
}
