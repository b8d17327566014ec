import type { Literal, Mistake } from './expression.ts';
import type { Token } from './tokens.ts';
import { Uint } from '../run/values.ts';
import { bytes, type CelType, double, int, string, uint } from './cel-type.ts';

/** Words that may not be names of variables (cel-go parser/parser.go). */
export const reserved: ReadonlySet<string> = new Set(
  [
    'as',
    'break',
    'const',
    'continue',
    'else',
    'for',
    'function',
    'if',
    'import',
    'let',
    'loop',
  ].concat(['package', 'namespace', 'return', 'var', 'void', 'while']),
);

/** Numbers that their type cannot hold are mistakes, and so are letters that do not exist. */
export function literalOf({ kind, text, at }: Token, mistakes: Mistake[]): Literal {
  const made = (type: CelType, value: unknown, whether: boolean): Literal => {
    if (!whether) mistakes.push({ at, why: `invalid ${type.name} literal` });
    return { kind: 'literal', at, type, value };
  };
  switch (kind) {
    case 'NUM_INT': {
      const value = integerOf(text);
      return made(int, value, value >= -(2n ** 63n) && value < 2n ** 63n);
    }
    case 'NUM_UINT': {
      const value = integerOf(text.slice(0, -1));
      return made(uint, new Uint(value), value < 2n ** 64n);
    }
    case 'NUM_FLOAT':
      return made(double, Number(text), Number.isFinite(Number(text)));
    case 'BYTES':
      return made(bytes, unescapedBytes(text.slice(1), at, mistakes), true);
    default:
      return made(string, unescaped(text, at, mistakes), true);
  }
}

function integerOf(text: string): bigint {
  return text.startsWith('-') ? -BigInt(text.slice(1)) : BigInt(text);
}

const escapes: Readonly<Record<string, string>> = {
  a: '\u0007',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
};

const escape = /\\(?:[xX]([\da-fA-F]{2})|u([\da-fA-F]{4})|U([\da-fA-F]{8})|([0-3][0-7]{2})|([^]))/g;

/** What stands between the quotes, and whether backslashes mean themselves. */
function insideOf(written: string): { inner: string; raw: boolean } {
  const raw = /^[rR]/.test(written);
  const text = raw ? written.slice(1) : written;
  const quotes = text.startsWith('"""') || text.startsWith("'''") ? 3 : 1;
  return { inner: text.slice(quotes, text.length - quotes).replaceAll('\r\n', '\n'), raw };
}

/** The text that a literal stands for. */
function unescaped(written: string, at: number, mistakes: Mistake[]): string {
  const { inner, raw } = insideOf(written);
  if (raw) return inner;
  return inner.replace(escape, (_all, two, four, eight, octal, one: string | undefined) => {
    const digits = (two ?? four ?? eight) as string | undefined;
    if (digits !== undefined) return codePoint(Number.parseInt(digits, 16), at, mistakes);
    if (octal !== undefined) return codePoint(Number.parseInt(octal as string, 8), at, mistakes);
    return escapes[one ?? ''] ?? one ?? '';
  });
}

/** Escapes of two hexadecimal digits and of three octal ones are bytes here, not letters. */
function unescapedBytes(written: string, at: number, mistakes: Mistake[]): Uint8Array {
  const { inner, raw } = insideOf(written);
  if (raw) return Buffer.from(inner);
  const parts: Buffer[] = [];
  let last = 0;
  for (const found of inner.matchAll(escape)) {
    const [all, two, four, eight, octal, one = ''] = found;
    parts.push(Buffer.from(inner.slice(last, found.index)));
    last = found.index + all.length;
    const digits = four ?? eight;
    if (two !== undefined) parts.push(Buffer.from(two, 'hex'));
    else if (octal !== undefined) parts.push(Buffer.of(Number.parseInt(octal, 8)));
    else if (digits === undefined) parts.push(Buffer.from(escapes[one] ?? one));
    else parts.push(Buffer.from(codePoint(Number.parseInt(digits, 16), at, mistakes)));
  }
  return Buffer.concat([...parts, Buffer.from(inner.slice(last))]);
}

function codePoint(code: number, at: number, mistakes: Mistake[]): string {
  if (code <= 0x10ffff && (code < 0xd800 || code > 0xdfff)) return String.fromCodePoint(code);
  mistakes.push({ at, why: 'invalid unicode code point' });
  return '';
}
