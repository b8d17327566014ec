import { goQuote } from '../object/go-format.ts';

/**
 * Why a text is no JSON, in Go's words (encoding/json), which clients of Kubernetes see. Only run
 * when JSON.parse has refused; returns undefined when this reader finds nothing wrong.
 */
export function jsonSyntaxError(sent: string | Buffer): string | undefined {
  const text = (typeof sent === 'string' ? Buffer.from(sent) : sent).toString('latin1');
  const reader: Reader = { text, at: 0, problem: undefined };
  space(reader);
  readValue(reader);
  if (reader.problem !== undefined) return reader.problem;
  space(reader);
  if (reader.at < text.length) return invalid(reader, 'after top-level value');
  return undefined;
}

interface Reader {
  /** A character to each byte: Go shows the first byte of a character of several as if it were one. */
  text: string;
  at: number;
  problem: string | undefined;
}

const literals = ['true', 'false', 'null'];

function quoted(character: string): string {
  if (character === "'") return `'\\''`;
  if (character === '"') return `'"'`;
  return `'${goQuote(character).slice(1, -1)}'`;
}

function invalid(reader: Reader, where: string): string {
  reader.problem ??=
    reader.at >= reader.text.length
      ? 'unexpected end of JSON input'
      : `invalid character ${quoted(reader.text.charAt(reader.at))} ${where}`;
  return reader.problem;
}

function space(reader: Reader): void {
  while (reader.at < reader.text.length && ' \t\r\n'.includes(reader.text.charAt(reader.at))) {
    reader.at++;
  }
}

/** Without recursion: what is nested is a stack of the closing characters still due. */
function readValue(reader: Reader): void {
  const due: ('}' | ']')[] = [];
  do {
    if (!readOne(reader, due)) return;
    if (!closeAll(reader, due)) return;
  } while (due.length > 0);
}

/** A scalar, or the opening of a list or object up to its first value. False when all is said. */
function readOne(reader: Reader, due: ('}' | ']')[]): boolean {
  for (;;) {
    space(reader);
    const c = reader.text.charAt(reader.at);
    if (c === '{') {
      reader.at++;
      due.push('}');
      space(reader);
      if (reader.text.charAt(reader.at) === '}') return true;
      if (!readKey(reader, 'looking for beginning of object key string')) return false;
    } else if (c === '[') {
      reader.at++;
      due.push(']');
      space(reader);
      if (reader.text.charAt(reader.at) === ']') return true;
    } else {
      readScalar(reader, c);
      return reader.problem === undefined;
    }
  }
}

/** Closes what ends here; true with a value still due, or with nothing left open. */
function closeAll(reader: Reader, due: ('}' | ']')[]): boolean {
  while (due.length > 0) {
    space(reader);
    const c = reader.text.charAt(reader.at);
    const closing = due.at(-1);
    if (c === closing) {
      reader.at++;
      due.pop();
    } else if (c === ',') {
      reader.at++;
      space(reader);
      return closing === ']' || readKey(reader, 'looking for beginning of object key string');
    } else {
      invalid(reader, closing === ']' ? 'after array element' : 'after object key:value pair');
      return false;
    }
  }
  return true;
}

function readKey(reader: Reader, where: string): boolean {
  if (reader.text.charAt(reader.at) !== '"') {
    invalid(reader, where);
    return false;
  }
  readString(reader);
  if (reader.problem !== undefined) return false;
  space(reader);
  if (reader.text.charAt(reader.at) !== ':') {
    invalid(reader, 'after object key');
    return false;
  }
  reader.at++;
  return true;
}

function readScalar(reader: Reader, c: string): void {
  if (c === '"') return readString(reader);
  if (c === '-' || (c >= '0' && c <= '9')) return readNumber(reader);
  const literal = literals.find((word) => word.startsWith(c));
  if (literal === undefined || c === '') {
    invalid(reader, 'looking for beginning of value');
    return;
  }
  for (const expected of literal) {
    if (reader.text.charAt(reader.at) !== expected) {
      invalid(reader, `in literal ${literal} (expecting ${quoted(expected)})`);
      return;
    }
    reader.at++;
  }
}

function readString(reader: Reader): void {
  reader.at++;
  for (;;) {
    const c = reader.text.charAt(reader.at);
    if (c === '' || c < ' ') {
      invalid(reader, 'in string literal');
      return;
    }
    reader.at++;
    if (c === '"') return;
    if (c === '\\' && !readEscape(reader)) return;
  }
}

function readEscape(reader: Reader): boolean {
  const c = reader.text.charAt(reader.at);
  if (c === '' || !'bfnrt\\/"u'.includes(c)) {
    invalid(reader, 'in string escape code');
    return false;
  }
  reader.at++;
  for (let i = 0; c === 'u' && i < 4; i++, reader.at++) {
    if (!/^[0-9a-fA-F]$/.test(reader.text.charAt(reader.at))) {
      invalid(reader, 'in \\u hexadecimal character escape');
      return false;
    }
  }
  return true;
}

function digits(reader: Reader, where: string): boolean {
  const start = reader.at;
  while (/^[0-9]$/.test(reader.text.charAt(reader.at))) reader.at++;
  if (reader.at > start) return true;
  invalid(reader, where);
  return false;
}

function readNumber(reader: Reader): void {
  if (reader.text.charAt(reader.at) === '-') reader.at++;
  if (reader.text.charAt(reader.at) === '0') reader.at++;
  else if (!digits(reader, 'in numeric literal')) return;
  if (reader.text.charAt(reader.at) === '.') {
    reader.at++;
    if (!digits(reader, 'after decimal point in numeric literal')) return;
  }
  if (/^[eE]$/.test(reader.text.charAt(reader.at))) {
    reader.at++;
    if (/^[+-]$/.test(reader.text.charAt(reader.at))) reader.at++;
    digits(reader, 'in exponent of numeric literal');
  }
}
