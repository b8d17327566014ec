/** PEM as Go's encoding/pem reads it: what is no block is passed over, and so is a block that is broken. */

export interface PemBlock {
  type: string;
  headers: Record<string, string>;
  bytes: Buffer;
  /** What comes after. */
  rest: string;
}

const begin = '-----BEGIN ';
const end = '\n-----END ';
const dashes = '-----';

/** The first block of a text of bytes (latin1); undefined where there is none. */
export function decodePem(text: string): PemBlock | undefined {
  let rest = text;
  for (;;) {
    const endAt = rest.indexOf(end);
    if (endAt < 0) return undefined;
    const afterEnd = endAt + end.length;
    const beginAt = rest.slice(0, endAt).lastIndexOf(begin);
    if (beginAt === 0 || rest[beginAt - 1] === '\n') {
      const block = blockOf(rest.slice(beginAt + begin.length), afterEnd - beginAt - begin.length);
      if (block === 'over') return undefined;
      if (block !== undefined) return block;
    }
    rest = rest.slice(afterEnd);
  }
}

/** `text` begins with the type, and at `trailer` with the type again; `over`: nothing can follow. */
function blockOf(text: string, trailer: number): PemBlock | 'over' | undefined {
  const first = lineOf(text);
  if (!first.line.endsWith(dashes)) return undefined;
  const type = first.line.slice(0, -dashes.length);
  const headers: Record<string, string> = {};
  let at = first.next;
  for (;;) {
    if (at >= text.length) return 'over';
    const { line, next } = lineOf(text.slice(at));
    const colon = line.indexOf(':');
    if (colon < 0) break;
    headers[line.slice(0, colon).trim()] = line.slice(colon + 1).trim();
    at += next;
  }
  const bodyEnd = trailer - end.length;
  if (Object.keys(headers).length > 0 && bodyEnd < at) return undefined;
  const closing = type + dashes;
  if (!text.startsWith(closing, trailer)) return undefined;
  const last = lineOf(text.slice(trailer + closing.length));
  if (last.line !== '') return undefined;
  const bytes = bodyEnd > at ? base64Bytes(text.slice(at, bodyEnd)) : Buffer.alloc(0);
  if (bytes === undefined) return undefined;
  return { type, headers, bytes, rest: text.slice(trailer + closing.length + last.next) };
}

/** Without what is white at its end; `next` is where the following line begins. */
function lineOf(text: string): { line: string; next: number } {
  const newline = text.indexOf('\n');
  if (newline < 0) return { line: text.replace(/[ \t]+$/, ''), next: text.length };
  const line = text.slice(0, newline).replace(/\r$/, '');
  return { line: line.replace(/[ \t]+$/, ''), next: newline + 1 };
}

/** Go's decoder passes over ends of lines, and takes nothing else that is not of the alphabet. */
function base64Bytes(text: string): Buffer | undefined {
  const plain = text.replace(/[ \t\r\n]/g, '');
  const whole = plain.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(plain);
  return whole ? Buffer.from(plain, 'base64') : undefined;
}
